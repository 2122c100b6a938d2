import { isSupportedCountry } from 'libphonenumber-js'
import { Failure } from './command.ts'

/** Names those of a list that are no country that has telephone numbers. */
export const unknownCountries = (codes: readonly string[]): readonly string[] =>
  codes.filter((code) => !isSupportedCountry(code))

/** Reads `EE,FI`, or `*` for all countries. */
export function readCountries(text: string): '*' | readonly string[] {
  if (text.trim() === '*') return '*'
  const codes = text
    .split(',')
    .map((code) => code.trim().toUpperCase())
    .filter((code) => code !== '')
  if (codes.length === 0) {
    throw new Failure('No country is named: write --countries EE,FI, or --countries "*" for all.')
  }
  const unknown = unknownCountries(codes)
  if (unknown.length > 0) {
    throw new Failure(
      `No country has the code ${unknown.join(', ')}: write the two letters of ISO 3166-1, ` +
        'such as EE or GB, or "*" for all.',
    )
  }
  return [...new Set(codes)]
}
