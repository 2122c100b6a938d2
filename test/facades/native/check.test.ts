import { evictAllDurableObjects } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { badFields, pending, stopClock } from './support.ts'

type Pending = Awaited<ReturnType<typeof pending>>

/** The ways to check by id; all of them answer alike. */
const WAYS = [
  ['GET', ({ send }: Pending, id: string, code: string) => send('GET', checkPath(id, code))],
  ['POST JSON', ({ check }: Pending, id: string, code: string) => check({ id, code })],
  [
    'POST form',
    ({ send }: Pending, id: string, code: string) =>
      send('POST', '/v1/verifications/check', new URLSearchParams({ id, code }).toString()),
  ],
] as const

const checkPath = (id: string, code: string) =>
  `/v1/verifications/check?${new URLSearchParams({ id, code }).toString()}`

describe.each(WAYS)('a check by %s', (_, ask) => {
  it('answers true to the right code, once', async () => {
    const verification = await pending()
    const { id, code } = verification
    const right = await ask(verification, id, code)
    expect(right.status).toBe(200)
    expect(right).toCarryCommonHeaders()
    expect(right.body).toEqual({ verified: true, status: 'approved', attemptsLeft: 0 })
    const used = { verified: false, status: 'used', attemptsLeft: 0 }
    expect((await ask(verification, id, code)).body).toEqual(used)
    expect((await ask(verification, id, wrong(code))).body).toEqual(used)
  })

  it('answers false to a wrong code, 200 like any other', async () => {
    const verification = await pending()
    const { id, code } = verification
    const answer = await ask(verification, id, wrong(code))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ verified: false, status: 'pending', attemptsLeft: 4 })
  })

  it('accepts the right code as attempt 5', async () => {
    const verification = await pending()
    const { id, code } = verification
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const { body } = await ask(verification, id, wrong(code, attempt))
      expect(body).toEqual({ verified: false, status: 'pending', attemptsLeft: 5 - attempt })
    }
    expect((await ask(verification, id, code)).body['verified']).toBe(true)
  })

  it('refuses the right code as attempt 6', async () => {
    const verification = await pending()
    const { id, code } = verification
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await ask(verification, id, wrong(code, attempt))
    }
    const ended = { verified: false, status: 'max_attempts', attemptsLeft: 0 }
    expect((await ask(verification, id, code)).body).toEqual(ended)
    await evictAllDurableObjects()
    expect((await ask(verification, id, code)).body).toEqual(ended)
  })

  it('answers canceled after a cancel', async () => {
    const verification = await pending()
    const { id, code, send } = verification
    await send('DELETE', `/v1/verifications/${id}`)
    expect((await ask(verification, id, code)).body).toEqual({
      verified: false,
      status: 'canceled',
      attemptsLeft: 0,
    })
  })

  it.each([
    [-1, { verified: true, status: 'approved' }],
    [0, { verified: false, status: 'expired' }],
    [1, { verified: false, status: 'expired' }],
  ])('knows the end of its life to the millisecond: %i ms', async (offset, expected) => {
    const clock = stopClock()
    const verification = await pending({
      environment: clock.environment,
      settings: { codeLifeSeconds: 60 },
    })
    expect(verification.started.body['expires']).toBe(Math.floor((clock.start + 60_000) / 1000))
    clock.at(clock.start + 60_000 + offset)
    const { status, body } = await ask(verification, verification.id, verification.code)
    expect(status).toBe(200)
    expect(body).toEqual({ ...expected, attemptsLeft: 0 })
  })

  it.each([
    [' 12 34-56 ', '123456'],
    ['123–456', '123456'],
    ['١٢٣٤٥٦', '123456'],
    ['۱۲۳۴۵۶', '123456'],
    ['１２３４５６', '123456'],
    ['\u200e123456\u200f', '123456'],
  ])('reads the code %j as %s', async (typed, code) => {
    const verification = await pending({ settings: { customCodes: true } }, { code })
    expect((await ask(verification, verification.id, typed)).body['verified']).toBe(true)
  })

  it.each([
    ['123'],
    ['12345678901'],
    ['abcdef'],
    ['12345O'],
    ['12.3456'],
    ['+123456'],
    ['1e5000'],
    [''],
    [' - '],
    ['1'.repeat(65)],
  ])('refuses the code %j as unreadable, and spends nothing', async (code) => {
    const verification = await pending()
    const answer = await ask(verification, verification.id, code)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toContain('code')
    const got = await verification.send('GET', `/v1/verifications/${verification.id}`)
    expect(got.body['attemptsLeft']).toBe(5)
  })

  it('compares the code as text: leading zeros count', async () => {
    const verification = await pending({ settings: { customCodes: true } }, { code: '000042' })
    const short = await ask(verification, verification.id, '0042')
    expect(short.body).toMatchObject({ verified: false, attemptsLeft: 4 })
    expect((await ask(verification, verification.id, '000042')).body['verified']).toBe(true)
  })
})

describe('POST /v1/verifications/check by number', () => {
  it('finds the pending verification of the number and purpose', async () => {
    const { id, code, check, start, last } = await pending({}, { codeLength: 10 })
    await start({ purpose: 'payment', codeLength: 10 })
    const payment = last()?.code ?? ''
    const byNumber = { phoneNumber: '+1 (202) 555-0123' }
    expect((await check({ ...byNumber, code: payment })).body['attemptsLeft']).toBe(4)
    const right = await check({ ...byNumber, code: payment, purpose: 'payment' })
    expect(right.body['verified']).toBe(true)
    expect((await check({ phoneNumber: 12025550123, code })).body['verified']).toBe(true)
    expect((await check({ id, code })).body['status']).toBe('used')
  })

  it('answers by the latest verification when none is pending', async () => {
    const { code, check } = await pending()
    await check({ phoneNumber: PHONE, code })
    expect((await check({ phoneNumber: PHONE, code })).body['status']).toBe('used')
  })

  it('counts on the same attempts as a check by id', async () => {
    const { id, code, check } = await pending()
    await check({ id, code: wrong(code) })
    expect((await check({ phoneNumber: PHONE, code: wrong(code) })).body['attemptsLeft']).toBe(3)
  })

  it.each([
    ['a number without any', { phoneNumber: '+12025550199' }],
    ['another purpose', { phoneNumber: PHONE, purpose: 'payment' }],
  ])('answers 404 for %s', async (_, body) => {
    const { code, check } = await pending()
    expect(await check({ ...body, code })).toBeProblem(404, 'not_found')
  })

  it('answers 404 to another project', async () => {
    const { code } = await pending()
    const other = await account()
    expect(await other.check({ phoneNumber: PHONE, code })).toBeProblem(404, 'not_found')
  })

  it('refuses what is no number', async () => {
    const { check } = await account()
    expect(await check({ phoneNumber: 'x', code: '123456' })).toBeProblem(422, 'invalid_phone')
  })
})

describe('POST /v1/verifications/check: a bad body', () => {
  it.each([
    ['code', { id: 'ver_1' }],
    ['code', { id: 'ver_1', code: 123456 }],
    ['code', { id: 'ver_1', code: null }],
    ['code', { id: 'ver_1', code: ['123456'] }],
    ['id', { code: '123456' }],
    ['id', { id: 'ver_1', phoneNumber: PHONE, code: '123456' }],
    ['id', { id: 5, code: '123456' }],
    ['id', { id: 'v'.repeat(65), code: '123456' }],
    ['purpose', { phoneNumber: PHONE, purpose: 'p'.repeat(65), code: '123456' }],
    ['Code', { id: 'ver_1', code: '123456', Code: '1' }],
  ])('names %s in errors: %j', async (field, body) => {
    const { check } = await account()
    const answer = await check(body)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual([field])
  })

  it('spends nothing when the code is a JSON number', async () => {
    const { id, code, check, send } = await pending(
      { settings: { customCodes: true } },
      { code: '123456' },
    )
    const answer = await check({ id, code: Number(code) })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(answer.body['errors'][0].message).toContain('leading zeros')
    expect((await send('GET', `/v1/verifications/${id}`)).body['attemptsLeft']).toBe(5)
  })
})

describe('GET /v1/verifications/check: a bad query', () => {
  it.each([
    ['id', 'code=123456'],
    ['code', 'id=ver_1'],
    ['phoneNumber', 'id=ver_1&code=123456&phoneNumber=12025550123'],
  ])('names %s in errors', async (field, query) => {
    const { send } = await account()
    const answer = await send('GET', `/v1/verifications/check?${query}`)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual([field])
  })

  it('is a field given twice: no attempt is spent', async () => {
    const { id, code, send } = await pending()
    const path = `${checkPath(id, wrong(code))}&code=${code}`
    expect(await send('GET', path)).toBeProblem(400, 'unreadable_request')
    expect((await send('GET', `/v1/verifications/${id}`)).body['attemptsLeft']).toBe(5)
  })
})

describe('a check of a verification that failed to send', () => {
  it('answers failed', async () => {
    fakeProvider({ status: 500 })
    const { start, check, send } = await account()
    await start()
    const { body } = await send('GET', `/v1/verifications?phoneNumber=${PHONE}`)
    const { id } = body['data'][0]
    expect((await check({ id, code: '123456' })).body).toEqual({
      verified: false,
      status: 'failed',
      attemptsLeft: 0,
    })
  })
})
