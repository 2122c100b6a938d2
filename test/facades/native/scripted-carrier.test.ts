import { beforeEach, describe, expect, it, vi } from 'vitest'
import { account } from '../../support/api.ts'

/** Seconds of the script become hundredths. */
beforeEach(() => {
  const wait = scheduler.wait.bind(scheduler)
  vi.spyOn(scheduler, 'wait').mockImplementation((ms, options) => wait(ms / 100, options))
})

const number = (ending: string) => `+150055500${ending}`

describe('the scripted numbers, with a test key', () => {
  it.each([
    ['01', 'sms', 201, undefined],
    ['01', 'call', 201, undefined],
    ['20', 'sms', 503, 'delivery_unavailable'],
    ['21', 'sms', 503, 'delivery_unavailable'],
    ['22', 'sms', 422, 'undeliverable_number'],
    ['23', 'call', 503, 'delivery_unavailable'],
    ['24', 'whatsapp', 422, 'undeliverable_number'],
    ['25', 'sms', 503, 'delivery_unavailable'],
    ['25', 'call', 201, undefined],
    ['30', 'sms', 201, undefined],
  ])('%s by %s answers %i %s', async (ending, channel, status, code) => {
    const { start } = await account({ mode: 'test' })
    const answer = await start({ phoneNumber: number(ending), channel })
    expect([answer.status, answer.body['code']]).toEqual([status, code])
  })

  it.each([
    ['01', 'sms', 'delivered'],
    ['31', 'call', 'undelivered'],
    ['33', 'whatsapp', 'failed'],
    ['42', 'sms', 'delivered'],
    ['43', 'sms', 'delivered'],
  ])('%s by %s ends as %s', async (ending, channel, status) => {
    const { start, send } = await account({ mode: 'test' })
    const { body } = await start({ phoneNumber: number(ending), channel })
    await vi.waitFor(async () => {
      const verification = await send('GET', `/v1/verifications/${body['id']}`)
      expect(verification.body['deliveries']).toMatchObject([{ status }])
    })
  })

  it.each(['24', '32'])('%s by auto ends in a text message with the same code', async (ending) => {
    const { start, send, check } = await account({ mode: 'test' })
    const { body } = await start({ phoneNumber: number(ending), channel: 'auto' })
    await vi.waitFor(async () => {
      const verification = await send('GET', `/v1/verifications/${body['id']}`)
      expect(verification.body['deliveries']).toMatchObject([
        { channel: 'whatsapp', status: 'failed' },
        { channel: 'sms', status: 'delivered' },
      ])
    })
    const inbox = await send('GET', '/v1/test/inbox')
    const [arrived] = inbox.body as unknown as { channel: string; code: string }[]
    expect(arrived?.channel).toBe('sms')
    expect((await check({ id: body['id'], code: arrived?.code })).body).toMatchObject({
      verified: true,
    })
  })

  it('40 arrives late, and its code is good then', async () => {
    const { start, send, check } = await account({ mode: 'test' })
    const { body } = await start({ phoneNumber: number('40') })
    const arrived = await vi.waitFor(async () => {
      const [message] = (await send('GET', '/v1/test/inbox')).body as unknown as { code: string }[]
      if (message === undefined) throw new Error('Nothing has arrived')
      return message
    })
    expect((await check({ id: body['id'], code: arrived.code })).body).toMatchObject({
      verified: true,
    })
  })
})
