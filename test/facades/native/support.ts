import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { account, sha256, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'

type AccountOptions = Parameters<typeof account>[0]

/** An environment whose provider sends text messages only. */
export const SMS_ONLY: Env = Object.assign(
  { ...env },
  {
    TWILIO_VOICE_FROM: undefined,
    TWILIO_WHATSAPP_FROM: undefined,
    TWILIO_WHATSAPP_CONTENT_SID: undefined,
  },
)

/** A project with one pending verification, whose code the provider was given. */
export async function pending(options: AccountOptions = {}, body: object = {}) {
  const provider = fakeProvider()
  const caller = await account(options)
  const started = await caller.start(body)
  expect(started.status).toBe(201)
  return {
    ...caller,
    provider,
    started,
    id: started.body['id'] as string,
    code: provider.messages[0]?.code ?? '',
    /** The newest message. */
    last: () => provider.messages.at(-1),
  }
}

/** Stops the clock at the real time, for the Worker of the returned environment too. */
export function stopClock() {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  return {
    environment: { ...env },
    start: Date.now(),
    at: (time: number) => vi.setSystemTime(time),
    advance: (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds),
  }
}

/** Gives a project another secret key, as an import does. */
export async function importKey(projectId: string, secret: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO api_keys (hash, project_id, kind, mode, last4, created_at)
     VALUES (?, ?, 'secret', 'live', ?, ?)`,
  )
    .bind(await sha256(secret), projectId, secret.slice(-4), Date.now())
    .run()
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> {
    /** A complete problem (RFC 9457) with the headers that every answer carries. */
    toBeProblem(status: number, code: string): R
    /** What every answer carries, whatever it says. */
    toCarryCommonHeaders(): R
  }
}

function expectCommonHeaders({ headers }: Answer): void {
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
}

function expectProblem(answer: Answer, status: number, code: string): void {
  const { body, headers } = answer
  expect({ status: answer.status, code: body['code'] as string }).toEqual({ status, code })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z].*[^.]$/) as string,
    status,
    detail: expect.stringMatching(/^[A-Z].*\.$/) as string,
    instance: headers.get('x-request-id'),
  })
  expectCommonHeaders(answer)
}

const held = (what: string) => ({ pass: true, message: () => `It is ${what}.` })

expect.extend({
  toBeProblem(answer: Answer, status: number, code: string) {
    expectProblem(answer, status, code)
    return held('a problem')
  },
  toCarryCommonHeaders(answer: Answer) {
    expectCommonHeaders(answer)
    return held('an answer with the common headers')
  },
})

/** Expects a refusal for a limit, and gives the seconds that it says to wait. */
export function expectLimit(answer: Answer, code: string): number {
  expect(answer).toBeProblem(429, code)
  const seconds = answer.body['retryAfter'] as number
  expect(answer.headers.get('retry-after')).toBe(String(seconds))
  expect(seconds).toBeGreaterThanOrEqual(1)
  return seconds
}

/** Names of the bad fields of a 422, in order of the alphabet. */
export const badFields = ({ body }: Answer): string[] =>
  ((body['errors'] ?? []) as { field: string }[]).map(({ field }) => field).toSorted()

/** An answer without what differs in every one. */
export const withoutRequestId = ({ status, headers, text }: Answer) => {
  const id = headers.get('x-request-id') ?? ''
  return {
    status,
    text: text.replaceAll(id, 'REQUEST'),
    headers: [...headers].filter(([name]) => name !== 'x-request-id'),
  }
}

/** A form body with the header that labels it. */
export const form = (fields: Record<string, string>) =>
  [
    new URLSearchParams(fields).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  ] as const

/** Of the pages that may use a publishable key of the tests. */
export const ORIGIN = 'https://shop.example'

type Headers = Readonly<Record<string, string>>

export interface PageOptions {
  readonly mode?: 'live' | 'test'
  /** Beside the origin of the page; without Turnstile unless it says otherwise. */
  readonly restrictions?: object
  readonly settings?: object
  readonly projectId?: string
  readonly environment?: Env
}

/** A project with a publishable key, and a client that calls with it as a page of its origin does. */
export async function page({ restrictions, ...options }: PageOptions = {}) {
  const caller = await account({
    ...options,
    kind: 'publishable',
    restrictions: { origins: [ORIGIN], turnstile: false, ...restrictions },
  })
  const send = (method: string, path: string, body?: unknown, headers: Headers = {}) =>
    caller.send(method, path, body, { origin: ORIGIN, ...headers })
  return {
    ...caller,
    send,
    start: (body: object = {}, headers?: Headers) =>
      send('POST', '/v1/verifications', { phoneNumber: '+12025550123', ...body }, headers),
    check: (body: object, headers?: Headers) =>
      send('POST', '/v1/verifications/check', body, headers),
    resend: (id: string, body: object = {}, headers?: Headers) =>
      send('POST', `/v1/verifications/${id}/resend`, body, headers),
    describe: () => send('GET', '/v1/publishable'),
  }
}

/** The headers of an answer that say who may read it. */
export const sharingOf = ({ headers }: Answer): Record<string, string> =>
  Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )
