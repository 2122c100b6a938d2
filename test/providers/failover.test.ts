import { describe, expect, it } from 'vitest'
import { failed } from '../../src/providers/provider.ts'
import { planned, sent, setUp } from './failing-providers.ts'
import { message } from './messages.ts'

describe('failover.deliver', () => {
  it('stops at the first provider who takes the message', async () => {
    const { deliver, names } = setUp({ first: sent, second: sent })
    expect(await deliver()).toEqual([
      {
        deliveryId: 'del_first',
        channel: 'sms',
        provider: 'first',
        status: 'sent',
        failure: null,
        error: null,
        providerMessageId: 'SM1',
        segments: 2,
      },
    ])
    expect(names()).toEqual(['first'])
  })

  it.each(['unreachable', 'throttled', 'misconfigured', 'unknown'] as const)(
    'goes on after %s, with the same message and code',
    async (kind) => {
      const { deliver, names, asked } = setUp({ first: failed(kind, 'HTTP 500'), second: sent })
      const tries = await deliver()
      expect(names()).toEqual(['first', 'second'])
      expect(asked[1]?.message).toMatchObject(message({ expiresAt: expect.any(Number) as number }))
      expect(tries).toMatchObject([
        {
          deliveryId: 'del_first',
          status: kind === 'unknown' ? 'unknown' : 'failed',
          failure: kind,
          error: `${kind}: HTTP 500`,
          providerMessageId: null,
          segments: null,
        },
        { deliveryId: 'del_second', status: 'sent' },
      ])
    },
  )

  it.each(['unknown', 'unreachable'] as const)(
    'makes one more try after one that may have sent the message, also when that ends as %s',
    async (kind) => {
      const unclear = failed('unknown', 'no answer in time')
      const { deliver, names } = setUp({ first: unclear, second: failed(kind, ''), third: sent })
      await deliver()
      expect(names()).toEqual(['first', 'second'])
    },
  )

  it('makes three tries at most', async () => {
    const down = failed('unreachable', 'HTTP 503')
    const { deliver } = setUp({ first: down, second: down, third: down, fourth: sent })
    expect(await deliver()).toHaveLength(3)
  })

  it('goes on to another channel when the number is not on one, and to no other provider of that', async () => {
    const { deliver, names } = setUp({
      first: failed('not_on_channel', 'error 63003'),
      second: sent,
      third: sent,
    })
    const by = [planned('first', 'whatsapp'), planned('second', 'whatsapp'), planned('third')]
    expect(await deliver(by)).toMatchObject([
      { channel: 'whatsapp', status: 'failed', failure: 'not_on_channel' },
      { channel: 'sms', status: 'sent' },
    ])
    expect(names()).toEqual(['first', 'third'])
  })

  it('stops at a bad number', async () => {
    const { deliver, names } = setUp({
      first: failed('bad_number', 'Twilio error 21211'),
      second: sent,
    })
    expect(await deliver()).toMatchObject([{ status: 'failed', failure: 'bad_number' }])
    expect(names()).toEqual(['first'])
  })

  it('tells of every try when nobody takes the message', async () => {
    const down = failed('unreachable', 'HTTP 503')
    const { deliver } = setUp({ first: down, second: down, third: down })
    expect((await deliver()).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('a bug'))],
    [
      'throws before it waits',
      () => {
        throw new Error('a bug')
      },
    ],
  ])('goes on after an adapter that %s, and reports it', async (_, answer) => {
    const { deliver, reported } = setUp({ first: answer, second: sent })
    expect(await deliver()).toMatchObject([
      { status: 'unknown', failure: 'unknown', error: 'unknown: the adapter failed' },
      { status: 'sent' },
    ])
    expect(reported).toHaveLength(1)
  })

  it('never throws, whatever adapters do', async () => {
    const { deliver } = setUp({ first: () => Promise.reject(new TypeError('x')) })
    await expect(deliver()).resolves.toHaveLength(1)
  })

  it('sends nothing without a plan, or by a provider that is not there', async () => {
    const { messenger, names } = setUp({ first: sent })
    expect(await messenger.deliver(message(), [])).toEqual([])
    expect(await messenger.deliver(message(), [planned('gone')])).toEqual([])
    expect(names()).toEqual([])
  })

  it('delivers a test message to the inbox alone', async () => {
    const { messenger, names } = setUp({ first: sent })
    await messenger.deliver(message(), [planned('inbox')])
    expect(names()).toEqual(['inbox'])
  })
})

describe('failover.deliver: what a try is given', () => {
  it("is the route's sender, else the provider's own", async () => {
    const { deliver, asked } = setUp({ first: failed('unreachable', ''), second: sent })
    await deliver([{ ...planned('first'), sender: 'Acme' }, planned('second')])
    expect(asked.map(({ message: { sender } }) => sender)).toEqual(['Acme', 'second sender'])
  })

  it('is a token of its own, and where to report', async () => {
    const down = failed('unreachable', '')
    const { deliver, asked } = setUp({ first: down, second: sent }, { publicUrl: 'https://o.test' })
    await deliver()
    expect(
      asked.map(({ message: { delivery, reportToken } }) => [delivery.id, reportToken]),
    ).toEqual([
      ['del_first', 'report-del_first'],
      ['del_second', 'report-del_second'],
    ])
    expect(asked[1]?.message.reportUrl).toBe('https://o.test/v1/receipts/second/report-del_second')
    expect(asked[1]?.message.callUrl).toBeUndefined()
  })

  it('is where a call asks for its code, when the provider calls', async () => {
    const { deliver, asked } = setUp(
      { first: sent },
      { publicUrl: 'https://o.test', voices: ['first'] },
    )
    await deliver([planned('first', 'call')])
    expect(asked[0]?.message.callUrl).toBe('https://o.test/v1/calls/first/call-del_first')
  })

  it('is no address where the vendor cannot reach this deployment', async () => {
    const { deliver, asked } = setUp({ first: sent }, { voices: ['first'] })
    await deliver([planned('first', 'call')])
    expect(asked[0]?.message).toMatchObject({ reportUrl: undefined, callUrl: undefined })
  })
})
