import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, client, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { deadDatabase, throwing } from './broken.ts'
import { pending, stopClock } from './support.ts'

const overloaded = () =>
  Object.assign(new Error('Too many requests queued'), { overloaded: true, remote: false })
const lost = () => Object.assign(new Error('Network connection lost.'), { retryable: true })

/** What a bug might say: nothing of it may reach a caller. */
const SECRET_MESSAGE = `SQLITE_ERROR in sk_live_key of ${PHONE}: code 918273`

const silence = () => vi.spyOn(console, 'error').mockImplementation(() => undefined)

describe('a bug', () => {
  it.each([
    ['start', 'POST', '/v1/verifications', { phoneNumber: PHONE }],
    ['check by number', 'POST', '/v1/verifications/check', { phoneNumber: PHONE, code: '123456' }],
    ['list', 'GET', '/v1/verifications?phoneNumber=12025550123', undefined],
  ])('is answered 500 without a word of it: %s', async (_, method, path, body) => {
    const log = silence()
    const provider = fakeProvider()
    const { namespace } = throwing(env.PHONE_LINE, new Error(SECRET_MESSAGE))
    const { send } = await account({ environment: { ...env, PHONE_LINE: namespace } })
    const answer = await send(method, path, body)
    expect(answer).toBeProblem(500, 'internal')
    expect(answer.text).not.toMatch(/SQLITE|sk_|918273|2025550123| at |\.ts/)
    expect(provider.messages).toEqual([])
    const logged = log.mock.calls.map((call) => String(call[0])).join('\n')
    expect(logged).toContain('SQLITE_ERROR')
    expect(logged).not.toMatch(/918273|2025550123/)
  })

  it('in what reads the test inbox is answered 500', async () => {
    silence()
    const { namespace } = throwing(env.INBOX, new TypeError('x is not a function'))
    const { send } = await account({ mode: 'test', environment: { ...env, INBOX: namespace } })
    const answer = await send('GET', '/v1/test/inbox')
    expect(answer).toBeProblem(500, 'internal')
    expect(answer.text).not.toContain('not a function')
  })
})

describe('D1 out of reach', () => {
  const ERRORS = [
    'D1_ERROR: Network connection lost.',
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: no such table: api_keys: SQLITE_ERROR',
  ]

  it.each(ERRORS)('is answered 503 on a cold isolate, never 401: %s', async (message) => {
    const { secret } = await account()
    const send = client(secret, { ...env, DB: deadDatabase(message) })
    for (const [method, path] of [
      ['GET', '/v1/verifications'],
      ['POST', '/v1/verifications'],
      ['POST', '/v1/verifications/check'],
      ['GET', '/v1/verifications/check?id=ver_1&code=123456'],
    ] as const) {
      const answer = await send(method, path)
      expect(answer).toBeProblem(503, 'unavailable')
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(answer.text).not.toContain('D1_')
    }
  })

  it('is answered 503 for an unknown key too', async () => {
    const send = client('sk_live_unknown', { ...env, DB: deadDatabase('D1_ERROR') })
    expect(await send('GET', '/v1/verifications')).toBeProblem(503, 'unavailable')
  })

  it('is not felt by starts and checks with a key that is known', async () => {
    const provider = fakeProvider()
    const environment = { ...env }
    const { start, check, send } = await account({ environment })
    expect((await send('GET', '/v1/verifications')).status).toBe(200)
    Object.assign(environment, { DB: deadDatabase('D1_ERROR') })
    const { status, body } = await start()
    expect(status).toBe(201)
    const { id } = body
    const right = await check({ id, code: provider.messages[0]?.code })
    expect(right.body['verified']).toBe(true)
    expect((await send('GET', `/v1/verifications/${id}`)).body['status']).toBe('approved')
    expect(await send('GET', '/v1/verifications')).toBeProblem(503, 'unavailable')
    expect(await send('GET', `/v1/verifications/ver_${'0'.repeat(32)}`)).toBeProblem(
      503,
      'unavailable',
    )
  })
})

describe('an object out of reach', () => {
  it.each(['PHONE_LINE', 'METER', 'IDEMPOTENCY'] as const)(
    'is answered 503 with Retry-After at once when it is overloaded: %s',
    async (binding) => {
      const provider = fakeProvider()
      const broken = throwing(env[binding], overloaded())
      const environment = { ...env, [binding]: broken.namespace }
      const { start } = await account({ environment })
      const answer = await start({}, { 'idempotency-key': 'k' })
      expect(answer).toBeProblem(503, 'unavailable')
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(broken.calls).toBe(1)
      expect(provider.messages).toEqual([])
    },
  )

  it.each(['PHONE_LINE', 'METER', 'IDEMPOTENCY'] as const)(
    'is tried three times when the platform lost it, then answered 503: %s',
    async (binding) => {
      fakeProvider()
      const broken = throwing(env[binding], lost())
      const { start } = await account({ environment: { ...env, [binding]: broken.namespace } })
      expect(await start({}, { 'idempotency-key': 'k' })).toBeProblem(503, 'unavailable')
      expect(broken.calls).toBe(3)
    },
  )

  it('spends no attempt of a check', async () => {
    const { id, code, secret, check } = await pending()
    const { namespace } = throwing(env.PHONE_LINE, overloaded())
    const send = client(secret, { ...env, PHONE_LINE: namespace })
    const answer = await send('POST', '/v1/verifications/check', { id, code })
    expect(answer).toBeProblem(503, 'unavailable')
    expect((await rowsOfLines('verifications'))[0]).toMatchObject({ attempts: 0 })
    expect((await check({ id, code })).body['verified']).toBe(true)
  })

  it('lets a start whose fate it does not know be tried again after 30 s', async () => {
    stopClock()
    const provider = fakeProvider()
    const { secret, start } = await account()
    const { namespace } = throwing(env.PHONE_LINE, overloaded())
    const send = client(secret, { ...env, PHONE_LINE: namespace })
    const headers = { 'idempotency-key': 'k' }
    const body = { phoneNumber: PHONE }
    expect((await send('POST', '/v1/verifications', body, headers)).status).toBe(503)
    expect(await start({}, headers)).toBeProblem(409, 'idempotency_running')
    vi.setSystemTime(Date.now() + 30_000)
    expect((await start({}, headers)).status).toBe(201)
    expect(provider.messages).toHaveLength(1)
  })
})
