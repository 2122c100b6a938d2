import { getCountries, getCountryCallingCode, parsePhoneNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import {
  callingCodeOf,
  callingCodeIn,
  COUNTRIES,
} from '../../../src/widget/browser/calling-codes.ts'
import {
  countryOf,
  dialled,
  masked,
  nationalPart,
  readTyped,
} from '../../../src/widget/browser/phone-number.ts'

describe('the calling codes', () => {
  it('are those of every country', () => {
    expect(COUNTRIES.toSorted()).toEqual(getCountries().toSorted())
    expect(COUNTRIES.map((country) => [country, callingCodeOf(country)])).toEqual(
      COUNTRIES.map((country) => [country, getCountryCallingCode(country as 'EE')]),
    )
  })

  it.each(getCountries())('tell the country of a number: %s', (country) => {
    const example = examples[country]
    if (example === undefined) return
    const digits = `${getCountryCallingCode(country)}${example}`
    expect(callingCodeIn(digits)).toBe(getCountryCallingCode(country))
    const found = countryOf(digits, COUNTRIES, country) ?? ''
    expect(callingCodeOf(found)).toBe(getCountryCallingCode(country))
    // Chosen already, a country stays, unless the number is surely of another one.
    if (found !== country) expect(parsePhoneNumber(`+${digits}`).country).toBe(found)
  })
})

describe('readTyped', () => {
  it.each([
    ['5551 2345', false, '55512345'],
    ['+372 5551-2345', true, '37255512345'],
    ['00 372 5551 2345', true, '37255512345'],
    ['＋３７２ ５５５１', true, '3725551'],
    ['‪+٣٧٢ ٥٥٥١‬', true, '3725551'],
    ['tel:+372.5551', true, '3725551'],
    ['(0) 7911', false, '07911'],
    ['5551+', false, '5551'],
    ['', false, ''],
    ['+', true, ''],
  ])('reads %j', (text, international, digits) => {
    expect(readTyped(text)).toEqual({ international, digits })
  })
})

describe('countryOf', () => {
  it.each([
    ['14165550123', COUNTRIES, 'US', 'CA'],
    ['12025550123', COUNTRIES, 'EE', 'US'],
    ['12425550123', COUNTRIES, 'US', 'BS'],
    ['77011234567', COUNTRIES, 'RU', 'KZ'],
    ['79161234567', COUNTRIES, 'EE', 'RU'],
    ['447781123456', COUNTRIES, 'GB', 'GG'],
    ['358401234567', COUNTRIES, 'AX', 'AX'],
    ['590690123456', ['MF'], '', 'MF'],
    ['590690123456', ['EE'], '', 'GP'],
    ['3', COUNTRIES, 'EE', undefined],
    ['', COUNTRIES, 'EE', undefined],
    ['999', COUNTRIES, 'EE', undefined],
  ] as const)('of %s, within %#', (digits, allowed, chosen, country) => {
    expect(countryOf(digits, allowed, chosen)).toBe(country)
  })
})

describe('dialled', () => {
  it.each([
    ['5551 2345', 'EE', '+37255512345'],
    ['07911 123456', 'GB', '+4407911123456'],
    ['+372 5551 2345', 'GB', '+37255512345'],
    ['12', 'EE', undefined],
    ['', 'EE', undefined],
    ['1'.repeat(20), 'EE', undefined],
  ])('writes %s of %s', (text, country, expected) => {
    expect(dialled(readTyped(text), country)).toBe(expected)
  })
})

it.each([
  ['37255512345', '55512345'],
  ['14165550123', '4165550123'],
  ['999', '999'],
])('takes the calling code off %s', (digits, expected) => {
  expect(nationalPart(digits)).toBe(expected)
})

it('masks all but calling code and last digits, from left to right', () => {
  expect(masked('+37255512345')).toBe('\u2066+372 ••• 345\u2069')
})
