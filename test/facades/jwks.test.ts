import { env } from 'cloudflare:workers'
import { createLocalJWKSet, jwtVerify, SignJWT, importJWK, type JSONWebKeySet } from 'jose'
import { describe, expect, it } from 'vitest'
import type { TokenKeySet } from '../../src/core/token-keys.ts'
import { ask } from '../support/api.ts'
import { retired, tokenKey } from '../support/token-keys.ts'

const ADDRESS = 'https://otp.example.com/.well-known/jwks.json'

const withKeys = async (...old: readonly number[]) => {
  const key = await tokenKey()
  const others = await Promise.all(old.map(async (at) => retired(await tokenKey(), at)))
  const set: TokenKeySet = { keys: [key, ...others] }
  const environment = { ...env, ENVIRONMENT: 'production', OTPOST_TOKEN_KEYS: JSON.stringify(set) }
  const call = (method = 'GET') => ask(new Request(ADDRESS, { method }), environment)
  return { key, others, call }
}

describe('GET /.well-known/jwks.json', () => {
  it('shows the public keys to everybody, for five minutes', async () => {
    const { key, call } = await withKeys()
    const { status, headers, body, text } = await call()
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    const { d, ...shown } = key
    expect(body).toEqual({ keys: [shown] })
    expect(text).not.toContain(d)
  })

  it('shows no private number, also of a retired key that still has its own', async () => {
    const [key, old] = await Promise.all([tokenKey(), tokenKey()])
    const set = { keys: [key, { ...old, retired_at: Math.floor(Date.now() / 1000) }] }
    const environment = { ...env, OTPOST_TOKEN_KEYS: JSON.stringify(set) } as Env
    const { body, text } = await ask(new Request(ADDRESS), environment)
    expect(body['keys']).toHaveLength(2)
    expect(text).not.toContain(key.d)
    expect(text).not.toContain(old.d)
    expect(text).not.toMatch(/"d"/)
  })

  it('shows retired keys until they are over', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { key, others, call } = await withKeys(now - 60, now - 31 * 24 * 60 * 60)
    const { keys } = (await call()).body as TokenKeySet
    expect(keys.map(({ kid }) => kid)).toEqual([key.kid, others[0]?.kid])
    expect(keys[1]?.retired_at).toBe(now - 60)
  })

  it('is understood by a library', async () => {
    const { key, call } = await withKeys(Math.floor(Date.now() / 1000))
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .sign(await importJWK({ ...key }, 'ES256'))
    const found = createLocalJWKSet((await call()).body as JSONWebKeySet)
    await expect(jwtVerify(token, found)).resolves.toBeDefined()
  })

  it('answers HEAD like GET, without a body', async () => {
    const { call } = await withKeys()
    const { status, headers, text } = await call('HEAD')
    expect({ status, text }).toEqual({ status: 200, text: '' })
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    expect(headers.get('cache-control')).toBe('public, max-age=300')
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('answers 405 to %s', async (method) => {
    const { call } = await withKeys()
    const { status, headers, body } = await call(method)
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, HEAD')
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({ code: 'method_not_allowed', status: 405 })
  })

  it('says without keys what to run, while the service is in health', async () => {
    const environment = { ...env, OTPOST_TOKEN_KEYS: undefined } as Env
    const { status, headers, body } = await ask(new Request(ADDRESS), environment)
    expect(status).toBe(503)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({
      code: 'misconfigured',
      detail: 'OTPOST_TOKEN_KEYS is missing: run npm run token-keys -- add.',
    })
    const health = await ask(new Request('https://otp.example.com/health'), environment)
    expect(health.status).toBe(200)
  })

  it('has neighbours that nobody answers', async () => {
    const { status, headers } = await ask(new Request(`${ADDRESS}/`))
    expect(status).toBe(404)
    expect(headers.get('cache-control')).toBe('no-store')
  })
})
