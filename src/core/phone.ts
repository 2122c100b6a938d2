import { parsePhoneNumberFromString, type PhoneNumber as Parsed } from 'libphonenumber-js/max'
import { Refusal } from './refusal.ts'
import type { Mode, TestNumber } from './project.ts'
import { foldToAscii } from './text.ts'

declare const e164Brand: unique symbol
/** A valid number in E.164 form (`+` and digits); made only here, so nothing else names a line. */
export type E164 = string & { readonly [e164Brand]: true }

/** What answers at a number. */
export type NumberType = 'mobile' | 'landline' | 'voip' | 'unknown'

export interface PhoneNumber {
  readonly e164: E164
  /** ISO 3166-1 alpha-2; `ZZ` for a test number of no country. */
  readonly country: string
  /** As the numbering plan says; a landline gets no text messages. A test number of none is a mobile. */
  readonly type: NumberType
  /** A test or documentation number: no country's rules apply to it. */
  readonly testOnly: boolean
}

const LONGEST_SPELLING = 64
const SPELLING = /^[ (]*\+?[0-9 ().-]+$/

const REFUSED_TYPES: ReadonlySet<string> = new Set([
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'PAGER',
  'VOICEMAIL',
  'UAN',
])

/** Where a plan does not tell mobiles from fixed lines, as in North America, it counts as a mobile. */
const TYPES: ReadonlyMap<string | undefined, NumberType> = new Map([
  ['MOBILE', 'mobile'],
  ['FIXED_LINE_OR_MOBILE', 'mobile'],
  ['FIXED_LINE', 'landline'],
  ['VOIP', 'voip'],
])

/** Numbers of the four APIs' own documents: invalid everywhere, accepted with a test key. */
const DOCUMENTATION_NUMBERS: Readonly<Record<string, string>> = {
  '+11111111111': 'US',
  '+11234566663': 'US',
  '+3725555555': 'EE',
}

const invalid = (detail: string) => new Refusal('invalid_phone', { detail })

/** Writes any spelling as `+` and digits, or refuses it; says nothing about validity yet. */
function compact(raw: string): string {
  if (raw.length > LONGEST_SPELLING) throw invalid('The phone number is too long.')
  const text = foldToAscii(raw)
  if (!SPELLING.test(text)) {
    throw invalid(
      'A phone number is written in digits, spaces, brackets, dots and dashes, with a plus in front.',
    )
  }
  const digits = text.replace(/\D/g, '')
  return text.includes('+') ? `+${digits}` : `+${digits.replace(/^00/, '')}`
}

/**
 * Reads a phone number that carries its country code, with or without `+`, in any usual spelling.
 *
 * Every spelling of a number gives the same E.164 or is refused (`invalid_phone`,
 * `number_type_refused`, `test_number_refused`), so nobody gains a second budget by writing it
 * differently.
 */
export function parsePhone(
  raw: string,
  mode: Mode,
  testNumbers: readonly TestNumber[] = [],
): PhoneNumber {
  const spelled = compact(raw)
  const parsed = parsePhoneNumberFromString(spelled, { extract: false })
  const e164 = parsed?.number ?? spelled
  const documented = DOCUMENTATION_NUMBERS[spelled]
  const ofProject = testNumbers.some(({ number }) => number === e164)
  if (mode === 'live' && (ofProject || documented !== undefined)) {
    throw new Refusal('test_number_refused', {
      detail: 'This is a test number, so nobody would get the message. Use a test key with it.',
    })
  }
  if (parsed?.isValid()) return reachable(parsed, ofProject)
  if (documented === undefined && !ofProject) {
    throw invalid('This is not a valid phone number. Send it with its country code, as in E.164.')
  }
  return { e164: e164 as E164, country: documented ?? 'ZZ', type: 'mobile', testOnly: true }
}

/** Whether a number begins with a country's calling code; those of no country have whichever is said. */
export function hasCallingCode({ e164 }: PhoneNumber, code: string): boolean {
  const parsed = parsePhoneNumberFromString(e164, { extract: false })
  return parsed === undefined || parsed.countryCallingCode === code
}

/** Refuses a valid number to which nobody should be made to pay for a message. */
function reachable(parsed: Parsed, testOnly: boolean): PhoneNumber {
  const type = parsed.getType()
  if (parsed.country === undefined || (type !== undefined && REFUSED_TYPES.has(type))) {
    throw new Refusal('number_type_refused', {
      detail:
        'Premium, shared-cost, toll-free, pager, voicemail, company and satellite numbers get no codes.',
    })
  }
  return {
    e164: parsed.number as E164,
    country: parsed.country,
    type: TYPES.get(type) ?? 'unknown',
    testOnly,
  }
}
