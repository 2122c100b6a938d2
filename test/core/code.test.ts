import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { foldCode, hashCode, makeCode, type CodeSubject } from '../../src/core/code.ts'
import { deriveCodeKeys, type CodeKeys } from '../../src/core/keys.ts'

/** Hands out given bytes, then zeros, in batches as large as they are asked for. */
function scripted(...bytes: readonly number[]) {
  const left = [...bytes]
  return (batch: Uint8Array<ArrayBuffer>) => batch.map(() => left.shift() ?? 0)
}

/** How far digits at each place are from an even distribution: chi-square with 9 degrees. */
function chiSquares(codes: Iterable<string>, length: number): readonly number[] {
  const counts = Array.from({ length }, () => Array<number>(10).fill(0))
  let total = 0
  for (const code of codes) {
    total += 1
    for (let place = 0; place < length; place += 1) {
      const digit = code.charCodeAt(place) - 48
      const row = counts[place] ?? []
      row[digit] = (row[digit] ?? 0) + 1
    }
  }
  const expected = total / 10
  return counts.map((row) => row.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0))
}

/** An even distribution exceeds it once in a thousand million. */
const CHI_SQUARE_LIMIT = 63

function* repeat(times: number, make: () => string) {
  for (let i = 0; i < times; i += 1) yield make()
}

describe('makeCode', () => {
  it('spreads a million codes evenly over the digits of every place', () => {
    const places = chiSquares(
      repeat(1_000_000, () => makeCode(6)),
      6,
    )
    expect(Math.max(...places)).toBeLessThan(CHI_SQUARE_LIMIT)
  })

  it('would fail that check if it took bytes modulo ten', () => {
    const biased = () => {
      const bytes = crypto.getRandomValues(new Uint8Array(6))
      return bytes.reduce((code, byte) => code + String(byte % 10), '')
    }
    const places = chiSquares(repeat(1_000_000, biased), 6)
    expect(Math.min(...places)).toBeGreaterThan(CHI_SQUARE_LIMIT)
  })

  it('uses no byte that would favour low digits', () => {
    expect(makeCode(4, scripted(250, 251, 252, 253, 254, 255, 1, 2))).toBe('1200')
    expect(makeCode(4, scripted(249, 250, 248, 255, 247, 251, 246))).toBe('9876')
  })

  it('asks for more bytes when a batch holds too few of use', () => {
    const useless = Array<number>(200).fill(255)
    expect(makeCode(6, scripted(...useless, 4, 255, 2))).toMatch(/^42/)
  })

  it('keeps leading zeros', () => {
    expect(makeCode(6, scripted(0, 10, 200, 3, 250, 4, 5))).toBe('000345')
  })

  it.each([4, 5, 6, 7, 8, 9, 10])('makes %i digits when asked to', (length) => {
    for (let i = 0; i < 200; i += 1) expect(makeCode(length)).toMatch(RegExp(`^[0-9]{${length}}$`))
  })
})

describe('hashCode', () => {
  let keys: CodeKeys
  beforeAll(async () => {
    keys = await deriveCodeKeys(['a secret of the tests, long enough', 'another of them'])
  })

  const SUBJECT: CodeSubject = {
    projectId: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    verificationId: 'ver_00112233445566778899aabbccddeeff',
    numberHash: 'ab'.repeat(32),
    purpose: 'login',
  }
  const hash = async (subject: CodeSubject, code: string, key = keys.mint) =>
    (await hashCode(key, subject, code)).toHex()

  it('stays what it was for codes that were sent before an upgrade', async () => {
    // Computed with Node's crypto: HKDF of the secret, then HMAC over length-prefixed fields.
    expect(await hash(SUBJECT, '012345')).toBe(
      '0c9e887d1a089a974b51e600008d1181109cbaffe79f3299d34b1c6ccc24605e',
    )
  })

  it.each([
    ['project', { projectId: 'bbbbbbbbbbbbbbbbbbbbbbbb' }],
    ['verification', { verificationId: 'ver_ffeeddccbbaa99887766554433221100' }],
    ['number', { numberHash: 'cd'.repeat(32) }],
    ['purpose', { purpose: '' }],
  ])('is another for another %s', async (_, other) => {
    expect(await hash({ ...SUBJECT, ...other }, '012345')).not.toBe(await hash(SUBJECT, '012345'))
  })

  it('is another for another code and for another key', async () => {
    const right = await hash(SUBJECT, '012345')
    expect(await hash(SUBJECT, '012346')).not.toBe(right)
    expect(await hash(SUBJECT, '12345')).not.toBe(right)
    expect(await hash(SUBJECT, '012345', keys.all[1])).not.toBe(right)
  })

  it('is the same for two subjects only when every field is, wherever fields are cut', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 })
    const fields = fc.tuple(field, field, field, field, field)
    const hashOf = ([projectId, verificationId, numberHash, purpose, code]: readonly string[]) =>
      hash(
        {
          projectId: projectId ?? '',
          verificationId: verificationId ?? '',
          numberHash: numberHash ?? '',
          purpose: purpose ?? '',
        },
        code ?? '',
      )
    await fc.assert(
      fc.asyncProperty(fields, fc.shuffledSubarray([0, 1, 2, 3, 4]), async (a, order) => {
        const moved = [...order, ...[0, 1, 2, 3, 4].filter((i) => !order.includes(i))]
        const b = moved.map((i) => a[i] ?? '')
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect((await hashOf(a)) === (await hashOf(b))).toBe(same)
        const text = a.join('')
        const shifted = [text.slice(0, 1), text.slice(1), '', '', '']
        const sameCut = JSON.stringify(a) === JSON.stringify(shifted)
        expect((await hashOf(a)) === (await hashOf(shifted))).toBe(sameCut)
      }),
      { numRuns: 300 },
    )
  })
})

describe('foldCode', () => {
  it.each([
    ['digits', '012345', '012345'],
    ['two groups', '012 345', '012345'],
    ['a dash between groups', '012-345', '012345'],
    ['an en dash', '012\u2013345', '012345'],
    ['surrounding spaces', '  012345 ', '012345'],
    ['a pasted line break', '012345\r\n', '012345'],
    ['no-break space', '012\u00a0345', '012345'],
    ['zero-width space', '012\u200b345', '012345'],
    ['fullwidth digits', '\uff10\uff11\uff12\uff13\uff14\uff15', '012345'],
    ['Arabic-Indic digits', '\u0660\u0661\u0662\u0663\u0664\u0665', '012345'],
    ['Devanagari digits', '\u0966\u0967\u0968\u0969\u096a\u096b', '012345'],
    ['bidi marks', '\u202b012345\u202c', '012345'],
    ['letters, which stay', 'O12345', 'O12345'],
    ['an inner line feed, which stays', '012\n345', '012\n345'],
    ['nothing', '', ''],
  ])('reads %s', (_, typed, code) => {
    expect(foldCode(typed)).toBe(code)
  })
})
