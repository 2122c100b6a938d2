import type { Context } from 'hono'
import type { FacadeEnv } from '../../http/facade.ts'
import { reportBug } from '../../http/report-bug.ts'
import { Refusal, type FieldError, type RefusalCode } from '../../core/refusal.ts'

/** Status and title of every refusal; `detail` says what to do when the refusal does not. */
const problems = {
  unreadable_request: [400, 'Unreadable request', 'Send a JSON object or a form.'],
  payload_too_large: [413, 'Payload too large', 'Send at most 16 KB.'],
  invalid_request: [422, 'Validation error', 'Correct the fields in errors.'],
  unauthenticated: [
    401,
    'Unauthorized',
    'Send an API key as Bearer token, or as Basic user name with an empty password.',
  ],
  key_not_allowed: [403, 'Not with this key', 'Use a secret key.'],
  origin_refused: [403, 'Origin refused', 'Add the origin of the page to the key.'],
  field_not_allowed: [403, 'Field not allowed', 'Leave the field out, or use a secret key.'],
  challenge_failed: [403, 'Challenge failed', 'Render Turnstile anew and send its new token.'],
  challenge_unavailable: [503, 'Challenge unavailable', 'Turnstile is out of reach. Try again.'],
  insecure_transport: [403, 'Insecure transport', 'Use https.'],
  forged_callback: [403, 'Forged callback', 'The signature is not the one of the provider.'],
  not_found: [404, 'Not found', 'This project has no such verification.'],
  already_exists: [409, 'Already there', 'Use the one that is there, or another name.'],
  service_not_empty: [409, 'Not empty', 'Remove what belongs to it first.'],
  route_not_found: [404, 'Not found', 'There is no such route.'],
  method_not_allowed: [405, 'Method not allowed', 'Use a method of the Allow header.'],
  invalid_phone: [422, 'Invalid phone number', 'Send the number with its country code.'],
  number_type_refused: [422, 'Number type refused', 'Ask for a mobile number.'],
  not_a_mobile: [422, 'Not a mobile number', 'Use channel "call".'],
  test_number_refused: [422, 'Test number', 'Use a test key with it.'],
  undeliverable_number: [422, 'Undeliverable number', 'Ask the person for another number.'],
  country_refused: [403, 'Country refused', 'Add the country to the project.'],
  project_paused: [403, 'Project paused', 'Resume the project to send again.'],
  channel_unavailable: [422, 'Channel unavailable', 'Use another channel.'],
  custom_code_refused: [403, 'Own code refused', 'Leave the code to the service.'],
  custom_text_refused: [403, 'Own text refused', 'Leave the text to the service.'],
  unknown_template: [422, 'Unknown template', 'Use a template of the project.'],
  verification_ended: [409, 'Verification ended', 'It is final. Start a new one.'],
  idempotency_running: [409, 'Request still running', 'The first request is not done. Wait.'],
  idempotency_mismatch: [422, 'Idempotency-Key reused', 'Use a new key for another request.'],
  too_many_sends: [429, 'Too many messages', 'The number got enough messages. Wait.'],
  too_many_failed_checks: [429, 'Too many failed checks', 'The number is locked. Wait.'],
  too_many_project_sends: [429, 'Daily cap reached', "The project's daily cap is reached. Wait."],
  too_many_ip_sends: [429, 'Too many messages', 'The address asked for enough messages. Wait.'],
  too_many_key_sends: [429, 'Daily cap reached', "The key's daily cap is reached. Wait."],
  too_many_ip_checks: [429, 'Too many checks', 'The address made enough checks. Wait.'],
  delivery_unavailable: [
    503,
    'Delivery unavailable',
    'No provider confirmed the message. Start again; a code that arrives all the same may work.',
  ],
  unavailable: [503, 'Unavailable', 'Part of the service is out of reach. Try again.'],
  misconfigured: [503, 'Misconfigured', 'The owner must correct the configuration: see /health.'],
  internal: [500, 'Internal error', 'This is a bug. Report it with the request id.'],
} as const satisfies Record<RefusalCode, readonly [status: number, title: string, detail: string]>

/** The core speaks of a phone number; here it came in a field of this name. */
const phoneField = (code: RefusalCode, message: string): readonly FieldError[] | undefined =>
  code === 'invalid_phone' ? [{ field: 'phoneNumber', message }] : undefined

/** Writes a refusal, or a bug, as problem+json (RFC 9457). */
export function answerRefusal(error: Error, c: Context<FacadeEnv>): Response {
  const refusal = error instanceof Refusal ? error : reportBug(error)
  const { code, facts } = refusal
  const [status, title, detail] = problems[code]
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  if (facts.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(facts.retryAfterSeconds))
  }
  if (facts.allow !== undefined) headers.set('allow', facts.allow)
  if (status === 401) headers.set('www-authenticate', 'Basic realm="otpost", charset="UTF-8"')
  const problem = {
    type: 'about:blank',
    title,
    status,
    code,
    detail: facts.detail ?? detail,
    instance: c.var.requestId,
    errors: facts.fields ?? phoneField(code, facts.detail ?? detail),
    retryAfter: facts.retryAfterSeconds,
    attemptsLeft: facts.attemptsLeft,
  }
  return new Response(JSON.stringify(problem), { status, headers })
}
