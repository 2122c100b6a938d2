import { describe, expect, it } from 'vitest'
import { PHONE, wrong, type Answer } from '../../support/api.ts'
import { rowsOfLedger, rowsOfLines, runAlarms } from '../../support/lines.ts'
import { pending, stopClock, SMS_ONLY } from './support.ts'

const DAY = 24 * 3_600_000
/** Long enough to be found nowhere by chance. */
const CODE = '9182736455'

const withCode = (options: object = {}, body: object = {}) =>
  pending({ settings: { customCodes: true }, ...options }, { code: CODE, ...body })

const types = ({ body }: Answer): string[] =>
  (body['events'] as { type: string }[]).map(({ type }) => type)

/** Expects an answer that tells neither the code nor the whole number. */
function expectNoSecrets({ text }: Answer): void {
  expect(text).not.toContain(CODE)
  expect(text).not.toContain(PHONE.slice(1))
  expect(text).not.toMatch(/"(?:code|hash|sealed|phone)"/)
}

describe('GET /v1/verifications/{id}', () => {
  it('answers the verification with its deliveries', async () => {
    const clock = stopClock()
    const { id, send } = await withCode(
      { environment: clock.environment },
      { purpose: 'login', locale: 'et', metadata: { user: '42' } },
    )
    clock.advance(2000)
    const answer = await send('GET', `/v1/verifications/${id}`)
    const at = new Date(clock.start).toISOString()
    expect(answer.status).toBe(200)
    expect(answer).toCarryCommonHeaders()
    expect(answer.body).toEqual({
      id,
      status: 'pending',
      channel: 'sms',
      purpose: 'login',
      phoneLast4: '0123',
      country: 'US',
      locale: 'et',
      metadata: { user: '42' },
      attemptsLeft: 5,
      sends: 1,
      expires: Math.floor((clock.start + 600_000) / 1000),
      createdAt: at,
      updatedAt: at,
      approvedAt: null,
      deliveries: [
        {
          id: expect.stringMatching(/^del_[0-9a-f]{32}$/) as string,
          channel: 'sms',
          provider: 'twilio',
          providerMessageId: expect.stringMatching(/^SM[0-9a-f]{32}$/) as string,
          status: 'sent',
          error: null,
          segments: 1,
          price: null,
          currency: null,
          createdAt: at,
          updatedAt: at,
        },
      ],
    })
    expectNoSecrets(answer)
  })

  it('answers from the ledger, and checks no more, once the line has forgotten', async () => {
    const clock = stopClock()
    const { id, send, check, start } = await withCode({ environment: clock.environment })
    await check({ id, code: wrong(CODE) })
    await check({ id, code: CODE })
    const fresh = await send('GET', `/v1/verifications/${id}`)
    const timeline = await send('GET', `/v1/verifications/${id}/timeline`)
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toHaveLength(1)
    clock.advance(DAY)
    await runAlarms()
    expect(await rowsOfLines('verifications')).toEqual([])
    const kept = await send('GET', `/v1/verifications/${id}`)
    expect(kept.body).toEqual(fresh.body)
    expect(kept.body).toMatchObject({ status: 'approved', attemptsLeft: 0, sends: 1 })
    expect((await send('GET', `/v1/verifications/${id}/timeline`)).body).toEqual(timeline.body)
    expect(await check({ id, code: CODE })).toBeProblem(404, 'not_found')
    const resent = await send('POST', `/v1/verifications/${id}/resend`)
    expect(resent).toBeProblem(409, 'verification_ended')
    expect(await send('DELETE', `/v1/verifications/${id}`)).toBeProblem(409, 'verification_ended')
    expectNoSecrets(kept)
    expect((await start()).body['id']).not.toBe(id)
  })

  it('shows that a verification has expired, without any alarm', async () => {
    const clock = stopClock()
    const { id, send } = await withCode({ environment: clock.environment })
    clock.at(clock.start + 600_000)
    const { body } = await send('GET', `/v1/verifications/${id}`)
    expect(body).toMatchObject({ status: 'expired', attemptsLeft: 0 })
  })
})

describe('GET /v1/verifications/{id}/timeline', () => {
  it('answers what happened, in order', async () => {
    const clock = stopClock()
    const { id, send, check, start, provider } = await withCode({
      environment: clock.environment,
      settings: { customCodes: true, sendsPerNumber: [{ limit: 2, seconds: 600 }] },
    })
    clock.advance(1000)
    await check({ id, code: wrong(CODE) })
    provider.script({ status: 500 })
    clock.advance(1000)
    await start()
    clock.advance(1000)
    await start()
    await start()
    await start()
    clock.advance(1000)
    await send('DELETE', `/v1/verifications/${id}`)
    const answer = await send('GET', `/v1/verifications/${id}/timeline`)
    expect(answer.status).toBe(200)
    expect(answer.body['id']).toBe(id)
    expect(types(answer)).toEqual([
      'verification.started',
      'send.admitted',
      'delivery.sent',
      'check.wrong',
      'send.admitted',
      'delivery.failed',
      'send.admitted',
      'delivery.sent',
      'send.refused',
      'verification.canceled',
    ])
    const { events } = answer.body
    expect(events[1]).toMatchObject({ channel: 'sms', sends24h: 1 })
    expect(events[3]).toEqual({
      type: 'check.wrong',
      at: new Date(clock.start + 1000).toISOString(),
      attempt: 1,
    })
    expect(events[5]).toMatchObject({ provider: 'twilio', error: expect.stringMatching(/500/) })
    expect(events[8]).toMatchObject({ reason: 'too_many_sends' })
    expectNoSecrets(answer)
  })

  it.each([
    ['approved', CODE, 1],
    ['max_attempts', wrong(CODE), 5],
  ])('ends with verification.%s', async (status, code, times) => {
    const { id, send, check } = await withCode()
    for (let n = 1; n <= times; n += 1) await check({ id, code })
    const answer = await send('GET', `/v1/verifications/${id}/timeline`)
    expect(types(answer).at(-1)).toBe(`verification.${status}`)
    expectNoSecrets(answer)
  })
})

describe('POST /v1/verifications/{id}/resend', () => {
  it.each([
    ['no body', undefined],
    ['an empty object', {}],
    ['the same channel', { channel: 'sms' }],
    ['a form', 'channel=sms'],
  ])('sends the same code of the same verification again: %s', async (_, body) => {
    const { id, started, code, send, check, provider, last } = await pending(
      {},
      { domain: 'example.com', codeLength: 8 },
    )
    const answer = await send('POST', `/v1/verifications/${id}/resend`, body)
    expect(answer.status).toBe(201)
    const { delivery, ...same } = started.body
    expect(answer.body).toEqual({
      ...same,
      delivery: { id: expect.not.stringMatching(delivery.id) as string, ...twilioSent },
    })
    expect(provider.messages).toHaveLength(2)
    expect(last()?.code).toBe(code)
    expect(last()?.text.split('\n').at(-1)).toBe(`@example.com #${code}`)
    expect((await check({ id, code })).body['verified']).toBe(true)
  })

  it('sends a fresh code with the setting resend "new"', async () => {
    const { id, code, send, check, last } = await pending(
      { settings: { resend: 'new', codeLength: 10 } },
      {},
    )
    expect((await send('POST', `/v1/verifications/${id}/resend`)).body['id']).toBe(id)
    expect(last()?.code).not.toBe(code)
    expect((await check({ id, code })).body['verified']).toBe(false)
    expect((await check({ id, code: last()?.code })).body['verified']).toBe(true)
  })

  it.each(['approved', 'canceled', 'expired', 'max_attempts'])(
    'refuses one that is %s, and sends nothing',
    async (status) => {
      const clock = stopClock()
      const { id, send, check, provider } = await withCode({ environment: clock.environment })
      if (status === 'approved') await check({ id, code: CODE })
      if (status === 'canceled') await send('DELETE', `/v1/verifications/${id}`)
      if (status === 'expired') clock.advance(600_000)
      const failures = status === 'max_attempts' ? 5 : 0
      for (let n = 1; n <= failures; n += 1) await check({ id, code: wrong(CODE) })
      expect((await send('GET', `/v1/verifications/${id}`)).body['status']).toBe(status)
      const resent = await send('POST', `/v1/verifications/${id}/resend`)
      expect(resent).toBeProblem(409, 'verification_ended')
      expect(await send('DELETE', `/v1/verifications/${id}`)).toBeProblem(409, 'verification_ended')
      expect(provider.messages).toHaveLength(1)
    },
  )

  it.each([
    ['channel', { channel: 'fax' }],
    ['channel', { channel: 5 }],
    ['phoneNumber', { phoneNumber: PHONE }],
  ])('names %s in errors: %j', async (field, body) => {
    const { id, send, provider } = await pending()
    const answer = await send('POST', `/v1/verifications/${id}/resend`, body)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(answer.body['errors']).toMatchObject([{ field }])
    expect(provider.messages).toHaveLength(1)
  })

  it('refuses a channel that no provider has', async () => {
    const { id, send } = await pending({ environment: SMS_ONLY })
    const answer = await send('POST', `/v1/verifications/${id}/resend`, { channel: 'call' })
    expect(answer).toBeProblem(422, 'channel_unavailable')
  })
})

const twilioSent = { provider: 'twilio', status: 'sent' } as const

describe('DELETE /v1/verifications/{id}', () => {
  it('cancels a pending verification, once', async () => {
    const { id, send, check, start } = await withCode()
    const answer = await send('DELETE', `/v1/verifications/${id}`)
    expect(answer.status).toBe(200)
    expect(answer).toCarryCommonHeaders()
    expect(answer.body).toMatchObject({ id, status: 'canceled', attemptsLeft: 0 })
    expectNoSecrets(answer)
    expect(await send('DELETE', `/v1/verifications/${id}`)).toBeProblem(409, 'verification_ended')
    expect((await check({ id, code: CODE })).body['verified']).toBe(false)
    expect((await start()).body['id']).not.toBe(id)
  })
})
