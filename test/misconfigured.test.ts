import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ask } from './support/api.ts'

const ROUTES = [
  ['POST', '/v1/verifications'],
  ['GET', '/v1/verifications'],
  ['POST', '/v1/verifications/check'],
  ['GET', '/v1/verifications/check?id=x&code=123456'],
  ['GET', `/v1/verifications/ver_${'0'.repeat(32)}`],
  ['DELETE', `/v1/verifications/ver_${'0'.repeat(32)}`],
  ['POST', `/v1/verifications/ver_${'0'.repeat(32)}/resend`],
  ['GET', `/v1/verifications/ver_${'0'.repeat(32)}/timeline`],
  ['POST', '/v1/tokens/verify'],
  ['GET', '/v1/publishable'],
  ['GET', '/v1/test/inbox'],
  ['POST', `/v1/receipts/twilio/${'0'.repeat(64)}`],
  ['GET', '/v1/receipts/meta'],
  ['GET', '/.well-known/jwks.json'],
  ['POST', `/v1/calls/twilio/${'0'.repeat(64)}`],
  ['GET', '/dev/inbox'],
  ['GET', '/dev/inbox.json'],
  ['GET', '/'],
  ['GET', '/nowhere'],
] as const

const environment = (changes: object): Env => ({ ...env, ...changes })

describe('the Worker with a bad configuration', () => {
  const broken = environment({ OTPOST_SECRET: 'changeme' })

  it.each(ROUTES)('answers 503 misconfigured to %s %s', async (method, path) => {
    const answer = await ask(new Request(`http://localhost${path}`, { method }), broken)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'misconfigured', status: 503 })
    expect(answer.text).not.toMatch(/changeme|OTPOST_SECRET/)
  })

  it.each(['', 'canary', '{"keys":[]}', '{"keys":[{"kty":"EC","d":"canary"}]}'])(
    'names OTPOST_TOKEN_KEYS in /health when it is %j',
    async (value) => {
      const wrong = environment({ OTPOST_TOKEN_KEYS: value })
      const answer = await ask(new Request('http://localhost/health'), wrong)
      expect(answer.status).toBe(503)
      expect(answer.body['missing']).toContainEqual(
        expect.stringMatching(/^OTPOST_TOKEN_KEYS (has|is) /),
      )
      expect(answer.text).not.toContain('canary')
      expect((await ask(new Request('http://localhost/v1/verifications'), wrong)).status).toBe(503)
    },
  )

  it('refuses plain http outside development, and sends HSTS', async () => {
    const live = environment({ ENVIRONMENT: 'production', OTPOST_SECRET: 'changeme' })
    const plain = await ask(new Request('http://otp.example.com/health'), live)
    expect(plain.status).toBe(403)
    const secure = await ask(new Request('https://otp.example.com/health'), live)
    expect(secure.status).toBe(503)
    expect(secure.headers.get('strict-transport-security')).toContain('max-age=')
  })

  it('names the variable, and not its value, in /health', async () => {
    const answer = await ask(new Request('http://localhost/health'), broken)
    expect(answer.status).toBe(503)
    expect(answer.body['status']).toBe('misconfigured')
    expect(answer.text).toContain('OTPOST_SECRET is shorter than 32 characters.')
    expect(answer.text).not.toContain('changeme')
  })
})

describe('the Worker outside development', () => {
  // Without token keys: what shows them may be kept, and everything else may not.
  const production = environment({ ENVIRONMENT: 'production', OTPOST_TOKEN_KEYS: undefined })

  it.each([...ROUTES, ['GET', '/health'] as const])(
    'answers 403 to %s %s over plain http, with no redirect',
    async (method, path) => {
      const answer = await ask(new Request(`http://otp.example.com${path}`, { method }), production)
      expect(answer.status).toBe(403)
      expect(answer.body['code']).toBe('insecure_transport')
      expect(answer.headers.get('location')).toBeNull()
    },
  )

  it.each([...ROUTES, ['GET', '/health'] as const])(
    'sends HSTS with the answer to %s %s',
    async (method, path) => {
      const request = new Request(`https://otp.example.com${path}`, { method })
      const { headers } = await ask(request, production)
      expect(headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    },
  )

  it.each(['/dev/inbox', '/dev/inbox.json', '/dev/inbox/', '/dev/other'])(
    'has no %s',
    async (path) => {
      const answer = await ask(new Request(`https://otp.example.com${path}`), production)
      expect(answer.status).toBe(404)
      expect(answer.body['code']).toBe('route_not_found')
    },
  )

  it('is what runs when ENVIRONMENT is not set', async () => {
    const unset = environment({ ENVIRONMENT: undefined })
    const answer = await ask(new Request('http://otp.example.com/health'), unset)
    expect(answer.status).toBe(403)
  })

  it('is healthy with its database, and says what is missing without', async () => {
    const healthy = await ask(new Request('https://otp.example.com/health'), production)
    expect(healthy.status).toBe(200)
    expect(healthy.body).toEqual({ status: 'ok' })
    const withoutProvider = environment({ ENVIRONMENT: 'production', PROVIDERS: undefined })
    const unhealthy = await ask(new Request('https://otp.example.com/health'), withoutProvider)
    expect(unhealthy.status).toBe(503)
    expect(unhealthy.text).toContain('PROVIDERS')
  })
})

describe('the Worker in development', () => {
  it('answers over plain http, without HSTS, and has an inbox', async () => {
    const answer = await ask(new Request('http://localhost/dev/inbox.json'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('strict-transport-security')).toBeNull()
    expect(answer.body).toEqual([])
  })
})
