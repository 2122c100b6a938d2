import { foldToAscii } from '../../core/text.ts'

/** The digits that a person has typed, in ASCII, at most as many as a code has. */
export const typedDigits = (text: string, length: number): string =>
  foldToAscii(text).replace(/\D/g, '').slice(0, length)

/**
 * Finds the code in what was pasted: alone ("123 456"), or within words ("Code: 123456, 10 min").
 * Without a whole code in it, its first digits.
 */
export function codeIn(text: string, length: number): string {
  const folded = foldToAscii(text)
  const inOne = RegExp(`(?<!\\d)\\d{${length}}(?!\\d)`).exec(folded)
  const inGroups = RegExp(`(?<![\\d])\\d(?:[ -]?\\d){${length - 1}}(?![\\d])`).exec(folded)
  return typedDigits((inOne ?? inGroups)?.[0] ?? folded, length)
}
