import { describe, expect, it } from 'vitest'
import { stopClock } from '../native/support.ts'
import { appCode, verigatorAccount, withUser, type User } from './support.ts'

/** Every path, and what it answers. */
const ROUTES: readonly (readonly [path: string, allow: string])[] = [
  ['', 'POST'],
  ['/SERVICE', 'GET, DELETE'],
  ['/SERVICE/users', 'POST, GET'],
  ['/SERVICE/users/USER', 'GET, DELETE'],
  ['/SERVICE/users/USER/auth', 'POST, PUT'],
  ['/SERVICE/users/USER/totp', 'POST, PUT, GET, DELETE'],
]
const SERVICES = ['/v1/service/service', '/v1/service'] as const

const spelled = SERVICES.flatMap((services) =>
  ROUTES.flatMap(([path, allow]) =>
    [path, path.replace('/users/', '/user/')]
      .filter((one, n, all) => all.indexOf(one) === n)
      .map((one) => [services + one, allow] as const),
  ),
)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const others = spelled.flatMap(([path, allow]) =>
  METHODS.filter((method) => !allow.split(', ').includes(method)).map(
    (method) => [method, path, allow] as const,
  ),
)

const named = (path: string, { service, user }: User) =>
  path.replace('SERVICE', service).replace('USER', user)

describe.each(SERVICES)('below %s', (services) => {
  it.each(['users', 'user'])('every call of a user is served by the name %s', async (users) => {
    const { call, code, provider } = await withUser()
    const made = await call('POST', services, { fqdn: 'other.example', name: 'Other' })
    const service = `${services}/${made.body['id']}`
    expect(await call('GET', service)).toMatchObject({ status: 200, body: made.body })
    const john = { phone_number: '+12025550124', id_in_service: 'john' }
    const user = await call('POST', `${service}/users`, john)
    const path = `${service}/${users}/${user.body['id']}`
    expect((await call('GET', `${service}/users`)).body).toEqual({
      users: [user.body],
      total: 1,
      count: 1,
    })
    expect((await call('GET', path)).body).toEqual(user.body)
    expect((await call('POST', `${path}/auth`, { method: 'sms' })).status).toBe(201)
    expect(provider.messages.at(-1)?.to).toBe('+12025550124')
    expect((await call('PUT', `${path}/auth`, { token: code() })).body['verified']).toBe(true)
    stopClock()
    const { body } = await call('POST', `${path}/totp`)
    const token = appCode(body['secret'] as string)
    expect((await call('PUT', `${path}/totp`, { token })).body).toEqual({ confirmed: true })
    expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: true })
    for (const gone of [`${path}/totp`, path, service]) {
      const removed = await call('DELETE', gone)
      expect(removed).toMatchObject({ status: 202, text: '{}' })
      expect(removed.headers.get('content-type')).toBe('application/json')
      expect(await call('GET', gone)).toBeVerigatorError(404)
    }
  })
})

describe('a method that a route does not have', () => {
  it.each(others)('is answered 405 with Allow: %s %s', async (method, path, allow) => {
    const user = await withUser()
    const answer = await user.call(method, named(path, user))
    expect(answer).toBeVerigatorError(405, 'Use a method of the Allow header.')
    expect(answer.headers.get('allow')).toBe(allow)
  })
})

describe('HEAD', () => {
  it.each(spelled)('is answered without a body: %s', async (path, allow) => {
    const user = await withUser()
    await user.begin()
    const before = user.provider.messages.length
    const answer = await user.call('HEAD', named(path, user))
    const serves = allow.includes('GET') && !path.endsWith('/totp')
    const status = path.endsWith('/totp') ? 404 : serves ? 200 : 405
    expect(answer).toMatchObject({ status, text: '' })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(user.provider.messages).toHaveLength(before)
    expect((await user.verify(user.code())).body['verified']).toBe(true)
  })
})

describe('a route that there is not', () => {
  it.each([
    '/v1/service/',
    '/v1/service/service/',
    '/v1/service/service/a/b',
    '/v1/service/a/users/b/auth/c',
    '/v1/service/service/a/users/',
    '/v1/service/service/a/users/b/',
    '/v1/service/service/a/users/b/AUTH',
    '/v1/service/service/a/members/b/auth',
    '/v1/service/service/a/users/b/auth/totp/c',
    '/v1/service//',
  ])('is answered 404 in this API: %s', async (path) => {
    const { call } = await verigatorAccount()
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await call(method, path)).toBeVerigatorError(404)
    }
  })

  it('is one whose name only begins alike, which is of another API', async () => {
    const { call } = await verigatorAccount()
    const answer = await call('GET', '/v1/services')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })
})
