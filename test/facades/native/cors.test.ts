import { describe, expect, it } from 'vitest'
import { METHODS } from '../../../src/facades/native/index.ts'
import { account, ask, PHONE } from '../../support/api.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { ORIGIN, page, sharingOf } from './support.ts'

const ID = `ver_${'7'.repeat(32)}`

/** Every route, as a path that it matches. */
const ROUTES = METHODS.map(([route, methods, ofPages]) => ({
  path: route.source.replaceAll('[^/]+', ID).replaceAll(/\\|\^|\$/g, ''),
  methods: methods.split(', '),
  ofPages,
}))
const PAGE_ROUTES = ROUTES.flatMap(({ path, ofPages }) =>
  ofPages === undefined ? [] : [[ofPages, path] as const],
)
const OTHER_ROUTES = ROUTES.flatMap(({ path, methods, ofPages }) =>
  methods
    .filter((method) => method !== ofPages)
    .map((method) => [method, path, ofPages === undefined ? {} : { vary: 'Origin' }] as const),
)
const ROUTES_WITHOUT_PAGES = ROUTES.filter(({ ofPages }) => ofPages === undefined)

/** Who asks, by what a browser or whoever else writes as Origin. */
const ORIGINS: readonly (readonly [origin: string, wellFormed: boolean])[] = [
  ['https://good.example', true],
  ['https://good.example:8443', true],
  ['http://good.example', true],
  ['https://good.example.evil.com', true],
  ['https://evilgood.example', true],
  ['https://sub.good.example', true],
  ['https://good.example.', true],
  ['https://xn--bcher-kva.example', true],
  ['http://localhost:3000', true],
  ['null', false],
  ['', false],
  ['*', false],
  ['https://good.example:443', false],
  ['https://user@good.example', false],
  ['https://b%C3%BCcher.example', false],
  ['https://GOOD.example', false],
  ['HTTPS://good.example', false],
  ['https://good.example/', false],
  ['https://good.example/path', false],
  ['https://good.example https://evil.example', false],
  ['good.example', false],
  ['localhost', false],
]

const KEYS = [
  ['pk_live', 'live', ['https://good.example', 'https://xn--bcher-kva.example']],
  ['pk_live of another site', 'live', ['https://other.example']],
  ['pk_live without any origin', 'live', []],
  ['pk_test', 'test', ['https://good.example', 'localhost']],
] as const

const isAllowed = (origin: string, allowed: readonly string[]) =>
  allowed.includes(origin)
    ? origin !== 'localhost'
    : allowed.includes('localhost') && origin === 'http://localhost:3000'

const preflight = (path: string, headers: Record<string, string>) =>
  ask(new Request(`http://localhost${path}`, { method: 'OPTIONS', headers }))

const asked = (origin: string, method = 'POST') => ({
  origin,
  'access-control-request-method': method,
  'access-control-request-headers': 'authorization,content-type',
})

describe.each(PAGE_ROUTES)('%s %s', (method, path) => {
  const body = method === 'POST' ? {} : undefined

  it.each(ORIGINS)('answers the preflight of %j', async (origin, wellFormed) => {
    const answer = await preflight(path, asked(origin, method))
    if (!wellFormed) {
      expect(answer).toBeProblem(403, 'origin_refused')
      expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
      return
    }
    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(sharingOf(answer)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-methods': method,
      'access-control-allow-headers': 'authorization, content-type, idempotency-key, prefer',
      'access-control-max-age': '600',
    })
    expect(answer).toCarryCommonHeaders()
  })

  it.each([
    ['neither', {}],
    ['no Origin', { 'access-control-request-method': 'POST' }],
    ['no method', { origin: ORIGIN }],
  ])('answers 405 to OPTIONS with %s', async (_, headers) => {
    const answer = await preflight(path, headers)
    expect(answer).toBeProblem(405, 'method_not_allowed')
    expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
  })

  describe.each(KEYS)('with %s', (_, mode, origins) => {
    it('lets the pages of its origins read what it answers, and nobody else', async () => {
      const { send } = await account({
        mode,
        kind: 'publishable',
        restrictions: { origins, turnstile: false },
      })
      for (const [origin] of ORIGINS) {
        const answer = await send(method, path, body, { origin })
        const seen = { origin, code: answer.body['code'] as string, ...sharingOf(answer) }
        if (isAllowed(origin, origins)) {
          expect(seen.code).not.toBe('origin_refused')
          expect(seen).toEqual({
            origin,
            code: seen.code,
            vary: 'Origin',
            'access-control-allow-origin': origin,
            'access-control-expose-headers': 'retry-after, x-request-id',
          })
        } else {
          expect(seen).toEqual({ origin, code: 'origin_refused', vary: 'Origin' })
          expect(answer).toBeProblem(403, 'origin_refused')
        }
      }
    })

    it('answers 403 without an Origin', async () => {
      const { send } = await account({ mode, kind: 'publishable', restrictions: { origins } })
      const answer = await send(method, path, body, {})
      expect(answer).toBeProblem(403, 'origin_refused')
      expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
      expect(await rowsOfLines('sends')).toEqual([])
    })
  })

  it.each(['live', 'test'] as const)('shares nothing with a secret %s key', async (mode) => {
    const { send } = await account({ mode })
    for (const [origin] of ORIGINS) {
      const answer = await send(method, path, body, { origin })
      expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
      expect(answer.body['code']).not.toBe('origin_refused')
    }
  })

  it('shares nothing with who has no key, or one that nobody knows', async () => {
    for (const authorization of ['', 'Bearer pk_live_nobody']) {
      const headers = { origin: ORIGIN, authorization }
      const answer = await ask(new Request(`http://localhost${path}`, { method, headers }))
      expect(answer).toBeProblem(401, 'unauthenticated')
      expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
    }
  })
})

describe('a route that is not for pages', () => {
  it.each(OTHER_ROUTES)('refuses publishable keys: %s %s', async (method, path, sharing) => {
    for (const mode of ['live', 'test'] as const) {
      const { send } = await page({ mode })
      const answer = await send(method, path, method === 'POST' ? {} : undefined)
      expect(answer).toBeProblem(403, 'key_not_allowed')
      expect(sharingOf(answer)).toEqual(sharing)
    }
  })

  it.each(ROUTES_WITHOUT_PAGES.map(({ path }) => path))(
    'answers no preflight: %s',
    async (path) => {
      const answer = await preflight(path, asked(ORIGIN, 'GET'))
      expect(answer).toBeProblem(405, 'method_not_allowed')
      expect(sharingOf(answer)).toEqual({})
    },
  )

  it.each(['/health', '/v1/receipts/twilio/x', '/protected/json/phones/info', '/nowhere'])(
    'answers no preflight elsewhere: %s',
    async (path) => {
      const answer = await preflight(path, asked(ORIGIN, 'GET'))
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(sharingOf(answer)).toEqual({})
    },
  )

  it('is described to no secret key', async () => {
    const { send } = await account()
    expect(await send('GET', '/v1/publishable')).toBeProblem(403, 'key_not_allowed')
  })
})

describe('a key with broken restrictions', () => {
  it.each(PAGE_ROUTES)('is misconfigured, not open: %s %s', async (method, path) => {
    const { send } = await account({ kind: 'publishable', restrictions: { origins: ['*'] } })
    const body = method === 'POST' ? { phoneNumber: PHONE } : undefined
    const answer = await send(method, path, body, { origin: ORIGIN })
    expect(answer).toBeProblem(503, 'misconfigured')
    expect(sharingOf(answer)).toEqual({ vary: 'Origin' })
  })
})
