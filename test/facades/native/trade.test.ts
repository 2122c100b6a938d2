import { describe, expect, it } from 'vitest'
import { verifyToken } from '../../../src/core/tokens.ts'
import type { TokenKeySet } from '../../../src/core/token-keys.ts'
import { account, client, PHONE } from '../../support/api.ts'
import { testEnv } from '../../support/env.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { imported } from '../../support/token-keys.ts'
import { YIELD_POINTS, yieldAt } from '../../support/yields.ts'
import { ISSUER, orderOf, proven, signAsWorker, TRADE } from './proofs.ts'
import { badFields, page, stopClock, withoutRequestId } from './support.ts'

const INVALID = { valid: false, reason: 'invalid' }
const USED = { valid: false, reason: 'used' }
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same token, written otherwise: the last character of a signature has bits to spare. */
function twinsOf(token: string): string[] {
  const last = BASE64URL.indexOf(token.at(-1) ?? '')
  const first = last - (last % 16)
  return Array.from({ length: 16 }, (_, n) => token.slice(0, -1) + BASE64URL[first + n])
}

describe('POST /v1/tokens/verify', () => {
  it('says what was proved, once', async () => {
    const { trade, token, claims, id } = await proven({
      session: 's1',
      start: { purpose: 'login' },
    })
    const answer = await trade({ token, session: 's1' })
    expect(answer.status).toBe(200)
    expect(answer).toCarryCommonHeaders()
    expect(answer.body).toEqual({
      valid: true,
      verificationId: id,
      phoneNumber: PHONE,
      channel: 'sms',
      purpose: 'login',
      session: 's1',
      verifiedAt: new Date((claims.iat ?? 0) * 1000).toISOString(),
    })
    const again = await trade({ token, session: 's1' })
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: USED })
  })

  it('takes a form, and a proof without session and purpose', async () => {
    const { server, token } = await proven()
    const { body } = await server.send('POST', TRADE, new URLSearchParams({ token }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(body).toMatchObject({ valid: true, purpose: '', session: null })
  })

  it('takes a proof of a test key from a server with a test key', async () => {
    const { token, trade } = await proven({ mode: 'test' })
    expect((await trade({ token })).body).toMatchObject({ valid: true, phoneNumber: PHONE })
  })

  it('stands in the timeline, once', async () => {
    const { server, token, id, trade } = await proven()
    await trade({ token })
    await trade({ token })
    const { body } = await server.send('GET', `/v1/verifications/${id}/timeline`)
    const types = (body['events'] as { type: string }[]).map(({ type }) => type)
    expect(types.slice(-2)).toEqual(['verification.approved', 'proof.spent'])
    expect(types.filter((type) => type === 'proof.spent')).toHaveLength(1)
    expect((await server.send('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: 'approved',
    })
  })

  it.each([
    ['another session', { session: 's2' }],
    ['a session that begins so', { session: 's' }],
    ['a longer session', { session: 's10' }],
  ])('does not consume it for %s', async (_, wrongSession) => {
    const { token, trade } = await proven({ session: 's1' })
    const refused = await trade({ token, ...wrongSession })
    expect(refused.body).toEqual({ valid: false, reason: 'other_session' })
    expect(await rowsOfLines('proofs')).toEqual([])
    expect((await trade({ token, session: 's1' })).body['valid']).toBe(true)
  })

  it('refuses a proof without a session where one is expected', async () => {
    const { token, trade } = await proven()
    expect((await trade({ token, session: 's1' })).body['reason']).toBe('other_session')
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('is invalid with keys of other projects and modes, and not consumed (T-20)', async () => {
    const { token, trade, projectId } = await proven()
    const strangers = [
      await account(),
      await account({ mode: 'test' }),
      await account({ mode: 'test', projectId }),
    ]
    for (const { send } of strangers) {
      const refused = await send('POST', TRADE, { token })
      expect(refused.body).toEqual(INVALID)
      const garbage = await send('POST', TRADE, { token: 'a.b.c' })
      expect(withoutRequestId(refused)).toEqual(withoutRequestId(garbage))
    }
    expect(await rowsOfLines('proofs')).toEqual([])
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('is worth nothing to live keys when a test key made it', async () => {
    const { token, trade, projectId } = await proven({ mode: 'test' })
    const live = await account({ projectId })
    expect((await live.send('POST', TRADE, { token })).body).toEqual(INVALID)
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('is good until it expires, to the second', async () => {
    const clock = stopClock()
    const { token, trade, claims } = await proven({ environment: clock.environment })
    const over = (claims.exp ?? 0) * 1000
    clock.at(over)
    expect((await trade({ token })).body).toEqual(INVALID)
    clock.at(over - 1)
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('consumes a token with another text at its end as the same proof (T-29)', async () => {
    const { token, trade } = await proven()
    const twins = twinsOf(token)
    expect(twins).toContain(token)
    const answers = []
    for (const twin of twins) answers.push((await trade({ token: twin })).body)
    expect(answers.filter(({ valid }) => valid === true)).toHaveLength(1)
    expect(answers.filter(({ reason }) => reason === 'used')).toHaveLength(15)
  })

  it.each([
    ['an access token', { typ: 'at+jwt' }],
    ['for another issuer', { claims: { iss: 'https://evil.example' } }],
    ['for another project', { claims: { aud: 'f'.repeat(24) } }],
    ['of the other mode', { claims: { mode: 'test' } }],
    ['from an hour ahead', { issuedAt: Date.now() + 3_600_000 }],
  ] as const)('refuses what we signed as %s, and consumes nothing', async (_, changes) => {
    const { token, trade } = await proven()
    const order = orderOf(token)
    const claims = { ...order.claims, ...('claims' in changes ? changes.claims : {}) }
    const other = await signAsWorker({ ...order, ...changes, claims })
    expect((await trade({ token: other })).body).toEqual(INVALID)
    expect((await trade({ token: await signAsWorker(order) })).body['valid']).toBe(true)
    expect((await trade({ token })).body).toEqual(USED)
  })

  it('refuses every change of a character of header and claims (N-17)', async () => {
    const { token, trade } = await proven()
    const end = token.lastIndexOf('.')
    const swapped = (character: string) => (character === 'A' ? 'B' : 'A')
    for (let at = 0; at < end; at += 7) {
      const forged = token.slice(0, at) + swapped(token[at] ?? '') + token.slice(at + 1)
      expect((await trade({ token: forged })).body).toEqual(INVALID)
    }
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('gives a proof that is no access token', async () => {
    const { token, projectId } = await proven()
    const { keys } = JSON.parse(testEnv.OTPOST_TOKEN_KEYS) as TokenKeySet
    const expected = { issuer: ISSUER, audience: projectId, now: Date.now() }
    const verify = async (typ: 'at+jwt' | 'otpost-proof+jwt') =>
      verifyToken(await imported(...keys), token, { ...expected, typ })
    expect(await verify('at+jwt')).toBeUndefined()
    expect(await verify('otpost-proof+jwt')).toMatchObject({ sub: PHONE })
  })

  it('refuses a publishable key, of whatever page', async () => {
    const { token, send, trade } = await proven()
    expect(await send('POST', TRADE, { token })).toBeProblem(403, 'key_not_allowed')
    const another = await page()
    expect(await another.send('POST', TRADE, { token })).toBeProblem(403, 'key_not_allowed')
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it.each([
    [{}, ['token']],
    [{ token: 1 }, ['token']],
    [{ token: null }, ['token']],
    [{ token: 'x'.repeat(4097) }, ['token']],
    [{ token: 'x', session: '' }, ['session']],
    [{ token: 'x', session: 's'.repeat(256) }, ['session']],
    [{ token: 'x', nonce: 's' }, ['nonce']],
    [{ proof: 'x' }, ['proof', 'token']],
  ])('names the bad field of %j', async (body: object, fields) => {
    const answer = await (await account()).send('POST', TRADE, body)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(fields)
  })

  it.each(['', '..', 'a.b.c', 'x'.repeat(4096), 'ver_00'])('is invalid: %j', async (token) => {
    const { status, body } = await (await account()).send('POST', TRADE, { token })
    expect({ status, body }).toEqual({ status: 200, body: INVALID })
  })
})

describe('POST /v1/tokens/verify with Idempotency-Key', () => {
  const KEY = { 'idempotency-key': 'login-1' }

  it('answers the same again, also when the proof is over, and used to another key', async () => {
    const clock = stopClock()
    const { token, trade } = await proven({ session: 's1', environment: clock.environment })
    const proof = { token, session: 's1' }
    const first = await trade(proof, KEY)
    expect(first.body['valid']).toBe(true)
    expect((await trade(proof, { 'idempotency-key': 'login-2' })).body).toEqual(USED)
    clock.advance(300_000)
    expect(withoutRequestId(await trade(proof, KEY))).toEqual(withoutRequestId(first))
    expect((await trade(proof)).body).toEqual(INVALID)
    const events = await rowsOfLines('events')
    expect(events.filter(({ type }) => type === 'proof.spent')).toHaveLength(1)
  })

  it('is for one proof and session', async () => {
    const { token, trade } = await proven({ session: 's1' })
    await trade({ token, session: 's1' }, KEY)
    const other = await proven()
    const twin = client(other.server.secret)
    expect(await trade({ token, session: 's2' }, KEY)).toBeProblem(422, 'idempotency_mismatch')
    expect((await twin('POST', TRADE, { token: other.token }, KEY)).body['valid']).toBe(true)
  })

  it('answers used again to who was told used', async () => {
    const { token, trade } = await proven()
    await trade({ token })
    for (let n = 0; n < 2; n += 1) expect((await trade({ token }, KEY)).body).toEqual(USED)
  })

  it('refuses a key that is none, and consumes nothing', async () => {
    const { token, trade } = await proven()
    expect(await trade({ token }, { 'idempotency-key': 'a b' })).toBeProblem(
      400,
      'unreadable_request',
    )
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('answers one of ten at once, and the others later', async () => {
    const { token, trade } = await proven()
    const answers = await Promise.all(Array.from({ length: 10 }, () => trade({ token }, KEY)))
    const late = answers.filter(({ body }) => body['valid'] !== true)
    for (const answer of late) expect(answer).toBeProblem(409, 'idempotency_running')
    expect((await trade({ token }, KEY)).body['valid']).toBe(true)
    expect(await rowsOfLines('proofs')).toHaveLength(1)
  })
})

describe('parallel trades of one proof (N-02)', () => {
  it.each(YIELD_POINTS)('are valid for exactly one of 50, giving way %s', async (point) => {
    const { token, server } = await proven()
    const twins = twinsOf(token)
    const send = client(server.secret, yieldAt(point))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => send('POST', TRADE, { token: twins[n % 16] })),
    )
    expect(answers.filter(({ body }) => body['valid'] === true)).toHaveLength(1)
    expect(answers.filter(({ body }) => body['reason'] === 'used')).toHaveLength(49)
    const events = await rowsOfLines('events')
    expect(events.filter(({ type }) => type === 'proof.spent')).toHaveLength(1)
  })
})
