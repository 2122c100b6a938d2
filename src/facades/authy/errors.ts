import type { Context } from 'hono'
import { Refusal, type RefusalCode, type RefusalFacts } from '../../core/refusal.ts'
import type { FacadeEnv } from '../../http/facade.ts'
import { reportBug } from '../../http/report-bug.ts'
import { toXml, type XmlMembers } from '../../http/xml.ts'

export interface AuthyEnv {
  Variables: FacadeEnv['Variables'] & {
    /** The number that the request is about, as messages show it. */
    readonly shownNumber?: string
  }
}

type AuthyError = readonly [status: number, code: string, message: string]

const NOT_ALLOWED: AuthyError = [
  503,
  '60000',
  'Your application is accessing an API call you do not have access to.',
]
const FAILED: AuthyError = [503, '60000', 'An error occurred']
const BAD_REQUEST: AuthyError = [400, '60002', 'Invalid request']
const TOO_MANY: AuthyError = [429, '60003', 'DoS protection']
const BAD_NUMBER: AuthyError = [400, '60033', 'Phone number is invalid']
const UNREACHABLE: AuthyError = [403, '60083', 'Phone number not provisioned with any carrier']
const NONE_PENDING: AuthyError = [404, '60023', 'No pending verifications found.']

const NOT_CREATED = "Phone verification couldn't be created:"

/** Status, `error_code` and message of every refusal. */
const errors = {
  unreadable_request: BAD_REQUEST,
  payload_too_large: BAD_REQUEST,
  invalid_request: [400, '60004', 'Invalid parameter'],
  unauthenticated: [401, '60001', 'Invalid API key'],
  key_not_allowed: NOT_ALLOWED,
  origin_refused: NOT_ALLOWED,
  field_not_allowed: NOT_ALLOWED,
  challenge_failed: NOT_ALLOWED,
  challenge_unavailable: FAILED,
  insecure_transport: [403, '60000', 'Use https.'],
  forged_callback: [403, '60000', 'An error occurred'],
  not_found: NONE_PENDING,
  already_exists: BAD_REQUEST,
  service_not_empty: BAD_REQUEST,
  route_not_found: [404, '60000', 'Not found'],
  method_not_allowed: [405, '60000', 'Method not allowed'],
  invalid_phone: BAD_NUMBER,
  number_type_refused: UNREACHABLE,
  not_a_mobile: [403, '60082', 'Can not send SMS to landline phone numbers'],
  test_number_refused: BAD_NUMBER,
  undeliverable_number: UNREACHABLE,
  country_refused: [403, '60078', 'Invalid country code'],
  project_paused: [503, '60060', 'Your account is suspended'],
  channel_unavailable: NOT_ALLOWED,
  custom_code_refused: [403, '60021', `${NOT_CREATED} custom codes are not allowed.`],
  custom_text_refused: [403, '60021', `${NOT_CREATED} custom messages are not allowed.`],
  unknown_template: BAD_REQUEST,
  verification_ended: NONE_PENDING,
  idempotency_running: BAD_REQUEST,
  idempotency_mismatch: BAD_REQUEST,
  too_many_sends: TOO_MANY,
  too_many_failed_checks: TOO_MANY,
  too_many_project_sends: TOO_MANY,
  too_many_ip_sends: TOO_MANY,
  too_many_key_sends: TOO_MANY,
  too_many_ip_checks: TOO_MANY,
  delivery_unavailable: FAILED,
  unavailable: FAILED,
  misconfigured: FAILED,
  internal: FAILED,
} as const satisfies Record<RefusalCode, AuthyError>

/** Errors that no refusal stands for. */
const ownErrors = {
  wrong_code: [401, '60022', 'Verification code is incorrect.'],
  nothing_named: [400, '60042', 'Either uuid or country_code and phone number are required'],
} as const satisfies Record<string, AuthyError>

/** Writes an answer in the format that the path asks for. */
export function answer(
  c: Context<AuthyEnv>,
  members: XmlMembers,
  status = 200,
  headers: Headers = new Headers(),
): Response {
  const isXml = c.req.path.startsWith('/protected/xml/')
  const isError = status !== 200
  headers.set('content-type', isXml ? 'application/xml; charset=utf-8' : 'application/json')
  if (isXml) return new Response(toXml(isError ? 'errors' : 'hash', members), { status, headers })
  const { success, ...rest } = members
  // In XML an error is flat.
  const body = isError ? { ...rest, errors: { message: rest['message'] }, success } : members
  return new Response(JSON.stringify(body), { status, headers })
}

export const answerOwnError = (c: Context<AuthyEnv>, name: keyof typeof ownErrors): Response =>
  answerError(c, ownErrors[name])

/** Writes a refusal, or a bug. */
export function answerRefusal(error: Error, c: Context<AuthyEnv>): Response {
  const { code, facts } = error instanceof Refusal ? error : reportBug(error)
  const [status, errorCode, message] = inContext(c, code, facts)
  const headers = new Headers()
  if (facts.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(facts.retryAfterSeconds))
  }
  if (facts.allow !== undefined) headers.set('allow', facts.allow)
  return answerError(c, [status, errorCode, message], headers)
}

const answerError = (
  c: Context<AuthyEnv>,
  [status, errorCode, message]: AuthyError,
  headers?: Headers,
): Response => answer(c, { error_code: errorCode, message, success: false }, status, headers)

/** The error of a refusal, with what the request and its project say of it. */
function inContext(c: Context<AuthyEnv>, code: RefusalCode, facts: RefusalFacts): AuthyError {
  const plain = errors[code]
  const [status, errorCode, message] = plain
  switch (plain) {
    case BAD_REQUEST:
      return facts.notUtf8 === true ? [400, '60005', 'UTF-8 invalid'] : plain
    case errors.invalid_request: {
      const [bad] = facts.fields ?? []
      return bad ? [status, errorCode, `${message}: ${bad.field} - ${bad.message}`] : plain
    }
    case BAD_NUMBER:
      return c.req.path.endsWith('/start')
        ? [status, errorCode, `${NOT_CREATED} ${message}`]
        : plain
    case NONE_PENDING:
      return c.var.shownNumber === undefined
        ? plain
        : [status, errorCode, `No pending verifications for ${c.var.shownNumber} found.`]
    case TOO_MANY:
      // The caller is known when its limits are.
      return [c.var.caller.project.settings.authyLimitStatus, errorCode, message]
    default:
      return plain
  }
}
