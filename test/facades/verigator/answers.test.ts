import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { ask } from '../../support/api.ts'
import { deadDatabase, throwing } from '../native/broken.ts'
import { verigatorAccount, verigatorClient, withUser } from './support.ts'

const silence = () => vi.spyOn(console, 'error').mockImplementation(() => undefined)

describe('an odd request', () => {
  const odd: readonly (readonly [string, Record<string, string>])[] = [
    ['Accept: text/html', { accept: 'text/html' }],
    ['Accept: nonsense', { accept: ';;;' }],
    ['Content-Type: text/plain', { 'content-type': 'text/plain' }],
    ['Content-Type: text/xml; charset=utf-16', { 'content-type': 'text/xml; charset=utf-16' }],
    ['Content-Type: nonsense', { 'content-type': ';;;' }],
  ]

  it.each(odd)('is answered as any other: %s', async (_, headers) => {
    const user = await withUser()
    const begun = await user.call('POST', `${user.path}/auth`, { method: 'sms' }, headers)
    expect(begun).toMatchObject({ status: 201, body: { method: 'sms' } })
    expect(begun.headers.get('content-type')).toBe('application/json')
    const right = { token: user.code() }
    const verified = await user.call('PUT', `${user.path}/auth`, right, headers)
    expect(verified.body).toEqual({ method: 'sms', verified: true })
  })

  it.each(['application/json', 'text/html', 'multipart/form-data', ''])(
    'without a body never fails for being no JSON: %j',
    async (type) => {
      const user = await withUser()
      const headers = { 'content-type': type }
      for (const [method, path] of [
        ['POST', ''],
        ['POST', `/${user.service}/users`],
        ['POST', `${user.path}/auth`],
        ['PUT', `${user.path}/auth`],
        ['PUT', `${user.path}/totp`],
      ] as const) {
        expect(await user.call(method, path, undefined, headers)).toBeVerigatorError(422)
        expect(await user.call(method, path, '', headers)).toBeVerigatorError(422)
      }
      expect((await user.call('GET', user.path, undefined, headers)).status).toBe(200)
      expect((await user.call('DELETE', user.path, '', headers)).status).toBe(202)
    },
  )
})

const SECRET_MESSAGE = 'SQLITE_ERROR in sk_live_key of +12025550123: code 918273'

describe('what goes wrong inside', () => {
  it('is answered in this API without a word of it, and logged without secrets', async () => {
    const log = silence()
    const user = await withUser()
    const { namespace } = throwing(env.PHONE_LINE, new Error(SECRET_MESSAGE))
    const environment = { ...env, PHONE_LINE: namespace }
    const call = verigatorClient(user.projectId, user.secret, environment)
    for (const [method, path, body] of [
      ['POST', '/auth', { method: 'sms' }],
      ['PUT', '/auth', { token: '123456' }],
      ['DELETE', '', undefined],
    ] as const) {
      const answer = await call(method, `${user.path}${path}`, body)
      expect(answer).toBeVerigatorError(500)
      expect(answer.text).not.toMatch(/SQLITE|sk_|918273|2025550123| at |\.ts/)
    }
    const logged = log.mock.calls.map((entry) => String(entry[0])).join('\n')
    expect(logged).toContain('SQLITE_ERROR')
    expect(logged).not.toMatch(/918273|2025550123/)
  })

  it('is 503 with Retry-After while the database cannot be reached, never 401', async () => {
    const user = await withUser()
    const environment = { ...env, DB: deadDatabase('D1_ERROR: Network connection lost.') }
    const call = verigatorClient(user.projectId, user.secret, environment)
    const answer = await call('GET', user.path)
    expect(answer).toBeVerigatorError(503)
    expect(answer.headers.get('retry-after')).toBe('5')
  })

  it('is 503 when the secret of a sealed number is gone; the user can still be removed', async () => {
    const user = await withUser()
    const secret = 'nE7-another-code-secret-5b21f0c9aa7e'
    const environment = Object.assign({ ...env }, { OTPOST_SECRET: secret })
    const call = verigatorClient(user.projectId, user.secret, environment)
    const answer = await call('POST', `${user.path}/auth`, { method: 'sms' })
    expect(answer).toBeVerigatorError(503)
    expect(answer.body['message']).toContain('Remove the user')
    expect((await call('GET', user.path)).status).toBe(200)
    expect((await call('DELETE', user.path)).status).toBe(202)
  })

  it.each([
    ['plain http', 'http://api.example.com', { ENVIRONMENT: 'production' }, 403],
    ['a wrong configuration', 'http://localhost', { OTPOST_SECRET: 'short' }, 503],
  ] as const)('is said in this API: %s', async (_, origin, variables, status) => {
    silence()
    const environment = { ...env, ...variables } as Env
    for (const path of ['/v1/service', '/v1/service/service/a/users/b/auth', '/v1/service/x/y/z']) {
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
        const answer = await ask(new Request(origin + path, { method }), environment)
        expect(answer).toBeVerigatorError(status)
      }
      const head = await ask(new Request(origin + path, { method: 'HEAD' }), environment)
      expect(head).toMatchObject({ status, text: '' })
    }
  })
})

describe('the User-Agent', () => {
  it.each([
    ['verigator-java-1.1', 200],
    ['verigator-java-1.0', 200],
    ['Java/1.8.0_392', 200],
    ['Java/17.0.9', 200],
    ['python-requests/2.31.0', 201],
    ['curl/8.5.0', 201],
    ['Mozilla/5.0 Java/1.8', 201],
    ['', 201],
  ])('of %s gets what its client takes for a success: %i', async (agent, status) => {
    const { call } = await verigatorAccount()
    const headers = { 'user-agent': agent }
    const service = await call('POST', '', { fqdn: 'example.com', name: 'Example' }, headers)
    const users = `/${service.body['id']}/users`
    const john = { phone_number: '+12025550123', id_in_service: 'john' }
    const user = await call('POST', users, john, headers)
    const begun = await call('POST', `${users}/${user.body['id']}/auth`, { method: 'sms' }, headers)
    expect([service.status, user.status, begun.status]).toEqual([status, status, status])
    expect((await call('DELETE', `${users}/${user.body['id']}`, undefined, headers)).status).toBe(
      202,
    )
  })
})
