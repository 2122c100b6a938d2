import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'

describe('a verification', () => {
  it('goes from start to check', async () => {
    const provider = fakeProvider()
    const { start, check, send } = await account()
    const started = await start()
    expect(started.status).toBe(201)
    expect(started.body).toMatchObject({
      status: 'pending',
      channel: 'sms',
      phoneNumber: PHONE,
      country: 'US',
      resendAfter: 0,
      attemptsLeft: 5,
      delivery: { provider: 'twilio', status: 'sent' },
    })
    const { id } = started.body
    const [message] = provider.messages
    expect(message?.to).toBe(PHONE)
    const code = message?.code ?? ''
    expect((await check({ id, code: wrong(code) })).body).toEqual({
      verified: false,
      status: 'pending',
      attemptsLeft: 4,
    })
    expect((await send('GET', `/v1/verifications/check?id=${id}&code=${code}`)).body).toEqual({
      verified: true,
      status: 'approved',
      attemptsLeft: 0,
    })
    expect((await check({ id, code })).body).toEqual({
      verified: false,
      status: 'used',
      attemptsLeft: 0,
    })
    const got = await send('GET', `/v1/verifications/${id}`)
    expect(got.body).toMatchObject({ status: 'approved', phoneLast4: '0123' })
    const timeline = await send('GET', `/v1/verifications/${id}/timeline`)
    expect(timeline.body.events.map((e: { type: string }) => e.type)).toEqual([
      'verification.started',
      'send.admitted',
      'delivery.sent',
      'check.wrong',
      'verification.approved',
    ])
  })
})
