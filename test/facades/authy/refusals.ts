import { env } from 'cloudflare:workers'
import type { RefusalCode } from '../../../src/core/refusal.ts'
import { ask, wrong } from '../../support/api.ts'
import { throwing } from '../native/broken.ts'
import {
  get,
  NO_ACCESS,
  NONE_PENDING,
  NOT_CREATED,
  OTHER,
  start,
  startsOver,
  type Recipe,
} from './provoke.ts'
import { authyAccount, authyClient, begun, NUMBER } from './support.ts'

/** What nobody can ask for by this API. */
type Unreachable =
  | 'forged_callback'
  | 'already_exists'
  | 'service_not_empty'
  | 'unknown_template'
  | 'verification_ended'
  | 'idempotency_running'
  | 'idempotency_mismatch'
  | 'too_many_ip_sends'
  | 'origin_refused'
  | 'field_not_allowed'
  | 'challenge_failed'
  | 'challenge_unavailable'
  | 'too_many_key_sends'
  | 'too_many_ip_checks'

/** How a caller comes to see each refusal; the compiler misses a new one here. */
export const REFUSALS: Readonly<Record<Exclude<RefusalCode, Unreachable>, Recipe>> = {
  unreadable_request: [
    400,
    '60002',
    'Invalid request',
    async (told) =>
      (await authyAccount()).call('POST', 'verification/start', { ...told, json: [] }),
  ],
  payload_too_large: [400, '60002', 'Invalid request', start({ a: 'x'.repeat(16_384) })],
  unauthenticated: [
    401,
    '60001',
    'Invalid API key',
    (told) => authyClient('sk_live_nobody')('GET', 'verification/check', told),
  ],
  invalid_request: [
    400,
    '60004',
    "Invalid parameter: country_code - 'xxx' is not a valid Integer",
    start({ country_code: 'xxx' }),
  ],
  custom_code_refused: [
    403,
    '60021',
    `${NOT_CREATED} custom codes are not allowed.`,
    start({ custom_code: '123456' }),
  ],
  custom_text_refused: [
    403,
    '60021',
    `${NOT_CREATED} custom messages are not allowed.`,
    start({ custom_message: 'Owl Bank: {{code}}' }),
  ],
  not_found: [
    404,
    '60023',
    NONE_PENDING,
    get('verification/check', { ...NUMBER, verification_code: '123456' }),
  ],
  invalid_phone: [
    400,
    '60033',
    `${NOT_CREATED} Phone number is invalid`,
    start({ phone_number: '282-23' }),
  ],
  test_number_refused: [
    400,
    '60033',
    `${NOT_CREATED} Phone number is invalid`,
    start({ phone_number: '111-111-1111' }),
  ],
  country_refused: [403, '60078', 'Invalid country code', start({}, { countries: ['EE'] })],
  not_a_mobile: [
    403,
    '60082',
    'Can not send SMS to landline phone numbers',
    start({ country_code: '44', phone_number: '2079460958' }),
  ],
  number_type_refused: [
    403,
    '60083',
    'Phone number not provisioned with any carrier',
    start({ phone_number: '800-234-5678' }),
  ],
  undeliverable_number: [
    403,
    '60083',
    'Phone number not provisioned with any carrier',
    async (told) => {
      const { begin, provider } = await authyAccount()
      provider.script({ status: 400, body: { code: 21614 } })
      return begin({}, told)
    },
  ],
  project_paused: [
    503,
    '60060',
    'Your account is suspended',
    async (told) => {
      const { begin, projectId } = await authyAccount()
      await env.DB.prepare('UPDATE projects SET paused_at = 1 WHERE id = ?').bind(projectId).run()
      return begin({}, told)
    },
  ],
  key_not_allowed: [
    503,
    '60000',
    NO_ACCESS,
    async (told) => (await authyAccount({ kind: 'publishable' })).begin({}, told),
  ],
  channel_unavailable: [
    503,
    '60000',
    NO_ACCESS,
    start({}, { routes: [{ channel: 'sms', providers: ['nobody'] }] }),
  ],
  insecure_transport: [
    403,
    '60000',
    'Use https.',
    async ({ format = 'json' }) =>
      ask(new Request(`http://api.example.com/protected/${format}/phones/info`), {
        ...env,
        ENVIRONMENT: 'production',
      } as Env),
  ],
  route_not_found: [404, '60000', 'Not found', get('verification', {})],
  method_not_allowed: [
    405,
    '60000',
    'Method not allowed',
    async (told) => (await authyAccount()).call('GET', 'verification/start', told),
  ],
  too_many_sends: [
    429,
    '60003',
    'DoS protection',
    startsOver({ sendsPerNumber: [{ limit: 1, seconds: 60 }] }, [{}, {}]),
  ],
  too_many_failed_checks: [
    429,
    '60003',
    'DoS protection',
    async (told) => {
      const caller = await begun({ settings: { checksPerVerification: 10 } })
      for (let step = 1; step <= 10; step += 1) await caller.guess(wrong(caller.right, step))
      await caller.begin()
      const right = caller.code()
      for (let step = 1; step <= 5; step += 1) await caller.guess(wrong(right, step))
      return caller.guess(right, told)
    },
  ],
  too_many_project_sends: [
    429,
    '60003',
    'DoS protection',
    startsOver({ sendsPerDay: 1 }, [{}, OTHER]),
  ],
  delivery_unavailable: [
    503,
    '60000',
    'An error occurred',
    async (told) => {
      const { begin, provider } = await authyAccount()
      provider.script({ status: 500 })
      return begin({}, told)
    },
  ],
  unavailable: [
    503,
    '60000',
    'An error occurred',
    async (told) => {
      const error = Object.assign(new Error('Too many requests queued'), { overloaded: true })
      const environment = { ...env, PHONE_LINE: throwing(env.PHONE_LINE, error).namespace }
      return (await authyAccount({ environment })).begin({}, told)
    },
  ],
  misconfigured: [
    503,
    '60000',
    'An error occurred',
    ({ format = 'json' }) =>
      ask(new Request(`http://localhost/protected/${format}/phones/info`), {
        ...env,
        OTPOST_SECRET: 'short',
      } as Env),
  ],
  internal: [
    503,
    '60000',
    'An error occurred',
    async (told) => {
      const { namespace } = throwing(env.PHONE_LINE, new Error('a bug'))
      const environment = { ...env, PHONE_LINE: namespace }
      return (await authyAccount({ environment })).begin({}, told)
    },
  ],
}
