import { encodeQR } from 'qr'
import * as z from 'zod'
import type { Enrolment } from '../../core/authenticators.ts'
import type { CheckResult } from '../../core/check-verification.ts'
import type { LoginMethod } from '../../core/logins.ts'
import { Refusal, type RefusalFacts } from '../../core/refusal.ts'
import type { Service, ServiceUser, UserPage } from '../../core/service.ts'
import type { Verification, VerificationChannel } from '../../core/verification.ts'
import type { BodyFields } from '../../http/body.ts'

/** Users that one answer names. */
const LONGEST_LIST = 10_000

/** Reads fields by a schema, or names the first bad one. Unknown ones are passed over. */
export function parse<Output>(schema: z.ZodType<Output>, fields: BodyFields): Output {
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new Refusal('invalid_request', { fields: [{ field, message: issue?.message ?? '' }] })
}

const text = (max: number) =>
  z
    .string('must be text')
    .max(max, `must have at most ${max} characters`)
    .refine((value) => value.trim() !== '', 'is empty')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')
    .refine((value) => !/\p{Cc}/u.test(value), 'may not hold control characters')

export const serviceBody = z.object({ fqdn: text(255), name: text(255) })

export const userBody = z
  .object({ phone_number: text(64), id_in_service: text(255) })
  .transform(({ phone_number: phoneNumber, id_in_service: idInService }) => ({
    phoneNumber,
    idInService,
  }))

const method = z.enum(['sms', 'totp'], 'must be sms or totp')

export const startBody = z.object({ method })

export const checkBody = z
  .object({
    token: text(64),
    method: method.nullish(),
    // Clients of 2017 send null for TOTP.
    auth_id: text(64).nullish(),
  })
  .transform(({ token, method: asked, auth_id: id }) => ({
    code: token,
    messageOnly: asked === 'sms',
    verificationId: id ?? undefined,
  }))

export const tokenBody = z.object({ token: text(64) }).transform(({ token }) => ({ code: token }))

export const listQuery: z.ZodType<UserPage> = z.object({
  after: text(64).optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, `must be 1 to ${LONGEST_LIST}`)
    .transform(Number)
    .pipe(z.int().max(LONGEST_LIST, `must be 1 to ${LONGEST_LIST}`))
    .default(LONGEST_LIST),
})

/** Modules of white around a QR code (ISO/IEC 18004). */
const QUIET_ZONE = 4

/** RFC 3339. */
const ctime = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const serviceOut = ({ id, fqdn, name, createdAt }: Service) => ({
  id,
  fqdn,
  name,
  ctime: ctime(createdAt),
})

export const userOut = ({ id, idInService, createdAt }: ServiceUser) => ({
  id,
  id_in_service: idInService,
  ctime: ctime(createdAt),
})

/** The Java client's test reads `total`, its class `count`. */
export const usersOut = (users: readonly ServiceUser[], total: number) => ({
  users: users.map(userOut),
  total,
  count: total,
})

const methodOf = (channel: VerificationChannel): LoginMethod =>
  channel === 'totp' ? 'totp' : 'sms'

export const started = ({ id, channel }: Verification) => ({
  method: methodOf(channel),
  auth_id: id,
})

type Result = 'INVALID' | 'EXPIRED' | 'THROTTLED'

/** As the fixtures of the Python client have it. */
const statusOf = (result: Result) => ({
  throttled: result === 'THROTTLED',
  expired: result === 'EXPIRED',
  invalid: result === 'INVALID',
  result,
})

/** What ended otherwise than by its time is as if it had never begun. */
export function checked({ verified, channel, status, evaluated }: CheckResult) {
  const used = { method: methodOf(channel) }
  if (verified) return { ...used, verified }
  if (evaluated) return { ...used, verified, status: statusOf('INVALID') }
  if (status === 'expired') return { ...used, verified, status: statusOf('EXPIRED') }
  throw new Refusal('not_found')
}

/** What an answer to a check says beside its message while the number is locked. */
export const locked = ({ channel }: RefusalFacts) =>
  channel === undefined
    ? {}
    : { method: methodOf(channel), verified: false, status: statusOf('THROTTLED') }

export const enrolled = ({ secret, uri }: Enrolment) => ({
  secret,
  uri,
  qr: `data:image/svg+xml;base64,${btoa(encodeQR(uri, 'svg', { border: QUIET_ZONE }))}`,
  confirmed: false,
})

export const confirmationOut = (confirmed: boolean) =>
  confirmed ? { confirmed } : { confirmed, status: statusOf('INVALID') }
