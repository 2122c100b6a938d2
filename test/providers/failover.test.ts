import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { OutboundMessage } from '../../src/core/ports.ts'
import type { Channel } from '../../src/core/project.ts'
import { failover } from '../../src/providers/failover.ts'
import { failed, type Provider, type Receipt } from '../../src/providers/provider.ts'
import { message } from './messages.ts'

const sent: Receipt = { sent: true, messageId: 'SM1', segments: 2 }

type Answer = Receipt | (() => Receipt | Promise<Receipt>)

/** Providers that answer as they are told, and remember what they were asked. */
function setUp(answers: Readonly<Record<string, Answer>>, channels: readonly Channel[] = ['sms']) {
  const asked: { readonly name: string; readonly message: OutboundMessage }[] = []
  const signals: AbortSignal[] = []
  const reported: unknown[] = []
  const providerOf = (name: string, answer: Answer): Provider => ({
    name,
    channels,
    async send(outbound, signal) {
      asked.push({ name, message: outbound })
      signals.push(signal)
      return typeof answer === 'function' ? answer() : answer
    },
  })
  const live = Object.entries(answers).map(([name, answer]) => providerOf(name, answer))
  const messenger = failover(live, providerOf('inbox', sent), (error) => reported.push(error))
  const plan = Object.keys(answers).map((provider) => ({ id: `del_${provider}`, provider }))
  const names = () => asked.map(({ name }) => name)
  return {
    asked,
    signals,
    reported,
    messenger,
    names,
    deliver: () => messenger.deliver(message(), plan),
  }
}

describe('failover.route', () => {
  it('names the live providers in order, and the inbox alone for test keys', () => {
    const { messenger } = setUp({ first: sent, second: sent })
    expect(messenger.route('live', 'sms')).toEqual(['first', 'second'])
    expect(messenger.route('test', 'sms')).toEqual(['inbox'])
  })

  it('names nobody for a channel that none serves', () => {
    const { messenger } = setUp({ first: sent })
    expect(messenger.route('live', 'whatsapp')).toEqual([])
    expect(messenger.route('test', 'call')).toEqual([])
  })

  it('names those only who serve the channel', () => {
    const sms: Provider = { name: 'a', channels: ['sms'], send: async () => sent }
    const both: Provider = { name: 'b', channels: ['sms', 'call'], send: async () => sent }
    const messenger = failover([sms, both], sms, () => undefined)
    expect(messenger.route('live', 'call')).toEqual(['b'])
  })
})

describe('failover.deliver', () => {
  it('stops at the first provider who takes the message', async () => {
    const { deliver, names } = setUp({ first: sent, second: sent })
    expect(await deliver()).toEqual([
      {
        deliveryId: 'del_first',
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
      expect(asked[1]?.message).toBe(asked[0]?.message)
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
    expect(await messenger.deliver(message(), [{ id: 'del_x', provider: 'gone' }])).toEqual([])
    expect(names()).toEqual([])
  })

  it('delivers a test message to the inbox alone', async () => {
    const { messenger, names } = setUp({ first: sent })
    await messenger.deliver(message(), [{ id: 'del_x', provider: 'inbox' }])
    expect(names()).toEqual(['inbox'])
  })
})

describe('failover.deliver: its time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })

  /** A provider that answers after some milliseconds of the test's own clock. */
  const slow = (ms: number) => () => {
    vi.setSystemTime(Date.now() + ms)
    return failed('unreachable', 'HTTP 503')
  }
  const timeouts = () => {
    const spy = vi.spyOn(AbortSignal, 'timeout')
    return () => spy.mock.calls.map(([ms]) => ms)
  }

  it('gives each provider 4 seconds', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(0), second: slow(1000), third: slow(0) })
    await deliver()
    expect(given()).toEqual([4000, 4000, 4000])
  })

  it('gives the last provider what is left of 8 seconds', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(4000), second: slow(3900), third: sent })
    expect(await deliver()).toHaveLength(3)
    expect(given()).toEqual([4000, 4000, 100])
  })

  it('asks nobody after 8 seconds', async () => {
    const given = timeouts()
    const { deliver, names } = setUp({ first: slow(4000), second: slow(4000), third: sent })
    expect(await deliver()).toHaveLength(2)
    expect(names()).toEqual(['first', 'second'])
    expect(given()).toEqual([4000, 4000])
  })

  it('hands each provider a signal of its own', async () => {
    const { deliver, signals } = setUp({ first: slow(0), second: slow(0) })
    await deliver()
    expect(new Set(signals).size).toBe(2)
  })

  it('counts 8 seconds anew for each message', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(4000), second: slow(4000) })
    await deliver()
    await deliver()
    expect(given()).toEqual([4000, 4000, 4000, 4000])
  })
})
