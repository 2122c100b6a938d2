import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask, wrong, type Answer } from '../../support/api.ts'
import { fromXml } from '../../support/xml.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { fuzzRequest, PHONES, type FuzzRequest } from './fuzz-requests.ts'
import { authyAccount } from './support.ts'

const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['the fixed seed', 20_261_122],
  ['a random seed', crypto.getRandomValues(new Int32Array(1))[0] ?? 0],
]
const REQUESTS = 5000
const CHUNK = 100
/** So that limits of a number open again on the way. */
const STEP_MS = 2 * 60_000
/** Chunks that are about one number, so that its limits are reached. */
const CHUNKS_A_NUMBER = 5

type Route = readonly [path: RegExp, method: string, statuses: readonly number[]]

const ROUTES: readonly Route[] = [
  [/^\/protected\/(?:json|xml)\/phones\/verification\/start$/, 'POST', [200, 400, 403, 429]],
  [/^\/protected\/(?:json|xml)\/phones\/verification\/check$/, 'GET', [200, 400, 403, 404, 429]],
  [/^\/protected\/(?:json|xml)\/phones\/verification\/status$/, 'GET', [200, 400, 403, 404]],
  [/^\/protected\/(?:json|xml)\/phones\/info$/, 'GET', [200, 400, 403]],
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
  const route = ROUTES.find(([path]) => path.test(pathOf(request)))
  if (route === undefined) return [404]
  const [, method, statuses] = route
  return request.method === method ? [401, ...statuses] : [405]
}

const mayCheck = (request: Request): boolean =>
  request.method === 'GET' && pathOf(request).endsWith('/phones/verification/check')

/** What an answer says, whatever its format. */
function saidBy(request: Request, { status, text, body, headers }: Answer) {
  const isXml = pathOf(request).startsWith('/protected/xml/')
  const type = headers.get('content-type')
  if (type !== (isXml ? 'application/xml; charset=utf-8' : 'application/json')) {
    return `content type ${type}`
  }
  if (!isXml) return body
  const { root, members } = fromXml(text)
  return root === (status === 200 ? 'hash' : 'errors') ? members : `root ${root}`
}

/** What is wrong with an answer; undefined when nothing is. */
function fault(request: Request, answer: Answer): string | undefined {
  const { status, headers, text } = answer
  const isOfPublishableKey = status === 503 && text.includes('you do not have access to')
  if (!documented(request).includes(status) && !isOfPublishableKey) {
    return `status ${status} is not documented`
  }
  if (/D1_|SQLITE|\n? {4}at |sk_/.test(text)) return 'the answer shows internals'
  if (headers.get('cache-control') !== 'no-store') return 'the answer may be cached'
  if (request.method === 'HEAD') return undefined
  const said = saidBy(request, answer)
  if (typeof said === 'string') return said
  if (said['success'] !== (status === 200)) return 'success'
  if (typeof said['message'] !== 'string' || said['message'] === '') return 'no message'
  if (status !== 200 && !/^60\d{3}$/.test(String(said['error_code']))) return 'no error code'
  if (status === 429 && !headers.has('retry-after')) return 'no Retry-After'
  return undefined
}

const attempts = async (): Promise<number> =>
  (await rowsOfLines('verifications')).reduce((sum, row) => sum + Number(row['attempts']), 0)

async function setUp() {
  const clock = stopClock()
  const environment = { ...env }
  const settings = { customCodes: true, customMessages: true, sendsPerDay: null }
  const caller = await authyAccount({ settings, environment })
  const test = await account({ settings, environment, mode: 'test' })
  const publishable = await account({ environment, kind: 'publishable' })
  const other = await authyAccount({ environment })
  const foreign = (await other.begin()).body['uuid'] as string
  const values: Record<string, string> = {
    key: caller.secret,
    testKey: test.secret,
    publishableKey: publishable.secret,
    foreign,
    text: '{{code}}',
  }
  let turn = 0
  /** Lets time pass, and begins a verification that the next requests can name. */
  const next = async () => {
    clock.advance(STEP_MS)
    values['phone'] = PHONES[Math.floor(turn / CHUNKS_A_NUMBER) % PHONES.length] ?? ''
    turn += 1
    const { body } = await caller.begin({ phone_number: values['phone'] })
    values['uuid'] = (body['uuid'] as string | undefined) ?? values['uuid'] ?? ''
    values['code'] = other.provider.messages.at(-1)?.code ?? ''
    values['wrong'] = wrong(values['code'])
  }
  const fill = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? '') : placeholder,
    )
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
    expect({ seed, attempts: await attempts() }).toEqual({ seed, attempts: before })
    for (const request of chunk) if (mayCheck(make(request))) await tryOut(request)
  }
  return { statuses, evaluated: await attempts() }
}

describe("Authy's API, asked anything (N-05)", () => {
  it.each(SEEDS)('answers as documented: %s', async (_, seed) => {
    const { statuses, evaluated } = await fuzz(seed)
    // The requests reach what they are meant to reach.
    const missing = EXPECTED.filter((status) => statuses[status] === undefined)
    expect({ seed, missing }).toEqual({ seed, missing: [] })
    expect(evaluated).toBeGreaterThan(0)
  })
})

const EXPECTED = [200, 400, 401, 404, 405, 429]
