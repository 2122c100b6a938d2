import { describe, expect, it } from 'vitest'
import { checkImportedSecret } from '../../src/cli/imported-secret.ts'
import { estimateBits, makeApiKey, makeRootSecret, randomBase62 } from '../../src/cli/secrets.ts'
import { readConfig } from '../../src/config.ts'

describe('randomBase62', () => {
  it('draws again for a byte that would favour the first letters', () => {
    const draws = [
      [248, 255, 0, 61],
      [247, 62, 1, 1],
    ]
    expect(randomBase62(4, () => Uint8Array.from(draws.shift() ?? []))).toBe('A99A')
  })

  it('uses all 62 characters', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect(new Set(randomBase62(248, () => bytes)).size).toBe(62)
  })
})

describe('makeApiKey', () => {
  it('has enough bits, and never comes twice', () => {
    const keys = Array.from({ length: 200 }, () => makeApiKey('secret', 'live'))
    expect(new Set(keys).size).toBe(200)
    for (const key of keys) expect(key).toMatch(/^sk_live_[0-9A-Za-z]{32}$/)
  })
})

describe('makeRootSecret', () => {
  it('is taken by readConfig', () => {
    const secret = makeRootSecret()
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(readConfig({ OTPOST_NUMBER_KEY: secret, OTPOST_SECRET: secret }).ok).toBe(true)
  })
})

describe('estimateBits', () => {
  it.each([
    ['', 0],
    ['a', 0],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 0],
    ['abcabcdabcabcdabcabcdabcabcdabcabcd', 0],
    ['12345678', 26],
    ['1234567812345678123456781234567812345678', 26],
    ['correcthorsebattery', 89],
    ['9f86d081884c7d659a2feaa0c55ad01', 124],
    ['9f86d081884c7d659a2feaa0c55ad015', 128],
    ['9F86D081884C7D659A2FEAA0C55AD015', 128],
    ['Gq3kZ8vN1tRx7WbYp5LcJd', 130],
    ['Gq3kZ8vN1tRx7WbYp5LcJ', 125],
    ['271828182845904523536028747135266249775', 129],
    ['tr0ub4dor&3', 67],
  ])('of %s is %i', (secret, bits) => {
    expect(estimateBits(secret)).toBe(bits)
  })
})

describe('checkImportedSecret', () => {
  const secret = '9f86d081884c7d659a2feaa0c55ad015'

  it.each([secret, `${secret}\n`, `${secret}\r\n`])('takes %j', (input) => {
    expect(checkImportedSecret(input)).toBe(secret)
  })

  it.each([
    ['', /^No secret came/],
    ['\n', /^No secret came/],
    [`${secret}\n\n`, /spaces, line breaks/],
    [` ${secret}`, /spaces, line breaks/],
    [`${secret}é`, /outside ASCII/],
    [secret.slice(1), /too weak: about 124 bits, and 128 are needed/],
    [`${secret}x`.repeat(20), /longer than 512/],
  ])('refuses %j', (input, message) => {
    expect(() => checkImportedSecret(input)).toThrow(message)
  })
})
