import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { account, ask, sha256, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'

/** Where a request has its parameters; the format is JSON if nothing else is said. */
export interface Told {
  readonly format?: string
  readonly query?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Call = (method: string, path: string, told?: Told) => Promise<Answer>

export const NUMBER = { country_code: '1', phone_number: '202-555-0123' }

/** Calls Authy's API of the Worker, with a key in the header if there is one. */
export function authyClient(secret: string | undefined, environment: Env = env): Call {
  return (method, path, { format = 'json', query = {}, form, json, headers = {} } = {}) => {
    const key: Record<string, string> = secret === undefined ? {} : { 'x-authy-api-key': secret }
    const search = new URLSearchParams(query).toString()
    const type: Record<string, string> =
      json === undefined ? {} : { 'content-type': 'application/json' }
    const text = json === undefined ? null : JSON.stringify(json)
    const init = {
      method,
      headers: { ...key, ...type, ...headers },
      body: form === undefined ? text : new URLSearchParams(form),
    }
    const url = `http://localhost/protected/${format}/phones/${path}?${search}`
    return ask(new Request(url, init), environment)
  }
}

/** A project that speaks Authy's API, and the provider that its messages go to. */
export async function authyAccount(options: Parameters<typeof account>[0] = {}) {
  const provider = fakeProvider()
  const native = await account(options)
  const call = authyClient(native.secret, options.environment)
  return {
    ...native,
    native,
    provider,
    call,
    begin: (form: Readonly<Record<string, string>> = {}, told: Told = {}) =>
      call('POST', 'verification/start', { form: { via: 'sms', ...NUMBER, ...form }, ...told }),
    guess: (code: string, told: Told = {}) =>
      call('GET', 'verification/check', {
        query: { ...NUMBER, verification_code: code, ...told.query },
        ...(told.format === undefined ? {} : { format: told.format }),
      }),
    state: (query: Readonly<Record<string, string>> = NUMBER, told: Told = {}) =>
      call('GET', 'verification/status', { query, ...told }),
    info: (query: Readonly<Record<string, string>> = NUMBER, told: Told = {}) =>
      call('GET', 'info', { query, ...told }),
    /** The code of the newest message. */
    code: () => provider.messages.at(-1)?.code ?? '',
  }
}

/** A project with a pending verification. */
export async function begun(options: Parameters<typeof account>[0] = {}) {
  const caller = await authyAccount(options)
  const started = await caller.begin()
  expect(started.status).toBe(200)
  return { ...caller, started, uuid: started.body['uuid'] as string, right: caller.code() }
}

/** Gives a project a test key of a known value, as an import does. */
export async function importTestKey(projectId: string, secret: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO api_keys (hash, project_id, kind, mode, last4, created_at)
     VALUES (?, ?, 'secret', 'test', ?, ?)`,
  )
    .bind(await sha256(secret), projectId, secret.slice(-4), Date.now())
    .run()
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> {
    /** A complete error of Authy's API, with the headers that every answer carries. */
    toBeAuthyError(status: number, code: string, message?: string): R
  }
}

function expectAuthyError(
  { status: answered, body, headers }: Answer,
  status: number,
  code: string,
  message: string = body['message'],
): void {
  expect({ status: answered, body }).toEqual({
    status,
    body: { error_code: code, message, errors: { message }, success: false },
  })
  expect(message).not.toBe('')
  expect(headers.get('content-type')).toBe('application/json')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
}

expect.extend({
  toBeAuthyError(answer: Answer, status: number, code: string, message?: string) {
    expectAuthyError(answer, status, code, message)
    return { pass: true, message: () => 'It is an error of this API.' }
  },
})
