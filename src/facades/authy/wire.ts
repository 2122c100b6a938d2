import * as z from 'zod'
import type { CheckRequest } from '../../core/check-verification.ts'
import { languageOf } from '../../core/languages.ts'
import type { NumberFacts } from '../../core/ports.ts'
import { hasCallingCode, parsePhone, type PhoneNumber } from '../../core/phone.ts'
import { customText, type Caller } from '../../core/project.ts'
import { Refusal } from '../../core/refusal.ts'
import type { Sent } from '../../core/send-code.ts'
import type { StartRequest } from '../../core/start-verification.ts'
import type { Verification } from '../../core/verification.ts'
import { hasVoice } from '../../core/voice.ts'
import type { Parameters } from './parameters.ts'

const LONGEST_QUOTE = 64

const quoted = (text: string): string => `'${text.slice(0, LONGEST_QUOTE)}'`

const isInteger = (text: string): boolean => /^\+?[0-9]{1,15}$/.test(text)

const required = z.string('Parameter is required')

const integer = z
  .string()
  .refine(isInteger, { error: ({ input }) => `${quoted(String(input))} is not a valid Integer` })

const countryCode = required.pipe(integer).transform((code) => code.replace('+', ''))

const named = { country_code: countryCode, phone_number: required }

const digits = z.string().regex(/^[0-9]{4,10}$/, 'must be 4 to 10 digits')

const codeLength = integer
  .transform(Number)
  .refine((length) => length >= 4 && length <= 10, 'must be 4 to 10')

const startParameters = z
  .object({
    ...named,
    via: z.enum(['sms', 'call'], 'must be sms or call').default('sms'),
    locale: z.string().optional(),
    code_length: codeLength.optional(),
    custom_code: digits.optional(),
    custom_message: customText.optional(),
  })
  .superRefine(({ via, locale, custom_message: text }, context) => {
    if (via !== 'call' || text === undefined) return
    const language = languageOf(locale ?? '')
    if (language !== undefined && hasVoice(language)) return
    const message =
      locale === undefined ? 'Parameter is required' : `${quoted(locale)} is spoken by no call`
    context.addIssue({ code: 'custom', path: ['locale'], message })
  })

const checkParameters = z.object({
  ...named,
  verification_code: required.max(64, 'must have at most 64 characters'),
})

const numberParameters = z.object(named)

const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i)
  .transform((text) => `ver_${text.replaceAll('-', '').toLowerCase()}`)

/** What a request says of one number, and how messages show it. */
interface Numbered {
  readonly number: PhoneNumber
  readonly shownNumber: string
}

export interface Start extends Numbered {
  readonly request: StartRequest
}

export function readStart(caller: Caller, parameters: Parameters): Start {
  const fields = parse(startParameters, parameters)
  const numbered = readNumber(caller, fields)
  return {
    ...numbered,
    request: {
      facade: 'authy',
      phoneNumber: numbered.number.e164,
      purpose: '',
      channel: fields.via,
      // One that nobody knows is as good as none: the country decides.
      locale: languageOf(fields.locale ?? '') ?? null,
      metadata: {},
      message: { text: fields.custom_message },
      code: fields.custom_code,
      codeLength: fields.code_length ?? caller.project.settings.authyCodeLength,
    },
  }
}

export function readCheck(
  caller: Caller,
  parameters: Parameters,
): Numbered & { readonly request: CheckRequest } {
  const fields = parse(checkParameters, parameters)
  const numbered = readNumber(caller, fields)
  const { e164 } = numbered.number
  return {
    ...numbered,
    request: { phoneNumber: e164, purpose: '', code: fields.verification_code },
  }
}

export const readNumbered = (caller: Caller, parameters: Parameters): Numbered =>
  readNumber(caller, parse(numberParameters, parameters))

/** The id of the verification that a `uuid` stands for; one that stands for none is not found. */
export function idOf(text: string): string {
  const { data } = uuid.safeParse(text)
  if (data === undefined) throw new Refusal('not_found')
  return data
}

/** Refuses by the first parameter that is wrong. */
function parse<Output>(schema: z.ZodType<Output>, parameters: Parameters): Output {
  const { data, error } = schema.safeParse(Object.fromEntries(parameters))
  if (error === undefined) return data
  const [issue] = error.issues
  const field = issue?.path.join('.') ?? ''
  throw new Refusal('invalid_request', { fields: [{ field, message: issue?.message ?? '' }] })
}

function readNumber(
  { mode, project }: Caller,
  { country_code: code, phone_number: rest }: z.infer<typeof numberParameters>,
): Numbered {
  const isWhole = rest.startsWith('+')
  if (isWhole && !rest.replace(/\D/g, '').startsWith(code)) throw new Refusal('invalid_phone')
  const number = parsePhone(isWhole ? rest : `+${code}${rest}`, mode, project.settings.testNumbers)
  if (!hasCallingCode(number, code)) throw new Refusal('invalid_phone')
  return { number, shownNumber: shown(code, number.e164) }
}

/** Writes a number as Authy does: from the right four digits, three, and the rest. */
export function shown(code: string, e164: string): string {
  const national = e164.startsWith(`+${code}`) ? e164.slice(1 + code.length) : e164.slice(1)
  const parts = [national.slice(0, -7), national.slice(-7, -4), national.slice(-4)]
  return `+${code} ${parts.filter((part) => part !== '').join('-')}`
}

const uuidOf = (id: string): string =>
  id.replace(/^ver_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const secondsToExpire = ({ status, expiresAt }: Verification): number =>
  status === 'pending' ? Math.max(0, Math.floor((expiresAt - Date.now()) / 1000)) : 0

const carrierOf = ({ carrier }: NumberFacts): string => carrier ?? 'Unknown'

export const started = (
  { number, shownNumber, request }: Start,
  sent: Sent,
  facts: NumberFacts,
) => ({
  carrier: carrierOf(facts),
  // A number of which nobody knows more takes text messages, or none would have been sent.
  is_cellphone: facts.type === 'mobile' || (facts.type === 'unknown' && number.type !== 'landline'),
  is_ported: facts.ported,
  message:
    request.channel === 'call'
      ? `Call to ${shownNumber} initiated.`
      : `Text message sent to ${shownNumber}`,
  seconds_to_expire: secondsToExpire(sent.verification),
  uuid: uuidOf(sent.verification.id),
  ...(request.code === undefined ? {} : { sms_id: sent.delivery.id.replace(/^del_/, 'SM') }),
  success: true,
})

export const CORRECT = { message: 'Verification code is correct.', success: true } as const

export const statusOf = (verification: Verification) => ({
  message: 'Phone Verification status.',
  status: STATUSES[verification.status],
  seconds_to_expire: secondsToExpire(verification),
  uuid: uuidOf(verification.id),
  success: true,
})

/** There is no word for what ended before its time. */
const STATUSES = {
  pending: 'pending',
  approved: 'verified',
  expired: 'expired',
  canceled: 'expired',
  max_attempts: 'expired',
  failed: 'expired',
} as const satisfies Record<Verification['status'], string>

const TYPES = {
  mobile: 'cellphone',
  landline: 'landline',
  voip: 'voip',
  unknown: 'unknown',
} as const satisfies Record<NumberFacts['type'], string>

export const information = (facts: NumberFacts) => ({
  message: `Phone number information as of ${utc(new Date())}`,
  type: TYPES[facts.type],
  provider: carrierOf(facts),
  ported: facts.ported,
  success: true,
})

/** As in `2017-11-25 23:21:39 UTC`. */
const utc = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
