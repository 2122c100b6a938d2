import * as fc from 'fast-check'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import {
  acceptableStep,
  makeTotpSecret,
  stepsOf,
  totpContext,
  totpUri,
} from '../../src/core/totp.ts'

const STEP = 30_000

/** The ASCII text "12345678901234567890" of RFC 6238. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** RFC 6238, Appendix B: Unix seconds, the step in hex, and the code of eight digits (SHA-1). */
const VECTORS = [
  [59, '0000000000000001', '94287082'],
  [1111111109, '00000000023523EC', '07081804'],
  [1111111111, '00000000023523ED', '14050471'],
  [1234567890, '000000000273EF07', '89005924'],
  [2000000000, '0000000003F940AA', '69279037'],
  [20000000000, '0000000027BC86AA', '65353130'],
] as const

const codeAt = (secret: string, milliseconds: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: milliseconds })

describe('stepsOf', () => {
  it.each(VECTORS)('knows the code of RFC 6238 at %i s', (seconds, step, code) => {
    const sixDigits = code.slice(-6)
    expect(stepsOf(RFC_SECRET, sixDigits, seconds * 1000)).toEqual([Number.parseInt(step, 16)])
  })

  it.each(VECTORS)('takes no other code at %i s', (seconds, _, code) => {
    const right = code.slice(-6)
    const now = seconds * 1000
    const others = [
      code,
      right.slice(1),
      ` ${right}`,
      `${right}0`,
      '',
      '000000',
      right.split('').toReversed().join(''),
    ]
    for (const other of others) expect(stepsOf(RFC_SECRET, other, now)).toEqual([])
  })

  it.each(VECTORS)(
    'takes the code of %i s one step before and after it, no further',
    (seconds, step, code) => {
      const own = Number.parseInt(step, 16)
      const typed = code.slice(-6)
      const at = (milliseconds: number) => stepsOf(RFC_SECRET, typed, milliseconds)
      const begins = own * STEP
      // From one step before its own ...
      expect(at(begins - STEP)).toEqual([own])
      if (begins > STEP) expect(at(begins - STEP - 1)).toEqual([])
      expect(at(begins - 1)).toEqual([own])
      expect(at(begins)).toEqual([own])
      // ... until the end of the step after it.
      expect(at(begins + STEP)).toEqual([own])
      expect(at(begins + 2 * STEP - 1)).toEqual([own])
      expect(at(begins + 2 * STEP)).toEqual([])
    },
  )

  it('names every step of the three whose code is the same', () => {
    // Two steps in a row share a code once in a million: these do.
    const [first, code] = [62_075_368, '235522']
    expect(stepsOf(RFC_SECRET, code, first * STEP)).toEqual([first, first + 1])
    expect(stepsOf(RFC_SECRET, code, (first + 2) * STEP)).toEqual([first + 1])
  })

  it('knows no code of another secret', () => {
    const other = 'A'.repeat(32)
    for (const [seconds] of VECTORS) {
      const now = seconds * 1000
      expect(stepsOf(RFC_SECRET, codeAt(other, now), now)).toEqual([])
    }
  })
})

describe('makeTotpSecret', () => {
  it('makes 160 bits in base32, another one each time', () => {
    const secrets = Array.from({ length: 500 }, makeTotpSecret)
    for (const secret of secrets) {
      expect(secret).toMatch(/^[A-Z2-7]{32}$/)
      expect(Secret.fromBase32(secret).bytes.byteLength * 8).toBe(160)
    }
    expect(new Set(secrets).size).toBe(500)
  })

  it('spreads each of its 160 bits', () => {
    const ones = Array.from({ length: 160 }, () => 0)
    const count = 1000
    for (let n = 0; n < count; n += 1) {
      const { bytes } = Secret.fromBase32(makeTotpSecret())
      for (let bit = 0; bit < 160; bit += 1) {
        ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
      }
    }
    // Seven standard deviations around the half: one run in a thousand million goes beyond.
    for (const some of ones)
      expect(Math.abs(some - count / 2)).toBeLessThan((7 * Math.sqrt(count)) / 2)
  })
})

describe('totpUri', () => {
  const read = (issuer: string, account: string) => {
    const uri = totpUri(RFC_SECRET, issuer, account)
    const url = new URL(uri)
    return { uri, url, path: decodeURIComponent(url.pathname.slice(1)) }
  }

  it('says what an app needs', () => {
    expect(read('Example', 'john').uri).toBe(
      `otpauth://totp/Example:john?issuer=Example&secret=${RFC_SECRET}&algorithm=SHA1&digits=6&period=30`,
    )
  })

  it.each([
    ['a & b = c?', 'x#y/z%20'],
    ['Läden & Söhne', 'jörg@example.com'],
    ['日本', '😀'],
    ['"><script>', "';--"],
  ])('escapes %s and %s, so that an app reads them back', (issuer, account) => {
    const { uri, url, path } = read(issuer, account)
    expect(uri).toMatch(/^otpauth:\/\/totp\/[A-Za-z0-9%:@._~!$&'()*+,;=-]+\?/)
    expect(path).toBe(`${issuer}:${account}`)
    expect(url.searchParams.get('issuer')).toBe(issuer)
    expect(url.searchParams.get('secret')).toBe(RFC_SECRET)
    expect([...url.searchParams.keys()]).toEqual([
      'issuer',
      'secret',
      'algorithm',
      'digits',
      'period',
    ])
  })

  it('holds one colon, whatever the names hold', () => {
    const { path, url } = read('https://example.com:8443', 'a:b::c')
    expect(path).toBe('https //example.com 8443:a b  c')
    expect(url.searchParams.get('issuer')).toBe('https //example.com 8443')
  })

  it('cuts names between characters', () => {
    const { path, url } = read('😀'.repeat(255), 'é'.repeat(255))
    expect(url.searchParams.get('issuer')).toBe('😀'.repeat(10))
    expect(path).toBe(`${'😀'.repeat(10)}:${'é'.repeat(20)}`)
  })

  it('calls an account without a name "user"', () => {
    expect(read('Example', ' :: ').path).toBe('Example:user')
  })

  it('is read back by the library of apps, for any names', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(name, name, (issuer, account) => {
        const { url, path } = read(issuer, account)
        expect(url.protocol).toBe('otpauth:')
        expect(url.host).toBe('totp')
        expect(path.match(/:/g)?.length ?? 0).toBeLessThanOrEqual(1)
        expect(url.searchParams.get('secret')).toBe(RFC_SECRET)
        expect(url.searchParams.getAll('period')).toEqual(['30'])
      }),
    )
  })
})

describe('totpContext', () => {
  it('differs by factor', () => {
    expect(totpContext('a')).not.toBe(totpContext('b'))
  })
})

describe('acceptableStep', () => {
  const now = 1_800_000_000_000
  const current = Math.floor(now / STEP)
  const step = fc.integer({ min: current - 4, max: current + 4 })
  const time = fc.integer({ min: now - 4 * STEP, max: now + 4 * STEP })
  const last = fc.option(step, { nil: undefined })
  const stepOf = (milliseconds: number) => Math.floor(milliseconds / STEP)

  it.each([
    ['two steps before', -2, false],
    ['one step before', -1, true],
    ['the step itself', 0, true],
    ['one step after', 1, true],
    ['two steps after', 2, false],
  ])('answers to the code of %s', (_, distance, accepted) => {
    const typed = current + distance
    expect(acceptableStep([typed], undefined, now)).toBe(accepted ? typed : undefined)
  })

  it('turns at the millisecond', () => {
    const begins = current * STEP
    expect(acceptableStep([current - 1], undefined, begins + STEP - 1)).toBe(current - 1)
    expect(acceptableStep([current - 1], undefined, begins + STEP)).toBeUndefined()
    expect(acceptableStep([current + 1], undefined, begins - 1)).toBeUndefined()
    expect(acceptableStep([current + 1], undefined, begins)).toBe(current + 1)
  })

  it('is one that was typed, later than the last accepted, within the drift', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3 }), last, time, (steps, lastAccepted, at) => {
        const accepted = acceptableStep(steps, lastAccepted, at)
        const good = steps.filter(
          (typed) =>
            Math.abs(typed - stepOf(at)) <= 1 &&
            (lastAccepted === undefined || typed > lastAccepted),
        )
        if (good.length === 0) expect(accepted).toBeUndefined()
        else expect(good).toContain(accepted)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes the first of two, so that as little as possible is used up', () => {
    const both = [current, current + 1]
    expect(acceptableStep(both, undefined, now)).toBe(current)
    expect(acceptableStep(both, current, now)).toBe(current + 1)
    expect(acceptableStep(both, current + 1, now)).toBeUndefined()
  })

  it('accepts no step twice and none before it, in any sequence (T-10)', () => {
    const typed = fc.record({ at: time, step })
    fc.assert(
      fc.property(fc.array(typed, { minLength: 1, maxLength: 60, size: 'max' }), (sequence) => {
        let lastAccepted: number | undefined
        const accepted: number[] = []
        for (const { at, step: asked } of sequence) {
          const answer = acceptableStep([asked], lastAccepted, at)
          const isLater = accepted.every((earlier) => asked > earlier)
          const isNear = [-1, 0, 1].includes(asked - stepOf(at))
          expect(answer).toBe(isLater && isNear ? asked : undefined)
          if (answer === undefined) continue
          accepted.push(answer)
          lastAccepted = answer
        }
        expect(new Set(accepted).size).toBe(accepted.length)
        expect(accepted).toEqual(accepted.toSorted((a, b) => a - b))
      }),
      { numRuns: 500 },
    )
  })

  it('accepts a code of the app at most once, over any times at which it is typed', () => {
    const secret = makeTotpSecret()
    const offset = fc.integer({ min: 0, max: 8 * STEP })
    const shown = fc.integer({ min: -2, max: 2 })
    fc.assert(
      fc.property(fc.array(fc.tuple(offset, shown), { maxLength: 40 }), (sequence) => {
        let lastAccepted: number | undefined
        const accepted: number[] = []
        for (const [milliseconds, steps] of sequence) {
          const at = now + milliseconds
          const found = stepsOf(secret, codeAt(secret, at + steps * STEP), at)
          const answer = acceptableStep(found, lastAccepted, at)
          if (answer === undefined) continue
          expect(answer).toBeGreaterThan(lastAccepted ?? -1)
          accepted.push(answer)
          lastAccepted = answer
        }
        expect(new Set(accepted).size).toBe(accepted.length)
      }),
      { numRuns: 100 },
    )
  })
})
