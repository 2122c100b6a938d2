import * as fc from 'fast-check'
import { base64url } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { publicHalf } from '../../src/core/token-keys.ts'
import { signToken, tokens, verifyToken, type TokenKeys } from '../../src/core/tokens.ts'
import { imported, retired, tokenKey } from '../support/token-keys.ts'
import { refusalOf } from './refusal-of.ts'
import {
  CLAIMS,
  DAY,
  EXPECTED,
  forger,
  json,
  NOW,
  ORDER,
  partsOf,
  SECONDS,
  TIMES,
  type Forger,
} from './token-forger.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

let by: Forger
let keys: TokenKeys

beforeAll(async () => {
  by = await forger()
  ;({ keys } = by)
})

describe('verifyToken', () => {
  it('takes what signToken made, and only for its own type', async () => {
    for (const typ of ['at+jwt', 'otpost-proof+jwt'] as const) {
      const token = await signToken(keys, { ...ORDER, typ })
      const other = typ === 'at+jwt' ? 'otpost-proof+jwt' : 'at+jwt'
      expect(await verifyToken(keys, token, { ...EXPECTED, typ })).toEqual({ ...CLAIMS, ...TIMES })
      expect(await verifyToken(keys, token, { ...EXPECTED, typ: other })).toBeUndefined()
    }
  })

  it('refuses a type missing or wrong also where a proof is expected', async () => {
    const proof = { ...EXPECTED, typ: 'otpost-proof+jwt' } as const
    for (const typ of ['at+jwt', 'JWT', undefined]) {
      expect(await verifyToken(keys, await by.forge({ typ }), proof)).toBeUndefined()
    }
  })

  it('refuses a token from the second in which it is over', async () => {
    const token = await signToken(keys, { ...ORDER, lifeSeconds: 10 })
    const at = (seconds: number) =>
      verifyToken(keys, token, { ...EXPECTED, now: (SECONDS + seconds) * 1000 })
    expect(await at(9)).toBeDefined()
    expect(await at(10)).toBeUndefined()
  })

  it('takes a token of a server whose clock is a minute ahead, and no more', async () => {
    const at = async (ahead: number) =>
      verifyToken(keys, await by.forge({}, { iat: SECONDS + ahead }), {
        ...EXPECTED,
        now: SECONDS * 1000,
      })
    expect(await at(60)).toBeDefined()
    expect(await at(61)).toBeUndefined()
  })

  it('refuses a token of which one character of header or body was changed', async () => {
    const token = await signToken(keys, ORDER)
    const [head, body] = partsOf(token)
    const character = fc.constantFrom(...Array.from(`${ALPHABET}.=+/ \n`))
    const place = fc.nat(head.length + body.length)
    await fc.assert(
      fc.asyncProperty(place, character, async (at, other) => {
        fc.pre(token[at] !== other)
        const changed = token.slice(0, at) + other + token.slice(at + 1)
        expect(await verifyToken(keys, changed, EXPECTED)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses a token of which any character of header or body is the next in the alphabet', async () => {
    const token = await signToken(keys, ORDER)
    const [head, body] = partsOf(token)
    for (let at = 0; at < head.length + 1 + body.length; at += 1) {
      const next = ALPHABET[(ALPHABET.indexOf(token[at] ?? '') + 1) % 64]
      const changed = token.slice(0, at) + next + token.slice(at + 1)
      expect(await verifyToken(keys, changed, EXPECTED), `character ${at}`).toBeUndefined()
    }
  })

  it('never throws, whatever it is given', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.json().map((text) => base64url.encode(text)),
      fc.object().map((object) => json({ ...by.header, ...object })),
    )
    const token = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'))
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        expect(await verifyToken(keys, text, EXPECTED)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})

describe('the text of a token (T-29)', () => {
  it('is not the only one that verifies, so a token is named by its jti', async () => {
    const token = await signToken(keys, ORDER)
    const last = ALPHABET.indexOf(token.at(-1) ?? '')
    // 64 bytes leave four bits of the last character without a meaning.
    const twins = [1, 2, 3].map((bits) => token.slice(0, -1) + ALPHABET[last ^ bits])
    for (const twin of twins) {
      expect(twin).not.toBe(token)
      expect((await verifyToken(keys, twin, EXPECTED))?.jti).toBe(CLAIMS.jti)
    }
  })
})

describe('signToken', () => {
  it('writes the claims in the order given, then iat and exp, under a header of three', async () => {
    const claims = {
      sub: 'user-1',
      zone: 'z',
      jti: 'token-1',
      aud: 'project-1',
      iss: CLAIMS.iss,
      app: { b: 1, a: 2 },
    }
    const [head, body] = partsOf(await signToken(keys, { ...ORDER, claims }))
    const text = (part: string) => new TextDecoder().decode(base64url.decode(part))
    expect(text(head)).toBe(`{"alg":"ES256","typ":"at+jwt","kid":"${by.key.kid}"}`)
    expect(text(body)).toBe(
      '{"sub":"user-1","zone":"z","jti":"token-1","aud":"project-1","iss":"https://otp.example.com",' +
        `"app":{"b":1,"a":2},"iat":${SECONDS},"exp":${SECONDS + 30 * DAY}}`,
    )
  })

  it('says the same when it signs again with the same times', async () => {
    const [first, second] = await Promise.all([signToken(keys, ORDER), signToken(keys, ORDER)])
    expect(partsOf(first).slice(0, 2)).toEqual(partsOf(second).slice(0, 2))
  })

  it.each([0, -1, 30 * DAY + 1, Number.NaN])(
    'makes none that lives %d seconds',
    async (lifeSeconds) => {
      await expect(signToken(keys, { ...ORDER, lifeSeconds })).rejects.toThrow('30 days at most')
    },
  )
})

describe('after a rotation (R-22)', () => {
  it('tokens of the old key verify until the last of them is over, new ones are of the new key', async () => {
    const token = await signToken(keys, ORDER)
    const rotated = await imported(await tokenKey(), retired(by.key, SECONDS))
    expect(await verifyToken(rotated, token, EXPECTED)).toMatchObject(CLAIMS)
    const fresh = await signToken(rotated, ORDER)
    expect(await verifyToken(rotated, fresh, EXPECTED)).toMatchObject(CLAIMS)
    expect(await verifyToken(keys, fresh, EXPECTED)).toBeUndefined()
  })

  it('a key is over 30 days and 10 minutes after it was retired', async () => {
    const at = (SECONDS + 30 * DAY + 600) * 1000
    const rotated = await imported(await tokenKey(), retired(by.key, SECONDS))
    // A token that its key could have signed a moment ago, had it not been retired.
    const token = await signToken(keys, { ...ORDER, issuedAt: at - 5000 })
    expect(await verifyToken(rotated, token, { ...EXPECTED, now: at - 1 })).toBeDefined()
    expect(await verifyToken(rotated, token, { ...EXPECTED, now: at })).toBeUndefined()
    expect(await verifyToken(keys, token, { ...EXPECTED, now: at })).toBeDefined()
  })

  it('a key that was dropped verifies nothing', async () => {
    const others = await imported(await tokenKey())
    expect(await verifyToken(others, await signToken(keys, ORDER), EXPECTED)).toBeUndefined()
  })
})

describe('importTokenKeys', () => {
  it('lets nobody read the private key', () => {
    expect(keys.signing.key.extractable).toBe(false)
  })

  it.each([
    ['x', 'A'.repeat(43)],
    ['d', 'A'.repeat(43)],
    ['d', 'other'],
  ])('is misconfigured when %s is %s', async (name, value) => {
    const other = value === 'other' ? (await tokenKey()).d : value
    const refusal = await refusalOf(() => imported({ ...by.key, [name]: other }))
    expect(refusal.code).toBe('misconfigured')
    expect(refusal.message).toMatch(/^OTPOST_TOKEN_KEYS holds a key .* run npm run token-keys/)
  })
})

describe('tokens', () => {
  it('signs, verifies and publishes by one set', async () => {
    const port = tokens({ keys: [by.key] })
    await port.ready()
    const token = await port.sign(ORDER)
    expect(await port.verify(token, EXPECTED)).toMatchObject(CLAIMS)
    expect(await port.verify(`${token}A`, EXPECTED)).toBeUndefined()
    expect(port.publicKeys(NOW)).toEqual({ keys: [publicHalf(by.key)] })
  })

  it('refuses each call without OTPOST_TOKEN_KEYS', async () => {
    const port = tokens(undefined)
    const calls = [
      () => port.ready(),
      () => port.sign(ORDER),
      () => port.verify('', EXPECTED),
      () => port.publicKeys(NOW),
    ]
    for (const call of calls) {
      const { code, message } = await refusalOf(call)
      expect({ code, message }).toEqual({
        code: 'misconfigured',
        message: 'OTPOST_TOKEN_KEYS is missing: run npm run token-keys -- add.',
      })
    }
  })
})
