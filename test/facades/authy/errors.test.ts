import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask } from '../../support/api.ts'
import { fromXml } from '../../support/xml.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { throwing } from '../native/broken.ts'
import { REFUSALS } from './refusals.ts'
import { ROWS } from './rows.ts'
import { authyAccount, authyClient, NUMBER } from './support.ts'

const RECIPES = Object.entries({ ...REFUSALS, ...ROWS })

const silence = () => vi.spyOn(console, 'error').mockImplementation(() => undefined)

const WITH_RETRY_AFTER: ReadonlySet<string> = new Set([
  'too_many_sends',
  'too_many_failed_checks',
  'too_many_project_sends',
  'a limit, by the status of the document',
  'delivery_unavailable',
  'unavailable',
])

describe('an error', () => {
  it.each(RECIPES)(
    'has its status, code and text in JSON: %s',
    async (name, [status, code, message, provoke]) => {
      silence()
      const answer = await provoke({})
      expect(answer).toBeAuthyError(status, code, message)
      expect(answer.headers.has('retry-after')).toBe(WITH_RETRY_AFTER.has(name))
      expect(answer.headers.get('allow')).toBe(name === 'method_not_allowed' ? 'POST' : null)
    },
  )

  it.each(RECIPES)(
    'says the same in XML, flat: %s',
    async (_, [status, error_code, message, provoke]) => {
      silence()
      const answer = await provoke({ format: 'xml' })
      expect({ status: answer.status, ...fromXml(answer.text) }).toEqual({
        status,
        root: 'errors',
        members: { error_code, message, success: false },
      })
      expect(answer.headers.get('content-type')).toBe('application/xml; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    },
  )
})

const BUG = new Error('SQLITE_ERROR in sk_live_key of +12025550123: code 918273')

describe('a bug', () => {
  it.each([
    ['start', 'POST', 'verification/start'],
    ['check', 'GET', 'verification/check'],
    ['status', 'GET', 'verification/status'],
  ])('is answered 503 in the asked format, without a word of it: %s', async (_, method, path) => {
    const log = silence()
    fakeProvider()
    const environment = { ...env, PHONE_LINE: throwing(env.PHONE_LINE, BUG).namespace }
    const call = authyClient((await account()).secret, environment)
    const query = { ...NUMBER, verification_code: '123456' }
    const json = await call(method, path, { query })
    expect(json).toBeAuthyError(503, '60000', 'An error occurred')
    const xml = await call(method, path, { query, format: 'xml' })
    expect(xml.status).toBe(503)
    expect(fromXml(xml.text).root).toBe('errors')
    for (const { text } of [json, xml]) expect(text).not.toMatch(/SQLITE|sk_|918273| at |\.ts/)
    const logged = log.mock.calls.map((entry) => String(entry[0])).join('\n')
    expect(logged).toContain('SQLITE_ERROR')
    expect(logged).not.toMatch(/918273|2025550123/)
  })
})

describe('a route that there is not', () => {
  it.each(['yaml', 'JSON', 'html', 'json.xml', ''])(
    'is answered 404 in JSON: format %j',
    async (format) => {
      const { begin } = await authyAccount()
      expect(await begin({}, { format })).toBeAuthyError(404, '60000', 'Not found')
    },
  )

  it.each(['/protected', '/protected/', '/protected/json', '/protected/json/users/new'])(
    'is answered in this API: %s',
    async (path) => {
      const answer = await ask(new Request(`http://localhost${path}`))
      expect(answer).toBeAuthyError(404, '60000', 'Not found')
    },
  )
})

describe('another method', () => {
  it.each([
    ['verification/start', 'POST', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']],
    ['verification/check', 'GET', ['POST', 'HEAD', 'PATCH', 'OPTIONS']],
    ['verification/status', 'GET', ['POST', 'HEAD']],
    ['info', 'GET', ['POST', 'HEAD']],
  ] as const)('is answered 405 with Allow: %s', async (path, allow, methods) => {
    const { call } = await authyAccount()
    for (const method of methods) {
      const { status, headers } = await call(method, path)
      const answered = { method, status, allow: headers.get('allow') }
      expect(answered).toEqual({ method, status: 405, allow })
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })
})
