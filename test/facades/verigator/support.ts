import { Secret, TOTP } from 'otpauth'
import { account, ask, type Account, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'

export const NUMBER = '+12025550123'

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
}

/** A project with a service that has one user. */
export async function withUser(
  options: Parameters<typeof account>[0] = {},
  fields: object = {},
): Promise<User> {
  const caller = await verigatorAccount(options)
  const { body: service } = await caller.call('POST', '', { fqdn: 'example.com', name: 'Example' })
  const user = await addUser(caller, service['id'] as string, fields)
  return user
}

export async function addUser(
  caller: VerigatorAccount,
  service: string,
  fields: object = {},
): Promise<User> {
  const { body } = await caller.call('POST', `/${service}/users`, {
    phone_number: NUMBER,
    id_in_service: 'john',
    ...fields,
  })
  const user = body['id'] as string
  return {
    ...caller,
    service,
    user,
    path: `/${service}/users/${user}`,
    code: () => caller.provider.messages.at(-1)?.code ?? '',
  }
}

/** The code of an authenticator app at a time, in steps of 30 s from now. */
export const appCode = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + steps * 30_000,
  })

/** Gives a user a confirmed app and tells its secret; the code of now is spent by that. */
export async function withApp({ call, path }: User): Promise<string> {
  const { body } = await call('POST', `${path}/totp`)
  const secret = body['secret'] as string
  await call('PUT', `${path}/totp`, { token: appCode(secret, -1) })
  return secret
}
