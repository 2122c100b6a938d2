import * as z from 'zod'
import { foldCode } from '../../core/code.ts'
import type { CheckRequest, CheckResult } from '../../core/check-verification.ts'
import { CHANNELS } from '../../core/project.ts'
import type { TradeResult } from '../../core/proofs.ts'
import type { ListRequest, Page } from '../../core/read-verifications.ts'
import { Refusal } from '../../core/refusal.ts'
import { isReserved } from '../../core/service-users.ts'
import type { Sent } from '../../core/send-code.ts'
import type { StartRequest } from '../../core/start-verification.ts'
import {
  attemptsLeft,
  type Delivery,
  type Verification,
  type VerificationRecord,
} from '../../core/verification.ts'
import type { BodyFields } from '../../http/body.ts'

/** Bad fields that one answer names. */
const MOST_FIELDS = 20
const LONGEST_PAGE = 100
const METADATA_PAIRS = 10

/** Reads fields by a schema, or refuses them with one entry per bad field. */
export function parse<Output>(schema: z.ZodType<Output>, fields: BodyFields): Output {
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const bad = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          field: key.slice(0, 64),
          message: 'is not a field of this call',
        }))
      : [{ field: issue.path.join('.').slice(0, 64), message: issue.message }],
  )
  const first = new Map(bad.toReversed().map((entry) => [entry.field, entry]))
  throw new Refusal('invalid_request', {
    fields: bad.filter((entry) => first.get(entry.field) === entry).slice(0, MOST_FIELDS),
  })
}

/** Half a character would be stored as another text than was asked about. */
export const text = (max: number) =>
  z
    .string('must be text')
    .max(max, `must have at most ${max} characters`)
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')

/** Numbers lose leading zeros and pluses, but a whole phone number without a plus survives. */
const phoneNumber = z
  .union([z.string(), z.int().positive()], 'must be text, like "+12025550123"')
  .transform(String)
  .refine((number) => number.trim() !== '', 'is missing')

const code = text(64)
  .min(1, 'is missing')
  .refine((typed) => /^[0-9]{4,10}$/.test(foldCode(typed)), 'must be 4 to 10 digits')
  .transform(foldCode)

const typedCode = z.string('must be text: a number loses its leading zeros').pipe(code)

const channel = z.enum([...CHANNELS, 'auto'], 'must be sms, call, whatsapp or auto')

const purpose = text(64)
  .refine((name) => !isReserved(name), 'may not begin like those of service users')
  .default('')

const host = text(253).regex(
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
  'must be a host name in lower case, like "example.com"',
)

const locale = text(35)
  .transform((tag) => tag.replaceAll('_', '-'))
  .refine(isLanguageTag, 'must be a language tag, like "pt-BR"')
  .transform((tag) => new Intl.Locale(tag).toString())

function isLanguageTag(tag: string): boolean {
  try {
    return new Intl.Locale(tag).toString() !== ''
  } catch {
    return false
  }
}

const metadata = z
  .record(text(128).min(1), text(128), 'must be an object of texts')
  .refine((pairs) => Object.keys(pairs).length <= METADATA_PAIRS, 'must have at most 10 pairs')

/** Forms write `metadata[name]=value`. */
function gatherMetadata(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return fields
  const pairs: [string, unknown][] = []
  const rest: [string, unknown][] = []
  for (const [name, value] of Object.entries(fields)) {
    const key = /^metadata\[([^[\]]+)\]$/.exec(name)?.[1]
    if (key === undefined) rest.push([name, value])
    else pairs.push([key, value])
  }
  return Object.fromEntries(
    pairs.length === 0 ? rest : [...rest, ['metadata', Object.fromEntries(pairs)]],
  )
}

const wholeNumber = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^[0-9]{1,15}$/)
      .transform(Number),
  ],
  'must be a whole number',
)

/** What servers and pages alike may say of a start. */
export const startFields = {
  phoneNumber,
  channel: channel.default('sms'),
  locale: locale.optional(),
  domain: host.optional(),
  purpose,
}

export const startBody: z.ZodType<StartRequest> = z.preprocess(
  gatherMetadata,
  z
    .strictObject({
      ...startFields,
      codeLength: wholeNumber
        .pipe(z.int().min(4, 'must be 4 to 10').max(10, 'must be 4 to 10'))
        .optional(),
      code: typedCode.optional(),
      template: text(32).optional(),
      appHash: text(11)
        .regex(/^[A-Za-z0-9+/]{11}$/, 'must be the 11 characters of the app')
        .optional(),
      metadata: metadata.default({}),
      ip: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').optional(),
    })
    .transform(({ locale: tag, template, appHash, domain, ...request }) => ({
      ...request,
      facade: 'native',
      locale: tag ?? null,
      message: { template, appHash, domain },
    })),
)

/** Of what a page's server knows its visitor by. */
export const session = text(255).min(1, 'is empty')

export const tradeBody = z.strictObject({ token: text(4096), session: session.optional() })

export const resendBody = z.strictObject({ channel: channel.optional() })

export const checkFields = {
  id: text(64).optional(),
  phoneNumber: phoneNumber.optional(),
  purpose,
  code: typedCode,
}

export const checkBody: z.ZodType<Omit<CheckRequest, 'idempotencyKey'>> = z
  .strictObject(checkFields)
  .refine((check) => (check.id === undefined) !== (check.phoneNumber === undefined), {
    message: 'give either id or phoneNumber',
    path: ['id'],
  })

export const checkQuery = z
  .strictObject({ id: text(64), code: typedCode })
  .transform((check) => ({ ...check, purpose: '' }))

const time = z
  .union(
    [z.iso.datetime({ offset: true }), z.string().regex(/^[0-9]{1,12}$/)],
    'must be a time in ISO 8601 or Unix seconds',
  )
  .transform((at) => (/^[0-9]+$/.test(at) ? Number(at) * 1000 : Date.parse(at)))

const cursor = text(64).transform((next, context) => {
  const [, createdAt, id] = /^([0-9]{1,15})_(ver_[0-9a-f]{32})$/.exec(next) ?? []
  if (createdAt !== undefined && id !== undefined) return { createdAt: Number(createdAt), id }
  context.addIssue('must be the next of an earlier page')
  return z.NEVER
})

export const listQuery: z.ZodType<ListRequest> = z
  .strictObject({
    phoneNumber: phoneNumber.optional(),
    status: z
      .enum(
        ['pending', 'approved', 'expired', 'canceled', 'max_attempts', 'failed'],
        'must be a status',
      )
      .optional(),
    country: text(2)
      .regex(/^[A-Z]{2}$/, 'must be two letters, like "EE"')
      .optional(),
    from: time.optional(),
    to: time.optional(),
    cursor: cursor.optional(),
    limit: wholeNumber
      .pipe(z.int().min(1, 'must be 1 to 100').max(LONGEST_PAGE, 'must be 1 to 100'))
      .default(20),
  })
  .transform(({ cursor: after, ...filter }) => ({ ...filter, after }))

export const inboxQuery = z.strictObject({ to: phoneNumber.optional() })

export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
const iso = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString()

/** The answer to a start: `id` and `expires` (Unix seconds) as Authentimate documents them. */
export const started = ({
  verification,
  phoneNumber: number,
  delivery,
  resendAfterSeconds,
}: Sent) => ({
  id: verification.id,
  expires: seconds(verification.expiresAt),
  status: verification.status,
  channel: verification.channel,
  phoneNumber: number,
  country: verification.phone.country,
  resendAfter: resendAfterSeconds,
  attemptsLeft: attemptsLeft(verification),
  delivery,
})

/** `used`, since some caller will read only the status: `approved` never stands beside `false`. */
export const checked = ({ verified, status, attemptsLeft: left }: CheckResult) => ({
  verified,
  status: status === 'approved' && !verified ? 'used' : status,
  attemptsLeft: left,
})

export const traded = (result: TradeResult) =>
  result.valid ? { ...result, verifiedAt: iso(result.verifiedAt) } : result

export const summary = (verification: Verification) => ({
  id: verification.id,
  status: verification.status,
  channel: verification.channel,
  purpose: verification.purpose,
  phoneLast4: verification.phone.last4,
  country: verification.phone.country,
  locale: verification.locale,
  metadata: verification.metadata,
  attemptsLeft: attemptsLeft(verification),
  sends: verification.sends,
  expires: seconds(verification.expiresAt),
  createdAt: iso(verification.createdAt),
  updatedAt: iso(verification.updatedAt),
  approvedAt: iso(verification.approvedAt),
})

const deliveryOut = (delivery: Delivery) => ({
  id: delivery.id,
  channel: delivery.channel,
  provider: delivery.provider,
  providerMessageId: delivery.providerMessageId,
  status: delivery.status,
  error: delivery.error,
  segments: delivery.segments,
  price: delivery.price,
  currency: delivery.currency,
  createdAt: iso(delivery.createdAt),
  updatedAt: iso(delivery.updatedAt),
})

export const detail = ({ verification, deliveries }: VerificationRecord) => ({
  ...summary(verification),
  deliveries: deliveries.map(deliveryOut),
})

export const timelineOut = ({ verification, timeline }: VerificationRecord) => ({
  id: verification.id,
  events: timeline.map(({ type, at, data }) => ({ type, at: iso(at), ...data })),
})

export const listed = ({ verifications, next }: Page) => ({
  data: verifications.map(summary),
  next: next === undefined ? null : `${next.createdAt}_${next.id}`,
})
