import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong } from '../../support/api.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { expectLimit, pending, stopClock, withoutRequestId } from './support.ts'

const KEY = { 'idempotency-key': 'check-1' }

const attemptsOf = async (id: string) =>
  (await rowsOfLines('verifications')).find((row) => row['id'] === id)?.['attempts']

const randomId = () => `ver_${crypto.getRandomValues(new Uint8Array(16)).toHex()}`

describe('POST /v1/verifications/check with Idempotency-Key', () => {
  it.each([
    ['right', 0, { verified: true, status: 'approved', attemptsLeft: 0 }],
    ['wrong', 1, { verified: false, status: 'pending', attemptsLeft: 4 }],
  ])('answers the same again to a %s code, at no attempt', async (_, step, expected) => {
    const { id, code, check } = await pending()
    const body = { id, code: wrong(code, step) }
    const first = await check(body, KEY)
    expect(first.body).toEqual(expected)
    for (let again = 1; again <= 6; again += 1) {
      expect(withoutRequestId(await check(body, KEY))).toEqual(withoutRequestId(first))
    }
    expect(await attemptsOf(id)).toBe(1)
  })

  it('answers the first answer again after others', async () => {
    const { id, code, check } = await pending()
    await check({ id, code: wrong(code) }, KEY)
    await check({ id, code: wrong(code, 2) })
    await check({ id, code })
    expect((await check({ id, code: wrong(code) }, KEY)).body).toEqual({
      verified: false,
      status: 'pending',
      attemptsLeft: 4,
    })
  })

  it('answers one true to ten at once', async () => {
    const { id, code, check } = await pending()
    const answers = await Promise.all(Array.from({ length: 10 }, () => check({ id, code }, KEY)))
    for (const { body } of answers) expect(body['verified']).toBe(true)
    expect(await attemptsOf(id)).toBe(1)
    const events = await rowsOfLines('events')
    expect(events.filter(({ type }) => type === 'verification.approved')).toHaveLength(1)
  })

  it('refuses another code under the key, and spends nothing', async () => {
    const { id, code, check } = await pending()
    await check({ id, code: wrong(code) }, KEY)
    expect(await check({ id, code }, KEY)).toBeProblem(422, 'idempotency_mismatch')
    expect(await attemptsOf(id)).toBe(1)
    expect((await check({ id, code }, { 'idempotency-key': 'check-2' })).body['verified']).toBe(
      true,
    )
  })

  it('answers used once the life of the code is over', async () => {
    const clock = stopClock()
    const { id, code, check } = await pending({ environment: clock.environment })
    await check({ id, code }, KEY)
    clock.at(clock.start + 600_000 - 1)
    expect((await check({ id, code }, KEY)).body['verified']).toBe(true)
    clock.at(clock.start + 600_000)
    const over = { verified: false, status: 'used', attemptsLeft: 0 }
    expect((await check({ id, code }, KEY)).body).toEqual(over)
    expect((await check({ id, code: wrong(code) }, KEY)).body).toEqual(over)
  })

  it('refuses a key that is none, and spends nothing', async () => {
    const { id, code, check } = await pending()
    const answer = await check({ id, code }, { 'idempotency-key': 'a b' })
    expect(answer).toBeProblem(400, 'unreadable_request')
    expect(await attemptsOf(id)).toBe(0)
  })
})

describe('a request that nobody meant as a check (T-09)', () => {
  const path = (id: string, code: string) => `/v1/verifications/check?id=${id}&code=${code}`

  it.each(['HEAD', 'OPTIONS', 'PUT'])('%s is answered 405 and spends nothing', async (method) => {
    const { id, code, send } = await pending()
    const answer = await send(method, path(id, wrong(code)))
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, POST')
    expect(await attemptsOf(id)).toBe(0)
    await send(method, path(id, code))
    expect((await send('GET', path(id, code))).body['verified']).toBe(true)
  })

  it.each(['prefetch', 'prefetch;prerender', 'Prefetch; anonymous-client-ip'])(
    'GET with Sec-Purpose: %s is answered 400 and spends nothing',
    async (purpose) => {
      const { id, code, send } = await pending()
      for (const typed of [code, wrong(code)]) {
        const answer = await send('GET', path(id, typed), undefined, { 'sec-purpose': purpose })
        expect(answer).toBeProblem(400, 'unreadable_request')
      }
      expect(await attemptsOf(id)).toBe(0)
    },
  )
})

describe('an id of somebody else (T-20, N-10)', () => {
  const ROUTES = [
    ['GET', '/v1/verifications/check?code=123456&id='],
    ['POST', '/v1/verifications/check'],
    ['POST', '/v1/verifications/:id/resend'],
    ['GET', '/v1/verifications/:id'],
    ['GET', '/v1/verifications/:id/timeline'],
    ['DELETE', '/v1/verifications/:id'],
  ] as const

  it.each(ROUTES)('is unknown like a made-up one: %s %s', async (method, route) => {
    const { id, code, projectId } = await pending()
    const foreign = await account()
    const test = await account({ projectId, mode: 'test' })
    for (const { send } of [foreign, test]) {
      const ask = (name: string) => {
        const path = route.endsWith('=') ? `${route}${name}` : route.replace(':id', name)
        const body = route.endsWith('/check') ? { id: name, code } : undefined
        return send(method, path, body).then(withoutRequestId)
      }
      const live = await ask(id)
      expect(live.status).toBe(404)
      for (let n = 0; n < 50; n += 1) expect(await ask(randomId())).toEqual(live)
    }
    expect(await attemptsOf(id)).toBe(0)
    expect((await rowsOfLines('verifications'))[0]).toMatchObject({ status: 'pending', sends: 1 })
  })

  it.each(['', 'ver_', 'VER_0', 'del_7b19ddcc6402fd0cd28ade60246ca60c', "' OR 1=1 --", '%00', '🂡'])(
    'and what is no id at all is unknown too: %s',
    async (name) => {
      const { send, check } = await account()
      const made = withoutRequestId(await check({ id: randomId(), code: '123456' }))
      expect(withoutRequestId(await check({ id: name, code: '123456' }))).toEqual(made)
      const query = new URLSearchParams({ id: name, code: '123456' }).toString()
      const asked = await send('GET', `/v1/verifications/check?${query}`)
      expect(withoutRequestId(asked)).toEqual(made)
    },
  )
})

describe('15 failed checks of a number in an hour', () => {
  const HOUR = 3_600_000
  const PLAN = [
    ['a', 4],
    ['b', 5],
    ['c', 5],
    ['d', 1],
  ] as const

  async function locked() {
    const clock = stopClock()
    const caller = await pending({ environment: clock.environment }, { purpose: 'a' })
    const verifications: { id: string; code: string }[] = []
    for (const [purpose, failures] of PLAN) {
      const { id, code } =
        purpose === 'a'
          ? caller
          : await caller
              .start({ purpose })
              .then(({ body }) => ({ id: body['id'] as string, code: caller.last()?.code ?? '' }))
      for (let step = 1; step <= failures; step += 1) {
        expect((await caller.check({ id, code: wrong(code, step) })).status).toBe(200)
      }
      verifications.push({ id, code })
    }
    return { ...caller, clock, verifications }
  }

  it('lock it: nothing is evaluated, not even the right code', async () => {
    const { check, send, verifications } = await locked()
    for (const [index, left] of [
      [0, 1],
      [3, 4],
    ] as const) {
      const { id = '', code = '' } = verifications[index] ?? {}
      for (const typed of [code, wrong(code)]) {
        expect(expectLimit(await check({ id, code: typed }), 'too_many_failed_checks')).toBe(3600)
        const query = `id=${id}&code=${typed}`
        const got = await send('GET', `/v1/verifications/check?${query}`)
        expectLimit(got, 'too_many_failed_checks')
      }
      const { body } = await send('GET', `/v1/verifications/${id}`)
      expect(body).toMatchObject({ status: 'pending', attemptsLeft: left })
    }
    expect(await rowsOfLines('failures')).toHaveLength(15)
  })

  it('lock checks by number and new messages too, for this project alone', async () => {
    const { check, start, verifications } = await locked()
    const code = verifications[3]?.code
    const byNumber = await check({ phoneNumber: PHONE, purpose: 'd', code })
    expectLimit(byNumber, 'too_many_failed_checks')
    expectLimit(await start({ purpose: 'e' }), 'too_many_failed_checks')
    const other = await account()
    expect((await other.start()).status).toBe(201)
  })

  it('say of what has ended how it ended', async () => {
    const { check, verifications } = await locked()
    const { id, code } = verifications[1] ?? {}
    expect((await check({ id, code })).body).toMatchObject({ status: 'max_attempts' })
  })

  it('lock it for exactly as long as they say', async () => {
    const { check, start, clock, last } = await locked()
    clock.at(clock.start + HOUR - 300_000)
    const { status, body } = await start({ purpose: 'e' })
    expect(status).toBe(201)
    const check2 = { id: body['id'], code: last()?.code }
    const seconds = expectLimit(await check(check2), 'too_many_failed_checks')
    expect(seconds).toBe(300)
    clock.at(clock.start + HOUR - 1)
    expect(expectLimit(await check(check2), 'too_many_failed_checks')).toBe(1)
    clock.at(clock.start + HOUR - 300_000 + seconds * 1000)
    expect((await check(check2)).body['verified']).toBe(true)
  })
})
