import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { describe, expect, it } from 'vitest'
import { account, ask, PHONE, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { ISSUER, proven, typed } from './proofs.ts'
import { badFields, page, stopClock } from './support.ts'

const published = async () => {
  const { body } = await ask(new Request(`${ISSUER}/.well-known/jwks.json`))
  return createLocalJWKSet(body as unknown as JSONWebKeySet)
}

describe('the proof of a right check', () => {
  it('says what was verified, and nothing else', async () => {
    const session = 'session-of-the-visitor'
    const { token, claims, id, projectId } = await proven({ session, start: { purpose: 'login' } })
    const hex = id.slice('ver_'.length)
    expect(claims).toEqual({
      iss: ISSUER,
      jti: `prf_${hex}`,
      sub: PHONE,
      vid: id,
      aud: projectId,
      mode: 'live',
      amr: ['otp', 'sms'],
      channel: 'sms',
      purpose: 'login',
      nonce: session,
      iat: expect.any(Number) as number,
      exp: expect.any(Number) as number,
    })
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'ES256',
      typ: 'otpost-proof+jwt',
      kid: 'test-key',
    })
  })

  it('leaves out purpose and session when there is none', async () => {
    const { claims } = await proven()
    expect(Object.keys(claims).toSorted()).toEqual(
      ['amr', 'aud', 'channel', 'exp', 'iat', 'iss', 'jti', 'mode', 'sub', 'vid'].toSorted(),
    )
  })

  it('says test of a test key', async () => {
    expect((await proven({ mode: 'test' })).claims['mode']).toBe('test')
  })

  it.each([
    ['sms', ['otp', 'sms']],
    ['call', ['otp', 'tel']],
    ['whatsapp', ['otp']],
  ])('names the method of %s', async (channel, amr) => {
    fakeProvider()
    const server = await account({ settings: { customCodes: true } })
    const { body } = await server.start({ channel, code: '314159' })
    const { check } = await page({ projectId: server.projectId })
    const { body: checked } = await check({ id: body['id'], code: '314159' })
    const { payload } = await jwtVerify(checked['proof'] as string, await published())
    expect(payload).toMatchObject({ channel, amr })
  })

  it.each([
    [300, {}],
    [60, { proofLifeSeconds: 60 }],
    [3600, { proofLifeSeconds: 3600 }],
  ])('lives %s s from the approval on', async (life, settings) => {
    const clock = stopClock()
    const visit = await typed({ environment: clock.environment, settings })
    clock.advance(7500)
    const { body } = await visit.check({ id: visit.id, code: visit.code })
    const at = Math.floor((clock.start + 7500) / 1000)
    const { payload } = await jwtVerify(body['proof'] as string, await published())
    expect({ iat: payload.iat, exp: payload.exp }).toEqual({ iat: at, exp: at + life })
    expect(body['proofExpires']).toBe(at + life)
  })

  it('is verified by anybody with the published keys', async () => {
    const { token, projectId } = await proven({ session: 's1' })
    const verify = async (audience: string, typ = 'otpost-proof+jwt') =>
      jwtVerify(token, await published(), {
        algorithms: ['ES256'],
        issuer: ISSUER,
        audience,
        typ,
        requiredClaims: ['sub', 'jti', 'iat', 'exp', 'vid', 'mode', 'nonce'],
      })
    expect((await verify(projectId)).payload).toMatchObject({ sub: PHONE, nonce: 's1' })
    await expect(verify('another')).rejects.toThrow(/"aud"/)
    await expect(verify(projectId, 'at+jwt')).rejects.toThrow(/"typ"/)
  })

  it('names the address that was asked when the deployment has no PUBLIC_URL', async () => {
    const { environment } = stopClock()
    const { claims, token, trade } = await proven({
      environment: Object.assign(environment, {
        PUBLIC_URL: undefined,
        TWILIO_VOICE_FROM: undefined,
      }),
    })
    expect(claims.iss).toBe('http://localhost')
    expect((await trade({ token })).body).toMatchObject({ valid: true })
  })
})

describe('a check without a proof', () => {
  it('is a wrong one, and one after the right one', async () => {
    const { check, id, code } = await typed()
    const bare = ['verified', 'status', 'attemptsLeft']
    expect(Object.keys((await check({ id, code: wrong(code) })).body)).toEqual(bare)
    expect((await check({ id, code })).body).toHaveProperty('proof')
    const used = await check({ id, code })
    expect(used.body).toEqual({ verified: false, status: 'used', attemptsLeft: 0 })
  })

  it('is one with a secret key, also of what a page began', async () => {
    const { server, id, code } = await typed()
    expect((await server.check({ id, code })).body).toEqual({
      verified: true,
      status: 'approved',
      attemptsLeft: 0,
    })
  })

  it.each(['k', '["k",null]'])(
    'is one of what a server verified before, under the key %s',
    async (serversKey) => {
      const { server, check, id, code } = await typed()
      await server.check({ id, code }, { 'idempotency-key': serversKey })
      for (const headers of [{}, { 'idempotency-key': 'k' }]) {
        const { body } = await check({ id, code }, headers)
        expect(body).toEqual({ verified: false, status: 'used', attemptsLeft: 0 })
      }
    },
  )
})

describe('the session of a check', () => {
  it('is of pages only', async () => {
    const { server, id, code } = await typed()
    const answer = await server.check({ id, code, session: 's1' })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['session'])
    expect((await server.check({ id, code })).body['verified']).toBe(true)
  })

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 's'.repeat(256)],
    ['half a character', '\ud800'],
    ['a number', 1],
    ['null', null],
    ['an object', {}],
  ])('is refused when it is %s, and no attempt is spent', async (_, session) => {
    const { check, id, code } = await typed()
    const answer = await check({ id, code, session })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['session'])
    expect((await check({ id, code })).body['verified']).toBe(true)
  })

  it.each(['s', 's'.repeat(255), '\u0000'.repeat(255), '😀'.repeat(127), '"}.\\ é'])(
    'comes back as it was: %j',
    async (session) => {
      const start = { purpose: '\u0000'.repeat(64) }
      const { claims, token, trade } = await proven({ session, start })
      expect(claims['nonce']).toBe(session)
      expect((await trade({ token, session })).body).toMatchObject({ valid: true, session })
    },
  )
})

describe('a check that is asked again', () => {
  const KEY = { 'idempotency-key': 'check-1' }

  it('answers the same proof for the same session', async () => {
    const clock = stopClock()
    const { check, id, code, trade } = await typed({ environment: clock.environment })
    const question = { id, code, session: 's1' }
    const first = await check(question, KEY)
    clock.advance(60_000)
    const again = await check(question, KEY)
    const payloadOf = ({ body }: typeof first) => (body['proof'] as string).split('.')[1]
    expect(payloadOf(again)).toBe(payloadOf(first))
    expect(again.body['proofExpires']).toBe(first.body['proofExpires'])
    expect(
      (await trade({ token: again.body['proof'] as string, session: 's1' })).body['valid'],
    ).toBe(true)
    expect((await trade({ token: first.body['proof'] as string, session: 's1' })).body).toEqual({
      valid: false,
      reason: 'used',
    })
  })

  it.each([
    ['another', { session: 's2' }],
    ['no', {}],
  ])('gives no second proof for %s session', async (_, session) => {
    const { check, id, code } = await typed()
    expect((await check({ id, code, session: 's1' }, KEY)).body).toHaveProperty('proof')
    expect((await check({ id, code, ...session }, KEY)).body).toEqual({
      verified: false,
      status: 'used',
      attemptsLeft: 0,
    })
  })

  it('gives none to a page of another project, nor by another code', async () => {
    const { check, id, code } = await typed()
    await check({ id, code }, KEY)
    const stranger = await page()
    expect(await stranger.check({ id, code }, KEY)).toBeProblem(404, 'not_found')
    expect(await check({ id, code: wrong(code) }, KEY)).toBeProblem(422, 'idempotency_mismatch')
  })
})
