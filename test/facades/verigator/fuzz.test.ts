import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask, wrong, type Answer } from '../../support/api.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { fuzzRequest, type FuzzRequest } from './fuzz-requests.ts'
import { addUser, appCode, verigatorAccount, withApp, withUser } from './support.ts'

const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['the fixed seed', 20_261_123],
  ['a random seed', crypto.getRandomValues(new Int32Array(1))[0] ?? 0],
]
const REQUESTS = 2500
const CHUNK = 50
/** So that limits of a number open again on the way. */
const STEP_MS = 3 * 60_000

const STATUSES: ReadonlySet<number> = new Set([200, 201, 202, 401, 403, 404, 405, 409, 422, 429])
/** What the requests are meant to reach. */
const EXPECTED = [200, 201, 202, 401, 403, 404, 405, 409, 422, 429]

/** What is wrong with an answer; undefined when nothing is. */
function fault(request: Request, { status, headers, text, body }: Answer): string | undefined {
  if (!STATUSES.has(status)) return `status ${status} is not documented`
  if (/D1_|SQLITE|\n? {4}at |sk_|no such (?:table|column)/.test(text)) return 'internals are shown'
  if (headers.get('content-type') !== 'application/json') return 'content type'
  if (headers.get('cache-control') !== 'no-store') return 'the answer may be cached'
  if (request.method === 'HEAD') return text === '' ? undefined : 'HEAD has a body'
  if (!text.startsWith('{') || !text.endsWith('}')) return 'no JSON object'
  if (status >= 400 && !/\S/.test(String(body['message'] ?? ''))) return 'no message'
  if ((status === 429) !== headers.has('retry-after') && status !== 409) return 'Retry-After'
  if (status === 405 && !headers.has('allow')) return 'no Allow'
  return undefined
}

async function setUp() {
  const clock = stopClock()
  const environment = { ...env }
  const settings = { verigatorUsername: 'fuzz', sendsPerDay: null, sendsPerCountryPerDay: null }
  const theirs = await withUser({ environment })
  const caller = await verigatorAccount({ settings, environment })
  const { projectId } = caller
  const test = await account({ projectId, environment, mode: 'test' })
  const publishable = await account({ projectId, environment, kind: 'publishable' })
  const values: Record<string, string> = {
    project: projectId,
    key: caller.secret,
    testKey: test.secret,
    publishableKey: publishable.secret,
    foreignService: theirs.service,
    foreignUser: theirs.user,
  }
  const made = await caller.call('POST', '', { fqdn: 'fuzz', name: 'Fuzz' })
  const service = made.body['id'] as string
  let turn = 0
  /** Lets time pass, and makes users with and without an app whom the next requests can name. */
  const next = async () => {
    clock.advance(STEP_MS)
    turn += 1
    const phone_number = `+120255501${String((turn >> 2) % 40).padStart(2, '0')}`
    const add = (name: string) =>
      addUser(caller, service, { phone_number, id_in_service: `${name} ${turn}` })
    const [user, other, brief] = [await add('user'), await add('other'), await add('brief')]
    const { status } = await other.begin('totp')
    const secret = status === 201 ? await withApp(other) : ''
    const begun = await user.begin()
    const code = user.code()
    Object.assign(values, { service, user: user.user, other: other.user, brief: brief.user })
    Object.assign(values, { phone: phone_number, code, wrong: wrong(code) })
    Object.assign(values, { app: appCode(secret), nextApp: appCode(secret, 1) })
    values['authId'] = String(begun.body['auth_id'])
  }
  const fill = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? '') : placeholder,
    )
  const make = ({ method, path, headers, body }: FuzzRequest): Request => {
    const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const)
    return new Request(`http://localhost${fill(path)}`, {
      method,
      headers: Object.fromEntries(filled),
      body: /^(?:GET|HEAD)$/.test(method) ? null : typeof body === 'string' ? fill(body) : body,
    })
  }
  return { environment, next, make }
}

async function fuzz(seed: number) {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { environment, next, make } = await setUp()
  const statuses: Record<number, number> = {}
  const requests = fc.sample(fuzzRequest, { seed, numRuns: REQUESTS })
  for (const [n, request] of requests.entries()) {
    if (n % CHUNK === 0) await next()
    const made = make(request)
    const answer = await ask(made, environment).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${JSON.stringify(request)}`, { cause: error })
    })
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    const wrongWith = fault(made, answer)
    if (wrongWith !== undefined) {
      const shown = JSON.stringify({ request, answer: answer.text, log: log.mock.calls.at(-1) })
      expect.fail(`${wrongWith}, seed ${seed}: ${shown}`)
    }
  }
  return statuses
}

describe("Verigator's API, asked anything (N-05)", () => {
  it.each(SEEDS)('answers as documented: %s', { timeout: 120_000 }, async (_, seed) => {
    const statuses = await fuzz(seed)
    const missing = EXPECTED.filter((status) => statuses[status] === undefined)
    expect({ seed, missing }).toEqual({ seed, missing: [] })
    const verifications = await rowsOfLines('verifications')
    expect(verifications.some(({ status }) => status === 'approved')).toBe(true)
  })
})
