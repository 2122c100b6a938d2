import * as fc from 'fast-check'
import examples from 'libphonenumber-js/mobile/examples'
import { getCountryCallingCode, type CountryCode } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { hashNumber, lineOf } from '../../src/core/ids.ts'
import { deriveNumberKeys } from '../../src/core/keys.ts'
import { parsePhone, type E164 } from '../../src/core/phone.ts'
import type { Mode, TestNumber } from '../../src/core/project.ts'
import { Refusal } from '../../src/core/refusal.ts'
import { PHONE_SPELLINGS } from './phone-spellings.ts'

/** The number that a spelling comes to, or the code of its refusal; a bug goes through. */
function reading(raw: string, mode: Mode = 'live', testNumbers: readonly TestNumber[] = []) {
  try {
    return parsePhone(raw, mode, testNumbers).e164
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('parsePhone: spellings', () => {
  it('has a row for every class of spelling that the threat model names', () => {
    expect(PHONE_SPELLINGS.length).toBeGreaterThanOrEqual(97)
    expect(new Set(PHONE_SPELLINGS.map(([, spelling]) => spelling)).size).toBe(
      PHONE_SPELLINGS.length,
    )
  })

  it.each(PHONE_SPELLINGS)('reads %s', (_, spelling, gives) => {
    expect(reading(spelling)).toBe(gives)
  })

  it('gives all spellings of a number one line', async () => {
    const keys = await deriveNumberKeys('a secret of the tests')
    const lines = new Map<string, Set<string>>()
    for (const [, spelling] of PHONE_SPELLINGS) {
      const number = reading(spelling)
      if (!number.startsWith('+')) continue
      const line = lineOf(await hashNumber(keys, 'live', number as E164)).toHex()
      lines.set(number, (lines.get(number) ?? new Set()).add(line))
    }
    expect([...lines.keys()].toSorted()).toEqual([
      '+12025550123',
      '+390612345678',
      '+442079460958',
      '+525512345678',
      '+5491123456789',
      '+5511912345678',
    ])
    expect([...lines.values()].map((names) => names.size)).toEqual([1, 1, 1, 1, 1, 1])
  })
})

const NUMBERS = Object.entries(examples)
  .map(([country, national]) => `+${getCountryCallingCode(country as CountryCode)}${national}`)
  .filter((number) => reading(number) === number)

const SCRIPTS = [0x30, 0xff10, 0x660, 0x6f0, 0x966, 0xe50] as const
const PREFIXES = ['+', '', '00', '\uff0b', '(+', ' +', '\u200e+'] as const
const SEPARATORS = '||| |-|.|(|)|\u00a0|\u200b|\u200e|\u202c|\u2011|\u2013|\u2212|\ufeff'.split('|')
const ADDITIONS = 'x5| ext. 5|;ext=5|#5|,,5|+|a|/|\u0000|\n1|\ud800|*|@|\u3001|\u{1f600}'.split('|')

const inScript = (digit: string, zero: number) => String.fromCodePoint(zero + Number(digit))

/** A number of any country as somebody might write it. */
const spelled = fc
  .tuple(
    fc.constantFrom(...NUMBERS),
    fc.constantFrom(...PREFIXES),
    fc.constantFrom(...SCRIPTS),
    fc.array(fc.constantFrom(...SEPARATORS), { minLength: 15, maxLength: 15 }),
  )
  .map(([number, prefix, zero, separators]) => {
    const digits = Array.from(
      number.slice(1),
      (digit, i) => inScript(digit, zero) + (separators[i] ?? ''),
    )
    return { number, spelling: prefix + digits.join('') }
  })

const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: codeUnit, maxLength: 80 }),
  fc.string({ unit: fc.constantFrom(...'+0123456789 ().-'.split('')), maxLength: 20 }),
  fc.string({
    unit: fc.oneof(fc.constantFrom(...'+0123456789 '.split('')), codeUnit),
    maxLength: 20,
  }),
)

describe('parsePhone: properties', () => {
  it('knows mobile numbers of nearly all countries', () => {
    expect(NUMBERS.length).toBeGreaterThan(200)
  })

  it('reads every spelling of a number as that number', () => {
    fc.assert(
      fc.property(spelled, ({ number, spelling }) => {
        expect(reading(spelling)).toBe(number)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses a spelling that holds more than the number', () => {
    fc.assert(
      fc.property(spelled, fc.constantFrom(...ADDITIONS), ({ spelling }, addition) => {
        expect(reading(spelling + addition)).toBe('invalid_phone')
      }),
      { numRuns: 500 },
    )
  })

  it('reads its own result as the same number', () => {
    const nearly = fc
      .tuple(
        fc.constantFrom(...NUMBERS),
        fc.nat({ max: 14 }),
        fc.constantFrom('0', '00', '1', '8', '9', '15', '011', '44', '06', '60'),
      )
      .map(([number, at, digits]) => number.slice(0, 1 + at) + digits + number.slice(1 + at))
    fc.assert(
      fc.property(fc.oneof(nearly, anyText), (text) => {
        const once = reading(text)
        expect(once.startsWith('+') ? reading(once) : once).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['live', 'test'] as const)('answers any text by a number or a refusal (%s)', (mode) => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(reading(text, mode)).toMatch(
          /^(?:\+[0-9]{4,15}|invalid_phone|number_type_refused|test_number_refused)$/,
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parsePhone: what a number is', () => {
  it.each([
    ['US, fixed line or mobile', '+12025550123', 'US', 'mobile'],
    ['UK fixed line', '+442079460958', 'GB', 'landline'],
    ['UK mobile', '+447400123456', 'GB', 'mobile'],
    ['German fixed line', '+4930123456', 'DE', 'landline'],
    ['Jersey, which shares +44', '+447797712345', 'JE', 'mobile'],
    ['Kazakhstan, which shares +7', '+77710009998', 'KZ', 'mobile'],
    ['Estonian mobile', '+37251234567', 'EE', 'mobile'],
    ['UK VoIP', '+445612345678', 'GB', 'voip'],
    ['UK personal number', '+447012345678', 'GB', 'unknown'],
  ])('knows country and line of %s', (_, number, country, type) => {
    expect(parsePhone(number, 'live')).toEqual({
      e164: number,
      country,
      type,
      testOnly: false,
    })
  })
})

describe('parsePhone: test numbers', () => {
  const INVALID = '+99912345'
  const VALID = '+12025550199'
  const ofProject = [INVALID, VALID].map((number) => ({
    number,
    code: '424242',
    until: '2030-01-01T00:00:00Z',
  }))

  it.each([
    ['+11111111111', 'US'],
    ['1 123 456 66 63', 'US'],
    ['+372 555 5555', 'EE'],
  ])('takes %s, from the documents of the APIs, with a test key only', (spelling, country) => {
    const e164 = `+${spelling.replaceAll(/\D/g, '')}`
    expect(reading(spelling, 'live')).toBe('test_number_refused')
    expect(parsePhone(spelling, 'test')).toEqual({
      e164,
      country,
      type: 'mobile',
      testOnly: true,
    })
  })

  it('takes a number of the project that is none elsewhere with a test key only', () => {
    expect(reading(INVALID, 'test')).toBe('invalid_phone')
    expect(reading(INVALID, 'live', ofProject)).toBe('test_number_refused')
    expect(parsePhone('00 999 12345', 'test', ofProject)).toEqual({
      e164: INVALID,
      country: 'ZZ',
      type: 'mobile',
      testOnly: true,
    })
  })

  it('takes a valid number of the project with a test key only, in its own country', () => {
    expect(reading('+1 (202) 555-0199', 'live', ofProject)).toBe('test_number_refused')
    expect(parsePhone('+1 (202) 555-0199', 'test', ofProject)).toEqual({
      e164: VALID,
      country: 'US',
      type: 'mobile',
      testOnly: true,
    })
  })

  it('takes valid numbers with both kinds of key', () => {
    expect(reading('+12025550123', 'live', ofProject)).toBe('+12025550123')
    expect(parsePhone('+12025550123', 'test', ofProject).testOnly).toBe(false)
  })
})
