import { env } from 'cloudflare:workers'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { describe, expect, it } from 'vitest'
import type { TokenKeySet } from '../../../src/core/token-keys.ts'
import { account, ask, client, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { retired, tokenKey } from '../../support/token-keys.ts'
import { ISSUER, proven, TRADE, typed } from './proofs.ts'
import { ORIGIN, page } from './support.ts'

const withKeys = (...keys: TokenKeySet['keys']): Env =>
  ({ ...env, OTPOST_TOKEN_KEYS: JSON.stringify({ keys }) }) as Env
const WITHOUT_KEYS = { ...env, OTPOST_TOKEN_KEYS: undefined } as Env

const seconds = () => Math.floor(Date.now() / 1000)

describe('a proof whose key was replaced before the trade (R-22)', () => {
  async function rotated() {
    const [old, fresh] = await Promise.all([tokenKey(), tokenKey()])
    const visit = await proven({ environment: withKeys(old), session: 's1' })
    const by = (environment: Env) => client(visit.server.secret, environment)
    const after = withKeys(fresh, retired(old, seconds()))
    return { ...visit, by, old, fresh, after, forgetful: withKeys(fresh) }
  }

  it('is still traded, once', async () => {
    const { by, after, token } = await rotated()
    expect((await by(after)('POST', TRADE, { token, session: 's1' })).body['valid']).toBe(true)
    expect((await by(after)('POST', TRADE, { token, session: 's1' })).body['reason']).toBe('used')
  })

  it('is still verified by what is published', async () => {
    const { after, token, old } = await rotated()
    const { body } = await ask(new Request(`${ISSUER}/.well-known/jwks.json`), after)
    const keys = createLocalJWKSet(body as unknown as JSONWebKeySet)
    const { protectedHeader } = await jwtVerify(token, keys, { typ: 'otpost-proof+jwt' })
    expect(protectedHeader.kid).toBe(old.kid)
  })

  it('is invalid once its key is forgotten, and not consumed by that', async () => {
    const { by, after, forgetful, token } = await rotated()
    expect((await by(forgetful)('POST', TRADE, { token })).body).toEqual({
      valid: false,
      reason: 'invalid',
    })
    expect((await by(after)('POST', TRADE, { token, session: 's1' })).body['valid']).toBe(true)
  })
})

describe('a check that is asked again after a rotation', () => {
  it('answers the same proof, signed by the new key', async () => {
    const [old, fresh] = await Promise.all([tokenKey(), tokenKey()])
    const { secret, id, code, server } = await typed({ environment: withKeys(old) })
    const check = async (environment: Env) => {
      const { body } = await client(secret, environment)(
        'POST',
        '/v1/verifications/check',
        { id, code },
        { origin: ORIGIN, 'idempotency-key': 'k' },
      )
      return body['proof'] as string
    }
    const first = await check(withKeys(old))
    const after = withKeys(fresh, retired(old, seconds()))
    const again = await check(after)
    expect(again.split('.')[1]).toBe(first.split('.')[1])
    expect(decodeProtectedHeader(again).kid).toBe(fresh.kid)
    const send = client(server.secret, after)
    expect((await send('POST', TRADE, { token: first })).body['valid']).toBe(true)
    expect((await send('POST', TRADE, { token: again })).body['reason']).toBe('used')
  })
})

describe('a deployment without OTPOST_TOKEN_KEYS', () => {
  it('refuses the check of a page before the code is compared', async () => {
    const { id, code, secret } = await typed()
    const headers = { origin: ORIGIN, 'idempotency-key': 'k' }
    const check = (environment: Env, typedCode: string) =>
      client(secret, environment)(
        'POST',
        '/v1/verifications/check',
        { id, code: typedCode },
        headers,
      )
    for (const answer of [
      await check(WITHOUT_KEYS, code),
      await check(WITHOUT_KEYS, wrong(code)),
    ]) {
      expect(answer).toBeProblem(503, 'misconfigured')
      expect(answer.body['detail']).toContain('npm run token-keys -- add')
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    }
    expect(await rowsOfLines('verifications')).toMatchObject([{ attempts: 0, status: 'pending' }])
    const { body } = await check(env, code)
    expect(body).toMatchObject({ verified: true, proof: expect.any(String) as string })
  })

  it('sends nothing for a page, and says so to who asks about its key', async () => {
    const provider = fakeProvider()
    const { start, describe: describeKey } = await page({ environment: WITHOUT_KEYS })
    expect(await start()).toBeProblem(503, 'misconfigured')
    expect(await describeKey()).toBeProblem(503, 'misconfigured')
    expect(provider.messages).toEqual([])
  })

  it('starts and checks with a secret key', async () => {
    const provider = fakeProvider()
    const server = await account({ environment: WITHOUT_KEYS })
    const { id } = (await server.start()).body
    const code = provider.messages[0]?.code ?? ''
    expect((await server.check({ id, code: wrong(code) })).body['attemptsLeft']).toBe(4)
    expect((await server.check({ id, code })).body['verified']).toBe(true)
  })

  it('refuses a trade, and consumes nothing', async () => {
    const { token, server, trade } = await proven()
    const without = client(server.secret, WITHOUT_KEYS)
    expect(await without('POST', TRADE, { token })).toBeProblem(503, 'misconfigured')
    expect((await trade({ token })).body['valid']).toBe(true)
  })

  it('refuses a trade with a wrong body as such', async () => {
    const { send } = await account({ environment: WITHOUT_KEYS })
    expect(await send('POST', TRADE, {})).toBeProblem(422, 'invalid_request')
  })
})
