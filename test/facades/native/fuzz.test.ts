import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { bytesOf } from '../../../src/core/text.ts'
import { account, ask, wrong, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { fuzzRequest, PHONES, type FuzzRequest } from './fuzz-requests.ts'
import { stopClock } from './support.ts'

const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['the fixed seed', 20_261_121],
  ['a random seed', crypto.getRandomValues(new Int32Array(1))[0] ?? 0],
]
const REQUESTS = 5000
const CHUNK = 100
/** So that limits of a number open again on the way. */
const STEP_MS = 30 * 60_000

/** The statuses of each route beside those that all of them have. */
const STATUSES: readonly (readonly [path: RegExp, methods: Readonly<Record<string, number[]>>])[] =
  [
    [
      /^\/v1\/verifications$/,
      { GET: [200, 400, 422], POST: [201, 202, 400, 403, 409, 413, 422, 429] },
    ],
    [
      /^\/v1\/verifications\/check$/,
      { GET: [200, 400, 404, 422, 429], POST: [200, 400, 404, 413, 422, 429] },
    ],
    [/^\/v1\/verifications\/[^/]+$/, { GET: [200, 404], DELETE: [200, 404, 409] }],
    [/^\/v1\/verifications\/[^/]+\/resend$/, { POST: [201, 400, 404, 409, 413, 422, 429] }],
    [/^\/v1\/verifications\/[^/]+\/timeline$/, { GET: [200, 404] }],
    [/^\/v1\/test\/inbox$/, { GET: [200, 400, 422] }],
    [/^\/v1\/publishable$/, { GET: [] }],
    [/^\/v1\/tokens\/verify$/, { POST: [200, 400, 413, 422] }],
  ]

function pathOf(request: Request): string {
  const { pathname } = new URL(request.url)
  try {
    return decodeURI(pathname)
  } catch {
    return pathname
  }
}

function documented(request: Request): readonly number[] {
  const methods = STATUSES.find(([path]) => path.test(pathOf(request)))?.[1]
  // A health check of its own, and a refusal for what it is not asked for, stand at these paths.
  if (methods === undefined) return [404]
  const own = methods[request.method]
  return own === undefined ? [405] : [401, 403, ...own]
}

const mayCheck = (request: Request): boolean =>
  ['GET', 'POST'].includes(request.method) && pathOf(request) === '/v1/verifications/check'

/** What is wrong with an answer; undefined when nothing is. */
function fault(request: Request, answer: Answer): string | undefined {
  const { status, headers, text, body } = answer
  if (!documented(request).includes(status)) return `status ${status} is not documented`
  if (/D1_|SQLITE|\n? {4}at |sk_/.test(text)) return 'the answer shows internals'
  if (headers.get('cache-control') !== 'no-store') return 'the answer may be cached'
  if (request.method === 'HEAD') return undefined
  const type = headers.get('content-type')
  if (status < 400) return type === 'application/json' ? undefined : `content type ${type}`
  if (type !== 'application/problem+json') return `content type ${type}`
  for (const member of ['type', 'title', 'code', 'detail']) {
    if (typeof body[member] !== 'string') return `the problem has no ${member}`
  }
  if (body['status'] !== status) return 'the problem has another status'
  if (body['instance'] !== headers.get('x-request-id')) return 'the problem has another instance'
  const names = ['invalid_request', 'invalid_phone'].includes(body['code'] as string)
  if (names !== Array.isArray(body['errors'])) return 'errors'
  if (status === 429 && !headers.has('retry-after')) return 'no Retry-After'
  return undefined
}

const base64 = (text: string): string => bytesOf(text).toBase64()

const attempts = async (): Promise<number> =>
  (await rowsOfLines('verifications')).reduce((sum, row) => sum + Number(row['attempts']), 0)

async function setUp() {
  const provider = fakeProvider()
  const clock = stopClock()
  const environment = { ...env }
  const settings = { customCodes: true, templates: { login: '{{code}}' }, sendsPerDay: null }
  const caller = await account({ settings, environment })
  const test = await account({ settings, environment, mode: 'test' })
  const publishable = await account({ environment, kind: 'publishable' })
  const values: Record<string, string> = {
    key: caller.secret,
    basic: btoa(`${caller.secret}:`),
    testKey: test.secret,
    publishableKey: publishable.secret,
    ended: `ver_${'1'.repeat(32)}`,
  }
  let turn = 0
  /** Lets time pass, and begins a verification that the next requests can name. */
  const next = async () => {
    clock.advance(STEP_MS)
    const { body } = await caller.start({ phoneNumber: PHONES[turn % PHONES.length] })
    turn += 1
    values['ended'] = values['id'] ?? values['ended'] ?? ''
    values['id'] = body['id'] as string
    values['code'] = provider.messages.at(-1)?.code ?? ''
    values['wrong'] = wrong(values['code'])
  }
  const fill = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
  const make = ({ method, path, headers, body }: FuzzRequest): Request => {
    const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const)
    const withBody = !/^(?:get|head)$/i.test(method)
    return new Request(`http://localhost${fill(path)}`, {
      method,
      headers: Object.fromEntries(filled),
      body: withBody ? (typeof body === 'string' ? fill(body) : body) : null,
    })
  }
  return { environment, next, make }
}

async function fuzz(seed: number) {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { environment, next, make } = await setUp()
  const statuses: Record<number, number> = {}
  const tryOut = async (request: FuzzRequest) => {
    const made = make(request)
    const answer = await ask(made, environment).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${JSON.stringify(request)}`, { cause: error })
    })
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    const wrongWith = fault(made, answer)
    if (wrongWith === undefined) return
    const shown = JSON.stringify({ request, answer: answer.text, log: log.mock.calls.at(-1) })
    expect.fail(`${wrongWith}, seed ${seed}: ${shown}`)
  }
  const requests = fc.sample(fuzzRequest, { seed, numRuns: REQUESTS })
  for (let start = 0; start < requests.length; start += CHUNK) {
    await next()
    const chunk = requests.slice(start, start + CHUNK)
    const before = await attempts()
    for (const request of chunk) if (!mayCheck(make(request))) await tryOut(request)
    // Fewer are no fault: lines forget what ended a day ago.
    const spent = Math.max(0, (await attempts()) - before)
    expect({ seed, spent }).toEqual({ seed, spent: 0 })
    for (const request of chunk) if (mayCheck(make(request))) await tryOut(request)
  }
  return { statuses, evaluated: await attempts() }
}

/** Values of Authorization that name no key. */
const authorization = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  fc.base64String({ maxLength: 80 }).map((text) => `Basic ${text}`),
  fc.string({ unit: 'binary', maxLength: 40 }).map((user) => `Basic ${base64(`${user}:`)}`),
  fc.stringMatching(/^[0-9a-z]{1,40}$/).map((key) => `Bearer sk_live_${key}`),
  fc
    .tuple(fc.constantFrom('Basic', 'bearer', 'BASIC', 'Digest', 'Basic,'), fc.base64String())
    .map(([scheme, text]) => `${scheme}  ${text}==`),
)

describe('Authorization with anything (T-26)', () => {
  it.each(SEEDS)('is answered 401: %s', async (_, seed) => {
    const environment = { ...env }
    const { secret } = await account({ environment })
    for (const value of fc.sample(authorization, { seed, numRuns: REQUESTS })) {
      const headers = { authorization: value }
      const request = new Request('http://localhost/v1/verifications', { headers })
      const { status, body } = await ask(request, environment)
      expect({ seed, value, status, code: body['code'] as string }).toEqual({
        seed,
        value,
        status: 401,
        code: 'unauthenticated',
      })
    }
    const headers = { authorization: `Bearer ${secret}` }
    const request = new Request('http://localhost/v1/verifications', { headers })
    expect((await ask(request, environment)).status).toBe(200)
  })
})

describe('the native API, asked anything (N-05)', () => {
  it.each(SEEDS)('answers as documented: %s', async (_, seed) => {
    const { statuses, evaluated } = await fuzz(seed)
    // The requests reach what they are meant to reach.
    const missing = EXPECTED.filter((status) => statuses[status] === undefined)
    expect({ seed, missing }).toEqual({ seed, missing: [] })
    expect(evaluated).toBeGreaterThan(0)
  })
})

const EXPECTED = [200, 201, 202, 400, 401, 403, 404, 405, 409, 413, 422, 429]
