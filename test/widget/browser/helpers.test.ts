import { describe, expect, it } from 'vitest'
import { OtpostError } from '../../../src/widget/browser/client.ts'
import { codeIn, typedDigits } from '../../../src/widget/browser/one-time-code.ts'
import { explain, isFinal } from '../../../src/widget/browser/problems.ts'
import { lifeOf } from '../../../src/widget/browser/proof.ts'
import {
  directionOf,
  ENGLISH,
  fill,
  firstLanguage,
  waitIn,
} from '../../../src/widget/browser/words.ts'

describe('codeIn', () => {
  it.each([
    ['123456', '123456'],
    ['123 456', '123456'],
    [' 123-456 ', '123456'],
    ['code: 123456', '123456'],
    ['G-123456', '123456'],
    ['Your code is 123 456. Valid for 10 min.', '123456'],
    ['10 min: 123456', '123456'],
    ['Acme 24: 123456', '123456'],
    ['１２３４５６', '123456'],
    ['١٢٣٤٥٦', '123456'],
    ['<#> 123456 is your code\n@shop.example #123456', '123456'],
    ['1234567', '123456'],
    ['1234', '1234'],
    ['none', ''],
    ['', ''],
  ])('finds it in %j', (text, code) => {
    expect(codeIn(text, 6)).toBe(code)
  })

  it.each([4, 5, 8, 10])('knows codes of %i digits', (length) => {
    const code = '9876543210'.slice(0, length)
    expect(codeIn(`12 is not it, ${code} is`, length)).toBe(code)
  })
})

it.each([
  ['12a3 4', '1234'],
  ['1234567890', '123456'],
  ['۱۲۳', '123'],
])('types only digits: %j', (text, digits) => {
  expect(typedDigits(text, 6)).toBe(digits)
})

describe('firstLanguage', () => {
  it.each([
    [['et-EE', 'de'], 'et'],
    [[null, undefined, '', 'pt_BR'], 'pt-BR'],
    [['sw', 'zh-Hant-TW'], 'zh-HK'],
    [['not a tag', 'fil'], 'tl'],
    [['sw'], undefined],
    [[], undefined],
  ])('of %j', (tags, language) => {
    expect(firstLanguage(tags)).toBe(language)
  })
})

it.each([
  ['ar', 'rtl'],
  ['he', 'rtl'],
  ['et', 'ltr'],
] as const)('writes %s %s', (language, direction) => {
  expect(directionOf(language)).toBe(direction)
})

it('reads nothing into values', () => {
  expect(fill('{a} {b} {c}', { a: '{b}', b: '$&' })).toBe('{b} $& {c}')
})

it.each([
  [1, '1 second'],
  [59.2, '60 seconds'],
  [99, '99 seconds'],
  [100, '2 minutes'],
  [5399, '90 minutes'],
  [86_400, '24 hours'],
])('tells %s seconds as %s', (seconds, said) => {
  expect(waitIn('en', seconds)).toBe(said)
})

describe('explain', () => {
  const problem = (code: string, retryAfterSeconds?: number) =>
    explain(new OtpostError({ code, status: 400, detail: '', retryAfterSeconds }), ENGLISH)

  it.each([
    ['too_many_sends', 30, 'Too many codes were requested. Try again in 30 seconds.'],
    ['too_many_sends', undefined, 'Too many codes were requested.'],
    ['delivery_unavailable', 5, ENGLISH.texts.failed],
    ['something_new', undefined, ENGLISH.texts.unavailable],
    ['constructor', undefined, ENGLISH.texts.unavailable],
    ['expired', undefined, 'The code has expired. Request a new code.'],
  ])('says of %s what to do', (code, seconds, said) => {
    expect(problem(code, seconds)).toBe(said)
  })

  it('knows what the person cannot change', () => {
    expect(isFinal({ code: 'origin_refused', status: 403, detail: '' })).toBe(true)
    expect(isFinal({ code: 'country_refused', status: 403, detail: '' })).toBe(false)
  })
})

describe('lifeOf', () => {
  const approval = { verified: true, status: 'approved', attemptsLeft: 0 } as const
  const sign = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.AAAA`
  const NOW = 1_000_000_000_000

  it('is what the proof says, whatever the clock shows', () => {
    const proof = sign({ iat: 5000, exp: 5600 })
    expect(lifeOf({ ...approval, proof, proofExpires: 1 }, NOW)).toBe(600_000)
  })

  it.each(['', 'opaque', 'a.b.c', sign({})])('is told by the answer else: %s', (proof) => {
    const proofExpires = NOW / 1000 + 60
    expect(lifeOf({ ...approval, proof, proofExpires }, NOW)).toBe(60_000)
    expect(lifeOf({ ...approval, proof, proofExpires: 1 }, NOW)).toBe(0)
  })
})
