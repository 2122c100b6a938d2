import { foldToAscii } from '../../core/text.ts'
import { callingCodeIn, callingCodeOf, countriesOf } from './calling-codes.ts'

/** What a person has typed, pasted or let the browser fill in. */
export interface TypedNumber {
  /** Whether it carries its country code. */
  readonly international: boolean
  /** All of its digits, without `+` or `00`. */
  readonly digits: string
}

/** E.164 has at most 15 digits; no number that gets messages has less than 7 with its country code. */
const SHORTEST = 7
const LONGEST = 15
/** Digits that stay readable in a masked number. */
const SHOWN = 3

/** Reads any usual spelling; letters and signs count for nothing. */
export function readTyped(text: string): TypedNumber {
  const spelled = foldToAscii(text)
  const plus = /^[^\d+]*\+/.test(spelled)
  const digits = spelled.replace(/\D/g, '')
  const zeros = !plus && digits.startsWith('00')
  return { international: plus || zeros, digits: zeros ? digits.slice(2) : digits }
}

/**
 * Finds the country of an international number: the chosen one as long as it may be, else one that
 * the key allows. Undefined until enough digits are there.
 */
export function countryOf(
  digits: string,
  allowed: readonly string[],
  chosen: string,
): string | undefined {
  const possible = countriesOf(digits)
  if (possible.includes(chosen)) return chosen
  return possible.find((country) => allowed.includes(country)) ?? possible[0]
}

/** The digits after the calling code of an international number. */
export const nationalPart = (digits: string): string =>
  digits.slice(callingCodeIn(digits)?.length ?? 0)

/**
 * Writes a typed number with its country code; undefined when it can be none. Trunk prefixes, as the
 * 0 in +44 07911, are left to the service, which knows every numbering plan.
 */
export function dialled(
  { international, digits }: TypedNumber,
  country: string,
): string | undefined {
  const whole = international ? digits : callingCodeOf(country) + digits
  const enough = digits !== '' && whole.length >= SHORTEST && whole.length <= LONGEST + 1
  return enough ? `+${whole}` : undefined
}

/** Shows only calling code and last digits; isolated, so that it reads left to right everywhere. */
export function masked(e164: string): string {
  const digits = e164.slice(1)
  return `\u2066+${callingCodeIn(digits) ?? ''} ••• ${digits.slice(-SHOWN)}\u2069`
}
