import * as fc from 'fast-check'
import { SegmentedMessage } from 'sms-segments-calculator'
import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/core/languages.ts'
import { brandOf, renderText } from '../../src/core/message.ts'
import { brand, isLink, projectSettings, type Project } from '../../src/core/project.ts'

const LONGEST_BRAND = 'ABCDEFGHIJKLMNOPQRST'
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/

const facts = {
  language: 'en',
  brand: 'Acme',
  code: '012345',
  minutes: 10,
  neverShare: false,
} as const

describe('renderText', () => {
  it('says code, brand and minutes in the default text', () => {
    expect(renderText(facts)).toBe('012345 is your Acme code. It is valid for 10 min.')
  })

  it('fits one message with the longest brand and code, in GSM-7 and in UCS-2', () => {
    const longest = { ...facts, brand: LONGEST_BRAND, code: '0123456789' }
    const text = renderText(longest)
    expect(text).toMatch(GSM_7)
    expect(text.length).toBeLessThanOrEqual(160)
    expect(renderText({ ...longest, brand: 'Ж'.repeat(20) }).length).toBeLessThanOrEqual(70)
  })

  it('fits one GSM-7 message with app hash and a domain of 40 characters', () => {
    const text = renderText({
      ...facts,
      brand: LONGEST_BRAND,
      code: '0123456789',
      appHash: 'FA+9qCX9VSu',
      domain: `${'a'.repeat(36)}.com`,
    })
    expect(text).toMatch(GSM_7)
    expect(text.length).toBeLessThanOrEqual(160)
  })

  it.each([
    ['et', '012345 on teie Acme kood. See kehtib 10 min.'],
    ['pt-BR', '012345 é o seu código Acme. Válido por 10 min.'],
    ['zh-CN', '【Acme】您的验证码是012345，10分钟内有效。'],
  ] as const)('speaks %s', (language, text) => {
    expect(renderText({ ...facts, language })).toBe(text)
  })

  it('warns of sharing the code on the same line, in the language', () => {
    expect(renderText({ ...facts, language: 'de', neverShare: true })).toBe(
      '012345 ist Ihr Code für Acme. Er gilt 10 Min. Geben Sie ihn an niemanden weiter.',
    )
  })

  it('warns after a template too', () => {
    const own = { ...facts, template: '{{brand}}: {{code}}.', neverShare: true }
    expect(renderText(own)).toBe('Acme: 012345. Do not share it with anyone.')
  })

  it('warns before the lines that stand last', () => {
    const text = renderText({
      ...facts,
      neverShare: true,
      appHash: 'FA+9qCX9VSu',
      domain: 'example.com',
    })
    expect(text.split('\n')).toEqual([
      '012345 is your Acme code. It is valid for 10 min. Do not share it with anyone.',
      'FA+9qCX9VSu',
      '',
      '@example.com #012345',
    ])
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
  const LINKS = ['a', 'w', 'www', 'com', 'http', '.', '。', ':', '/', '//', '中', '국', ' ']
  // oxfmt-ignore
  const PIECES = [
    'your', 'Code:', 'für', 'код', '(', ')', '!', 'min', 'A1', '7', '12', '…', '@', '-', '_', "'",
    '｡', '．', '\u3000', '中国', 'の', 'ー', 'か', '\u3099', 'ก', 'ี่', 'ລ', 'भा', 'رمز', 'é', 'e\u0301',
    '\u20e3', '①', '１', '٣', '〇', '½', '⒈', '㏂', '℡', '｛', '}', '$&', '🙂', '\n', '\r', '\u2028',
    '\u202e', '\u200b', '\u200d', '\ufe0f', '\u2800', '\u17b4', '\u3164', '\u00ad',
  ]
  const FIELDS = ['{{brand}}', '{{minutes}}', '{{code}}']
  const pieces = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...LINKS) },
    { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 2 }) },
  )
  const joined = (part: fc.Arbitrary<string>, maxLength: number) =>
    fc.array(part, { maxLength }).map((parts) => parts.join(''))

  const brands = joined(pieces, 4)
    .map((text) => brand.safeParse(text).data)
    .filter((name) => name !== undefined)
  const around = joined(
    fc.oneof(
      { weight: 2, arbitrary: pieces },
      { weight: 1, arbitrary: fc.constantFrom(...FIELDS) },
    ),
    5,
  )
  const templates = fc
    .tuple(around, around)
    .map(([before, after]) => `${before}{{code}}${after}`)
    .filter((text) => projectSettings.safeParse({ templates: { text } }).success)
  const messages = fc.record({
    language: fc.constantFrom(...LANGUAGES),
    brand: brands,
    template: fc.option(templates, { nil: undefined }),
    code: fc.stringMatching(/^[0-9]{4,10}$/),
    minutes: fc.integer({ min: 1, max: 10 }),
    neverShare: fc.boolean(),
  })
  const numRuns = 5000

  it('says the code exactly once, in digits 0-9, and nothing else that looks like one', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const text = renderText(message)
        expect(text.split(message.code)).toHaveLength(2)
        expect(text.match(/\p{Nd}{4,}/gu)).toEqual([message.code])
        expect(text.normalize('NFKC').match(/\p{Nd}{4,}/gu)).toEqual([message.code])
      }),
      { numRuns },
    )
  })

  it('has one line of characters that can be seen', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const text = renderText(message)
        const unseen = /[\p{C}\p{DI}\p{Zl}\p{Zp}\u2800{}]/u
        expect(text).not.toMatch(unseen)
        expect(text.normalize('NFKC')).not.toMatch(unseen)
      }),
      { numRuns },
    )
  })

  it('has nothing that phones make a link of', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const text = renderText(message)
        expect(isLink(text)).toBe(false)
        expect(text.normalize('NFKC')).not.toMatch(/https?:|\bwww\.|[a-z0-9]\.[a-z]{2}/i)
      }),
      { numRuns },
    )
  })

  it('takes three parts at most, with the longest brand and code', () => {
    const units = ['Ж', 'a', '€', '🙂'].map((unit) => unit.repeat(20 / unit.length))
    const long = fc
      .array(fc.constantFrom('{{brand}} ', '{{minutes}} ', '🙂', '[', 'ж', '€', 'क्षि', 'text '), {
        minLength: 5,
        maxLength: 100,
      })
      .map((parts) => `{{code}} ${parts.join('')}`)
      .filter((text) => projectSettings.safeParse({ templates: { text } }).success)
    fc.assert(
      fc.property(long, fc.constantFrom(...units), (template, name) => {
        const text = renderText({
          language: 'en',
          brand: name,
          code: '0123456789',
          minutes: 10,
          neverShare: false,
          template,
        })
        expect(new SegmentedMessage(text).segmentsCount).toBeLessThanOrEqual(3)
      }),
      { numRuns: 1000 },
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
    ["the project's name without its final stop", 'Acme Inc.', {}, 'Acme Inc'],
    ['a common word when the name is a link', 'acme.com', {}, 'verification'],
    ['a common word when the name is long', 'A'.repeat(21), {}, 'verification'],
    ['a common word when the name looks like a code', 'Acme 1234', {}, 'verification'],
    ['a common word when the name has a line break', 'Ac\nme', {}, 'verification'],
  ])('is %s', (_, name, settings, expected) => {
    expect(brandOf(named(name, settings))).toBe(expected)
  })
})
