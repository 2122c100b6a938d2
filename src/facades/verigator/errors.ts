import { Refusal, type RefusalCode, type RefusalFacts } from '../../core/refusal.ts'
import { reportBug } from '../../http/report-bug.ts'
import { locked } from './wire.ts'

type VerigatorError = readonly [status: number, message: string]

const INVALID = 'The body is not valid: send a JSON object with the fields of this call.'

const NOT_THIS_KEY: VerigatorError = [403, 'This key may not call this API. Use a secret key.']

/** Status and message of every refusal; `detail` says more when the refusal has one. */
const errors = {
  unreadable_request: [422, INVALID],
  payload_too_large: [422, 'The body is too large: send at most 16 KB.'],
  invalid_request: [422, INVALID],
  unauthenticated: [
    401,
    'Send X-Service-Auth as USER:PASSWORD: the id of your project or its verigatorUsername, and a secret key of it.',
  ],
  key_not_allowed: NOT_THIS_KEY,
  origin_refused: NOT_THIS_KEY,
  field_not_allowed: NOT_THIS_KEY,
  challenge_failed: NOT_THIS_KEY,
  challenge_unavailable: [503, 'Part of the service is out of reach. Try again.'],
  insecure_transport: [403, 'Use https.'],
  forged_callback: [403, 'The signature is not the one of the provider.'],
  not_found: [404, 'Verification with auth_id was not found'],
  already_exists: [409, 'It exists already.'],
  service_not_empty: [409, 'The service has users. Remove them first.'],
  route_not_found: [404, 'There is no such route.'],
  method_not_allowed: [405, 'Use a method of the Allow header.'],
  invalid_phone: [422, 'The phone number is not valid. Send it with its country code.'],
  number_type_refused: [422, 'Numbers of this type get no codes. Ask for a mobile number.'],
  not_a_mobile: [422, 'This is a fixed line, which gets no text messages.'],
  test_number_refused: [422, 'This is a test number. Use a test key with it.'],
  undeliverable_number: [422, 'The provider cannot send to this number.'],
  country_refused: [403, 'The project does not send to the country of this number.'],
  project_paused: [403, 'The project is paused.'],
  channel_unavailable: [503, 'No provider sends text messages to this number.'],
  custom_code_refused: [403, 'Own codes are not allowed.'],
  custom_text_refused: [403, 'Own texts are not allowed.'],
  unknown_template: [422, INVALID],
  verification_ended: [404, 'Verification with auth_id was not found'],
  idempotency_running: [409, 'The first request is not done. Wait.'],
  idempotency_mismatch: [409, 'The Idempotency-Key came with another request.'],
  too_many_sends: [429, 'The number got enough messages. Wait.'],
  too_many_failed_checks: [409, 'The number is locked after too many wrong tokens. Wait.'],
  too_many_project_sends: [429, 'The daily cap of the project is reached. Wait.'],
  too_many_ip_sends: [429, 'The address asked for enough messages. Wait.'],
  too_many_ip_checks: [429, 'The address asked for enough checks. Wait.'],
  too_many_key_sends: [429, 'The daily cap of the key is reached. Wait.'],
  delivery_unavailable: [503, 'No provider confirmed the message. Start again.'],
  unavailable: [503, 'Part of the service is out of reach. Try again.'],
  misconfigured: [503, 'The owner must correct the configuration: see /health.'],
  internal: [500, 'This is a bug. Report it with the X-Request-Id.'],
} as const satisfies Record<RefusalCode, VerigatorError>

/** Writes a refusal, or a bug: clients read `message`. */
export function answerRefusal(error: Error): Response {
  const { code, facts } = error instanceof Refusal ? error : reportBug(error)
  const [status] = errors[code]
  const headers = new Headers({ 'content-type': 'application/json' })
  if (facts.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(facts.retryAfterSeconds))
  }
  if (facts.allow !== undefined) headers.set('allow', facts.allow)
  const body = {
    message: explained(code, facts),
    ...(code === 'too_many_failed_checks' ? locked(facts) : {}),
  }
  return new Response(JSON.stringify(body), { status, headers })
}

/** Refusals whose details speak of what other APIs can do. */
const PLAIN: ReadonlySet<RefusalCode> = new Set(['not_a_mobile', 'undeliverable_number'])

/** What the refusal says of this request, else the plain message. */
function explained(code: RefusalCode, { detail, fields = [] }: RefusalFacts): string {
  const [, message] = errors[code]
  if (PLAIN.has(code)) return message
  const [bad] = fields
  if (bad !== undefined && detail === undefined) return `${bad.field} ${bad.message}`
  return detail ?? message
}
