import { Secret, TOTP } from 'otpauth'
import { expect, vi } from 'vitest'
import { account, ask, wrong, type Account, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { stopClock } from '../native/support.ts'

export const NUMBER = '+12025550123'
export const OTHER_NUMBER = '+12025550124'

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

/** Calls the API as a project; a path without `/v1` is one below its services. */
export const verigatorClient =
  (user: string, password: string, environment?: Env): Call =>
  async (method, path, body, headers = {}) => {
    const url = path.startsWith('/v1') ? path : `/v1/service/service${path}`
    const init = {
      method,
      headers: {
        'x-service-auth': `${user}:${password}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    }
    return ask(new Request(`http://localhost${url}`, init), environment)
  }

export interface VerigatorAccount extends Account {
  readonly call: Call
  readonly provider: ReturnType<typeof fakeProvider>
}

/** A project that sends by a stand-in for its provider. */
export async function verigatorAccount(
  options: Parameters<typeof account>[0] = {},
): Promise<VerigatorAccount> {
  const provider = fakeProvider()
  const caller = await account(options)
  const call = verigatorClient(caller.projectId, caller.secret, options.environment)
  return { ...caller, call, provider }
}

export interface User extends VerigatorAccount {
  readonly service: string
  readonly user: string
  /** Below the services. */
  readonly path: string
  /** The code of the last message. */
  code(): string
  begin(method?: 'sms' | 'totp'): Promise<Answer>
  verify(token: string, fields?: object): Promise<Answer>
}

/** A project with a service that has one user. */
export async function withUser(
  options: Parameters<typeof account>[0] = {},
  fields: object = {},
): Promise<User> {
  const caller = await verigatorAccount(options)
  const { body: service } = await caller.call('POST', '', { fqdn: 'example.com', name: 'Example' })
  return addUser(caller, service['id'] as string, fields)
}

export async function addUser(
  caller: VerigatorAccount,
  service: string,
  fields: object = {},
): Promise<User> {
  const { call, provider } = caller
  const added = await call('POST', `/${service}/users`, {
    phone_number: NUMBER,
    id_in_service: 'john',
    ...fields,
  })
  expect(added.status).toBe(201)
  const user = added.body['id'] as string
  const path = `/${service}/users/${user}`
  return {
    ...caller,
    service,
    user,
    path,
    code: () => provider.messages.at(-1)?.code ?? '',
    begin: (method = 'sms') => call('POST', `${path}/auth`, { method }),
    verify: (token, extra = {}) => call('PUT', `${path}/auth`, { token, ...extra }),
  }
}

/** The code of an authenticator app at a time, in steps of 30 s from now. */
export const appCode = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + steps * 30_000,
  })

/** A code that the app does not show in any of the steps that could be accepted. */
export function wrongAppCode(secret: string, n = 0): string {
  const shown = new Set([-2, -1, 0, 1, 2].map((steps) => appCode(secret, steps)))
  const free = Array.from({ length: n + 6 }, (_, i) => wrong('000000', i)).filter(
    (code) => !shown.has(code),
  )
  return free[n] ?? ''
}

/** Begins an enrolment, and tells its secret. */
export async function enrol({ call, path }: User): Promise<string> {
  const { status, body } = await call('POST', `${path}/totp`)
  expect(status).toBe(201)
  return body['secret'] as string
}

/** Stops the clock, if it is not, so that no code gets older while a test runs. */
const holdClock = () => {
  if (!vi.isFakeTimers()) stopClock()
}

/**
 * Gives a user a confirmed app and tells its secret. The clock stands still from then on; the code of
 * the step before now is spent by that, the one of now is not.
 */
export async function withApp(user: User): Promise<string> {
  holdClock()
  const secret = await enrol(user)
  const confirmed = await user.call('PUT', `${user.path}/totp`, { token: appCode(secret, -1) })
  expect(confirmed).toMatchObject({ status: 200, body: { confirmed: true } })
  return secret
}

/** A user who has begun to set up an app, with the clock standing still. */
export async function withNewApp(options: Parameters<typeof account>[0] = {}) {
  holdClock()
  const user = await withUser(options)
  const appSecret = await enrol(user)
  const confirm = (token: string) => user.call('PUT', `${user.path}/totp`, { token })
  return { ...user, appSecret, confirm }
}

/** What the native API says is pending for a number. */
export async function pendingOf({ send }: Account, number = NUMBER): Promise<readonly unknown[]> {
  const query = new URLSearchParams({ phoneNumber: number, status: 'pending' }).toString()
  const { status, body } = await send('GET', `/v1/verifications?${query}`)
  expect(status).toBe(200)
  return body['data'] as readonly unknown[]
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> {
    /** An error of Verigator's API, with the headers that every answer carries. */
    toBeVerigatorError(status: number, message?: string): R
  }
}

function expectVerigatorError(answer: Answer, status: number, message?: string): void {
  const { body, headers } = answer
  const said = body['message'] as unknown
  expect({ status: answer.status, message: said }).toEqual({
    status,
    message: message ?? (expect.stringMatching(/\S/) as unknown),
  })
  expect(headers.get('content-type')).toBe('application/json')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
}

expect.extend({
  toBeVerigatorError(answer: Answer, status: number, message?: string) {
    expectVerigatorError(answer, status, message)
    return { pass: true, message: () => 'It is an error of this API.' }
  },
})
