import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../src/core/text.ts'
import { fromBase64, fromHex, verifyHmac } from '../../src/providers/verify-hmac.ts'

/** RFC 2202 and RFC 4231, test case 2. */
const DATA = bytesOf('what do ya want for nothing?')
const SHA_1 = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'
const SHA_256 = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'

describe('verifyHmac', () => {
  it.each([
    ['SHA-1', SHA_1],
    ['SHA-256', SHA_256],
  ] as const)("knows the RFC's signature by %s", async (hash, hex) => {
    expect(await verifyHmac(hash, 'Jefe', fromHex(hex), DATA)).toBe(true)
  })

  it.each<[string, Parameters<typeof verifyHmac>]>([
    ['another secret', ['SHA-256', 'jefe', fromHex(SHA_256), DATA]],
    ['an empty secret', ['SHA-256', '', fromHex(SHA_256), DATA]],
    ['other data', ['SHA-256', 'Jefe', fromHex(SHA_256), bytesOf('what do ya want?')]],
    ['another hash', ['SHA-1', 'Jefe', fromHex(SHA_256), DATA]],
    ['a short signature', ['SHA-256', 'Jefe', fromHex(SHA_256.slice(2)), DATA]],
    ['a long signature', ['SHA-256', 'Jefe', fromHex(`${SHA_256}00`), DATA]],
    ['a signature of no bytes', ['SHA-256', 'Jefe', new Uint8Array(), DATA]],
    ['no signature', ['SHA-256', 'Jefe', undefined, DATA]],
  ])('refuses %s', async (_, question) => {
    expect(await verifyHmac(...question)).toBe(false)
  })

  it('refuses a signature in which any bit is flipped', async () => {
    for (let bit = 0; bit < 256; bit++) {
      const signature = fromHex(SHA_256) ?? new Uint8Array()
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await verifyHmac('SHA-256', 'Jefe', signature, DATA)).toBe(false)
    }
  })
})

describe.each([
  ['fromHex', fromHex, (bytes: Uint8Array) => bytes.toHex()],
  ['fromBase64', fromBase64, (bytes: Uint8Array) => bytes.toBase64()],
] as const)('%s', (_, decode, encode) => {
  it('reads back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (bytes) => {
        expect(decode(encode(bytes))).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  it('reads nothing of an absent or empty header', () => {
    expect([decode(null), decode(undefined), decode('')]).toEqual([undefined, undefined, undefined])
  })

  it('never throws, and reads back what it accepts', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[0-9a-fA-F ]{0,9}$/),
      fc.stringMatching(/^[A-Za-z0-9+/=_-]{0,9}$/),
    )
    fc.assert(
      fc.property(text, (written) => {
        const bytes = decode(written)
        return bytes === undefined || encode(bytes) === encode(decode(encode(bytes)) ?? bytes)
      }),
      { numRuns: 1000 },
    )
    expect(decode('%')).toBeUndefined()
  })
})

describe('fromHex', () => {
  it('reads both cases', () => {
    expect(fromHex('00aBfF')).toEqual(new Uint8Array([0, 0xab, 0xff]))
  })

  it.each(['0', '000', 'zz', ' 00', '00 ', '0x00', '00\n', '٠٠'])('reads nothing of %j', (text) => {
    expect(fromHex(text)).toBeUndefined()
  })
})

describe('fromBase64', () => {
  it('reads padded text', () => {
    expect(fromBase64('AP8=')).toEqual(new Uint8Array([0, 0xff]))
  })

  it.each(['A', 'AP8', 'AP8==', '=', '====', 'A===', 'AP_-', 'AP8=\n', ' AP8=', 'AP8=AP8='])(
    'reads nothing of %j',
    (text) => {
      expect(fromBase64(text)).toBeUndefined()
    },
  )
})
