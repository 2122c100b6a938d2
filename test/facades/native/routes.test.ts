import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, ask, client } from '../../support/api.ts'
import { pending, withoutRequestId } from './support.ts'

const ID = 'ver_7b19ddcc6402fd0cd28ade60246ca60c'
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']

const ROUTES: readonly (readonly [path: string, allow: string])[] = [
  ['/v1/verifications', 'GET, POST'],
  ['/v1/verifications/check', 'GET, POST'],
  [`/v1/verifications/${ID}`, 'GET, DELETE'],
  [`/v1/verifications/${ID}/resend`, 'POST'],
  [`/v1/verifications/${ID}/timeline`, 'GET'],
  ['/v1/tokens/verify', 'POST'],
  ['/v1/publishable', 'GET'],
  ['/v1/test/inbox', 'GET'],
]

const allowed = ROUTES.flatMap(([path, allow]) =>
  allow.split(', ').map((method) => [method, path] as const),
)
const others = ROUTES.flatMap(([path, allow]) =>
  METHODS.filter((method) => !allow.split(', ').includes(method)).map(
    (method) => [method, path, allow] as const,
  ),
)

const request = (method: string, path: string, authorization?: string) =>
  new Request(`http://localhost${path}`, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  })

describe('a method that a route does not have', () => {
  it.each(others)('is answered 405 with Allow: %s %s', async (method, path, allow) => {
    const { send } = await account()
    for (const answer of [await send(method, path), await ask(request(method, path))]) {
      expect(answer).toBeProblem(405, 'method_not_allowed')
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  it.each(ROUTES)('is HEAD, answered 405 without a body: %s', async (path, allow) => {
    const { send } = await account()
    for (const answer of [await send('HEAD', path), await ask(request('HEAD', path))]) {
      expect(answer).toMatchObject({ status: 405, text: '' })
      expect(answer.headers.get('allow')).toBe(allow)
      expect(answer).toCarryCommonHeaders()
    }
  })
})

describe('a route that does not exist', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/verification',
    '/v1/verifications/',
    '/v1/verifications//check',
    '/v1/verifications/check/',
    '/V1/verifications',
    `/v1/verifications/${ID}/cancel`,
    `/v1/verifications/${ID}/resend/again`,
    '/v1/test/inbox/1',
    '/v1/test',
    '/v2/verifications',
    '/dev/nothing',
    '/favicon.ico',
    '/%',
  ])('is answered 404 in the same shape, with and without a key: %s', async (path) => {
    const { secret } = await account({ mode: 'test' })
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await ask(request(method, path))
      expect(answer).toBeProblem(404, 'route_not_found')
      const withKey = await client(secret)(method, path)
      expect(withoutRequestId(withKey)).toEqual(withoutRequestId(answer))
    }
  })
})

describe.each(allowed)('%s %s', (method, path) => {
  it.each([
    ['no Authorization', undefined],
    ['an unknown key', 'Bearer sk_live_0123456789abcdef'],
    ['an empty token', 'Bearer '],
    ['only a scheme', 'Basic'],
    ['Base64 that is none', 'Basic %%%'],
    ['Base64 of half a byte', 'Basic A'],
    ['an empty user name', `Basic ${btoa(':secret')}`],
    ['the key as password', `Basic ${btoa('user:sk_live_0123456789abcdef')}`],
    ['another scheme', 'Digest username="a"'],
    ['two tokens', 'Bearer a b'],
    ['a huge token', `Bearer ${'k'.repeat(10_000)}`],
  ])('answers 401 with WWW-Authenticate to %s', async (_, authorization) => {
    const answer = await ask(request(method, path, authorization))
    expect(answer).toBeProblem(401, 'unauthenticated')
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="otpost"/)
  })

  it('answers 401 to a revoked key', async () => {
    const { send, projectId } = await account()
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1 WHERE project_id = ?')
      .bind(projectId)
      .run()
    expect(await send(method, path)).toBeProblem(401, 'unauthenticated')
  })

  it('carries the headers of every answer', async () => {
    const { send, id } = await pending({ mode: 'test' })
    expect(await send(method, path.replace(ID, id))).toCarryCommonHeaders()
  })
})

describe('an answer', () => {
  it('has a request id of its own', async () => {
    const { send } = await account()
    const ids = [await send('GET', '/v1/verifications'), await send('GET', '/v1/verifications')]
    expect(new Set(ids.map(({ headers }) => headers.get('x-request-id'))).size).toBe(2)
  })

  it('carries HSTS outside development only', async () => {
    const { secret } = await account()
    const askFrom = (environment: Env) =>
      ask(
        new Request('https://api.example.com/v1/verifications', {
          headers: { authorization: `Bearer ${secret}` },
        }),
        environment,
      )
    const production = await askFrom({ ...env, ENVIRONMENT: 'production' } as Env)
    expect(production.status).toBe(200)
    expect(production.headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/)
    expect((await askFrom(env)).headers.get('strict-transport-security')).toBeNull()
  })

  it.each(['text/html', 'application/xml', 'nonsense', ''])(
    'is JSON, whatever Accept says: %j',
    async (accept) => {
      const { send } = await account()
      const answer = await send('GET', '/v1/verifications', undefined, { accept })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/json')
    },
  )
})
