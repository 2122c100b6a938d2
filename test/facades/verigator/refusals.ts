import { env } from 'cloudflare:workers'
import type { RefusalCode } from '../../../src/core/refusal.ts'
import { ask, wrong, type Answer } from '../../support/api.ts'
import { throwing } from '../native/broken.ts'
import {
  addUser,
  NUMBER,
  verigatorAccount,
  verigatorClient,
  withUser,
  type User,
} from './support.ts'

/** What an error says, and how a caller comes to see it. */
export type Recipe = readonly [status: number, message: string, provoke: () => Promise<Answer>]

/** What nobody can ask for by this API. */
type Unreachable =
  | 'forged_callback'
  | 'origin_refused'
  | 'field_not_allowed'
  | 'challenge_failed'
  | 'challenge_unavailable'
  | 'too_many_ip_checks'
  | 'too_many_key_sends'
  | 'custom_code_refused'
  | 'custom_text_refused'
  | 'unknown_template'
  | 'verification_ended'
  | 'idempotency_running'
  | 'idempotency_mismatch'
  | 'too_many_ip_sends'

type Settings = NonNullable<Parameters<typeof withUser>[0]>['settings']

/** Begins a login of a user with some number. */
const login =
  (settings: Settings = {}, phone_number: string = NUMBER) =>
  async () =>
    (await withUser({ settings: settings ?? {} }, { phone_number })).begin()

const newUser = (phone_number: string) => async () => {
  const { call, service } = await withUser()
  return call('POST', `/${service}/users`, { phone_number, id_in_service: 'ann' })
}

/** Begins two logins, of two users with a number each. */
const secondLogin = (settings: Settings, phone_number: string) => async () => {
  const john = await withUser({ settings: settings ?? {} })
  const ann = await addUser(john, john.service, { id_in_service: 'ann', phone_number })
  await john.begin()
  return ann.begin()
}

/** Guesses until the number is locked, with a login that is still pending. */
export async function lockedUser(): Promise<User> {
  const user = await withUser({ settings: { checksPerVerification: 10 } })
  for (const guesses of [10, 5]) {
    await user.begin()
    const code = user.code()
    for (let step = 1; step <= guesses; step += 1) await user.verify(wrong(code, step))
  }
  return user
}

const withBrokenLine = async (error: Error) => {
  const { projectId, secret, path } = await withUser()
  const environment = { ...env, PHONE_LINE: throwing(env.PHONE_LINE, error).namespace }
  const call = verigatorClient(projectId, secret, environment)
  return call('POST', `${path}/auth`, { method: 'sms' })
}

/** How a caller comes to see each refusal; the compiler misses a new one here. */
export const REFUSALS: Readonly<Record<Exclude<RefusalCode, Unreachable>, Recipe>> = {
  unreadable_request: [
    422,
    'The body is not valid JSON.',
    async () => (await verigatorAccount()).call('POST', '', '{"fqdn":'),
  ],
  payload_too_large: [
    422,
    'The body is larger than 16 KB.',
    async () => (await verigatorAccount()).call('POST', '', { fqdn: 'x'.repeat(16_384) }),
  ],
  invalid_request: [
    422,
    'method must be sms or totp',
    async () => {
      const { call, path } = await withUser()
      return call('POST', `${path}/auth`, { method: 'call' })
    },
  ],
  unauthenticated: [
    401,
    'Send X-Service-Auth as USER:PASSWORD: the id of your project or its verigatorUsername, and a secret key of it.',
    () => verigatorClient('somebody', 'sk_live_nobody')('GET', '/a'),
  ],
  key_not_allowed: [
    403,
    'This key may not call this API. Use a secret key.',
    async () => (await verigatorAccount({ kind: 'publishable' })).call('GET', '/a'),
  ],
  insecure_transport: [
    403,
    'Use https.',
    () =>
      ask(new Request('http://api.example.com/v1/service/service'), {
        ...env,
        ENVIRONMENT: 'production',
      } as Env),
  ],
  not_found: [
    404,
    'Verification with auth_id was not found',
    async () => (await withUser()).verify('123456'),
  ],
  already_exists: [
    409,
    'The service has a user of this id_in_service. Use that one, or another id.',
    async () => {
      const { call, service } = await withUser()
      const again = { phone_number: NUMBER, id_in_service: 'john' }
      return call('POST', `/${service}/users`, again)
    },
  ],
  service_not_empty: [
    409,
    'The service has users. Remove them first.',
    async () => {
      const { call, service } = await withUser()
      return call('DELETE', `/${service}`)
    },
  ],
  route_not_found: [
    404,
    'There is no such route.',
    async () => (await verigatorAccount()).call('GET', '/a/b/c/d/e'),
  ],
  method_not_allowed: [
    405,
    'Use a method of the Allow header.',
    async () => (await verigatorAccount()).call('GET', ''),
  ],
  invalid_phone: [
    422,
    'This is not a valid phone number. Send it with its country code, as in E.164.',
    newUser('+1202555'),
  ],
  number_type_refused: [
    422,
    'Premium, shared-cost, toll-free, pager, voicemail, company and satellite numbers get no codes.',
    newUser('+18002345678'),
  ],
  test_number_refused: [
    422,
    'This is a test number, so nobody would get the message. Use a test key with it.',
    newUser('+3725555555'),
  ],
  not_a_mobile: [
    422,
    'This is a fixed line, which gets no text messages.',
    login({}, '+442079460958'),
  ],
  undeliverable_number: [
    422,
    'The provider cannot send to this number.',
    async () => {
      const { begin, provider } = await withUser()
      provider.script({ status: 400, body: { code: 21614 } })
      return begin()
    },
  ],
  country_refused: [
    403,
    'The project does not send to US. Add it to the setting countries.',
    login({ countries: ['EE'] }),
  ],
  project_paused: [
    403,
    'The project is paused: it sends nothing.',
    async () => {
      const { projectId, secret, path } = await withUser()
      await env.DB.prepare('UPDATE projects SET paused_at = 1 WHERE id = ?').bind(projectId).run()
      const call = verigatorClient(projectId, secret, { ...env })
      return call('POST', `${path}/auth`, { method: 'sms' })
    },
  ],
  channel_unavailable: [
    503,
    "No provider sends by sms to US. Look at PROVIDERS, the sender for US, and the project's setting routes.",
    login({ routes: [{ channel: 'sms', providers: ['nobody'] }] }),
  ],
  too_many_sends: [
    429,
    'The number got enough messages. Wait.',
    secondLogin({ sendsPerNumber: [{ limit: 1, seconds: 60 }] }, NUMBER),
  ],
  too_many_failed_checks: [
    409,
    'The number is locked after too many wrong tokens. Wait.',
    async () => {
      const user = await lockedUser()
      return user.verify(user.code())
    },
  ],
  too_many_project_sends: [
    429,
    'The daily cap of the project is reached. Wait.',
    secondLogin({ sendsPerDay: 1 }, '+12025550124'),
  ],
  delivery_unavailable: [
    503,
    'No provider confirmed the message. Start again.',
    async () => {
      const { begin, provider } = await withUser()
      provider.script({ status: 500 })
      return begin()
    },
  ],
  unavailable: [
    503,
    'Part of the service is out of reach. Try again.',
    () =>
      withBrokenLine(Object.assign(new Error('Too many requests queued'), { overloaded: true })),
  ],
  misconfigured: [
    503,
    'The owner must correct the configuration: see /health.',
    () =>
      ask(new Request('http://localhost/v1/service/service'), {
        ...env,
        OTPOST_SECRET: 'short',
      } as Env),
  ],
  internal: [
    500,
    'This is a bug. Report it with the X-Request-Id.',
    () => withBrokenLine(new Error('a bug')),
  ],
}
