import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandOf, renderText } from '../../src/core/message.ts'
import { brand, projectSettings, type Project } from '../../src/core/project.ts'

const LONGEST_BRAND = 'ABCDEFGHIJKLMNOPQRST'
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/

const facts = { brand: 'Acme', code: '012345', minutes: 10 }

describe('renderText', () => {
  it('says code, brand and minutes in the default text', () => {
    expect(renderText(facts)).toBe('012345 is your Acme code. It is valid for 10 min.')
  })

  it('fits one message with the longest brand and code, in GSM-7 and in UCS-2', () => {
    const longest = { brand: LONGEST_BRAND, code: '0123456789', minutes: 10 }
    const text = renderText(longest)
    expect(text).toMatch(GSM_7)
    expect(text.length).toBeLessThanOrEqual(160)
    expect(renderText({ ...longest, brand: 'Ж'.repeat(20) }).length).toBeLessThanOrEqual(70)
  })

  it('fits one GSM-7 message with app hash and a domain of 40 characters', () => {
    const text = renderText({
      brand: LONGEST_BRAND,
      code: '0123456789',
      minutes: 10,
      appHash: 'FA+9qCX9VSu',
      domain: `${'a'.repeat(36)}.com`,
    })
    expect(text).toMatch(GSM_7)
    expect(text.length).toBeLessThanOrEqual(160)
  })

  it('writes the text of a template', () => {
    const template = '{{brand}}: {{code}} ({{minutes}} min, {{brand}})'
    expect(renderText({ ...facts, template })).toBe('Acme: 012345 (10 min, Acme)')
  })

  it('reads nothing into what it puts in', () => {
    const text = renderText({
      ...facts,
      brand: "$& $1 $' {{code}}",
      template: '{{brand}}|{{code}}',
    })
    expect(text).toBe("$& $1 $' {{code}}|012345")
  })

  it('puts the hash of the app on a line of its own', () => {
    expect(renderText({ ...facts, appHash: 'FA+9qCX9VSu' }).split('\n')).toEqual([
      '012345 is your Acme code. It is valid for 10 min.',
      'FA+9qCX9VSu',
    ])
  })

  it('binds the code to a domain on the last line, after an empty one', () => {
    expect(renderText({ ...facts, domain: 'login.example.com' }).split('\n')).toEqual([
      '012345 is your Acme code. It is valid for 10 min.',
      '',
      '@login.example.com #012345',
    ])
  })

  it('writes a last line that browsers can read, with an app hash too', () => {
    const text = renderText({ ...facts, domain: 'example.com', appHash: 'FA+9qCX9VSu' })
    // https://wicg.github.io/sms-one-time-codes/: the last line, "@", host, " #", code.
    expect(text.split('\n').at(-1)).toMatch(/^@(?<host>[^@#\s%]+) #(?<code>[^@#\s%]+)$/)
    expect(text.split('\n').slice(1, 3)).toEqual(['FA+9qCX9VSu', ''])
  })
})

describe('renderText: any brand and template that a project may have', () => {
  const words = fc.constantFrom('your', 'Code:', 'für', 'код', '(', ')', '!', 'min', 'A1', '7')
  const brands = fc
    .array(words, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''))
    .filter((name) => brand.safeParse(name).success)
  const fields = fc.constantFrom('{{brand}}', '{{minutes}}', '{{code}}')
  const templates = fc
    .array(fc.oneof(words, fields), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(''))
    .filter((text) => projectSettings.safeParse({ templates: { text } }).success)
  const codes = fc.stringMatching(/^[0-9]{4,10}$/)
  const minutes = fc.integer({ min: 1, max: 10 })

  it('says the code exactly once, in digits 0-9, and nothing else that looks like one', () => {
    fc.assert(
      fc.property(
        brands,
        fc.option(templates, { nil: undefined }),
        codes,
        minutes,
        (name, template, code, left) => {
          const text = renderText({ brand: name, template, code, minutes: left })
          expect(text.match(/\p{Nd}{4,}/gu)).toEqual([code])
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('leaves no braces and no line break', () => {
    fc.assert(
      fc.property(brands, templates, codes, minutes, (name, template, code, left) => {
        expect(renderText({ brand: name, template, code, minutes: left })).not.toMatch(/[{}\n\r]/)
      }),
      { numRuns: 300 },
    )
  })
})

describe('brandOf', () => {
  const named = (name: string, settings: object = {}): Project => ({
    id: 'a'.repeat(24),
    name,
    paused: false,
    settings: projectSettings.parse(settings),
  })

  it.each([
    ["the project's brand", 'Acme Ltd', { brand: 'Acme' }, 'Acme'],
    ["the project's name when it has no brand", 'Acme Ltd', {}, 'Acme Ltd'],
    ['a common word when the name is a link', 'acme.com', {}, 'verification'],
    ['a common word when the name is long', 'A'.repeat(21), {}, 'verification'],
    ['a common word when the name looks like a code', 'Acme 1234', {}, 'verification'],
    ['a common word when the name has a line break', 'Ac\nme', {}, 'verification'],
  ])('is %s', (_, name, settings, expected) => {
    expect(brandOf(named(name, settings))).toBe(expected)
  })
})
