import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldToAscii, lengthPrefixed } from '../../src/core/text.ts'

describe('lengthPrefixed', () => {
  it('writes the length in bytes, big endian, before each field', () => {
    expect(lengthPrefixed(['é', '', 'ab']).toHex()).toBe('00000002c3a900000000000000026162')
  })

  it('gives two lists of fields the same bytes only when they are the same', () => {
    const fields = fc.array(
      fc.string({ unit: fc.constantFrom('a', '\0', '\u0001'), maxLength: 4 }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect(lengthPrefixed(a).toHex() === lengthPrefixed(b).toHex()).toBe(same)
      }),
      { numRuns: 5000 },
    )
  })

  it('tells apart lists that are one text when joined', () => {
    const cut = (at: number) => lengthPrefixed(['abcdef'.slice(0, at), 'abcdef'.slice(at)]).toHex()
    expect(new Set([0, 1, 2, 3, 4, 5, 6].map(cut)).size).toBe(7)
  })
})

const digitsFrom = (zero: number) =>
  Array.from({ length: 10 }, (_, i) => String.fromCodePoint(zero + i)).join('')

describe('foldToAscii', () => {
  it.each([
    ['ASCII', 0x30],
    ['fullwidth', 0xff10],
    ['mathematical bold', 0x1d7ce],
    ['Arabic-Indic', 0x660],
    ['Persian and Urdu', 0x6f0],
    ["N'Ko", 0x7c0],
    ['Devanagari', 0x966],
    ['Bengali', 0x9e6],
    ['Gurmukhi', 0xa66],
    ['Gujarati', 0xae6],
    ['Oriya', 0xb66],
    ['Tamil', 0xbe6],
    ['Telugu', 0xc66],
    ['Kannada', 0xce6],
    ['Malayalam', 0xd66],
    ['Thai', 0xe50],
    ['Lao', 0xed0],
    ['Tibetan', 0xf20],
    ['Burmese', 0x1040],
    ['Khmer', 0x17e0],
    ['Mongolian', 0x1810],
  ])('writes %s digits as 0-9', (_, zero) => {
    expect(foldToAscii(digitsFrom(zero))).toBe('0123456789')
  })

  it('leaves digits of a script that it does not know as they are', () => {
    expect(foldToAscii(digitsFrom(0x1946))).toBe(digitsFrom(0x1946))
  })

  it.each([
    ['zero-width space', '1\u200b2', '12'],
    ['zero-width joiner', '1\u200d2', '12'],
    ['soft hyphen', '1\u00ad2', '12'],
    ['byte order mark', '\ufeff12', '12'],
    ['left-to-right mark', '\u200e12', '12'],
    ['right-to-left override', '\u202e12\u202c', '12'],
    ['Hangul filler', '1\u31642', '12'],
    ['en dash', '1\u20132', '1-2'],
    ['em dash', '1\u20142', '1-2'],
    ['minus sign', '1\u22122', '1-2'],
    ['non-breaking hyphen', '1\u20112', '1-2'],
    ['no-break space', '1\u00a02', '1 2'],
    ['thin space', '1\u20092', '1 2'],
    ['ideographic space', '1\u30002', '1 2'],
    ['surrounding white space', ' \t12\r\n', '12'],
    ['inner line feed', '1\n2', '1\n2'],
    ['NUL', '1\u00002', '1\u00002'],
  ])('folds %s', (_, text, folded) => {
    expect(foldToAscii(text)).toBe(folded)
  })
})
