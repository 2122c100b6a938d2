import { beforeAll, describe, expect, it } from 'vitest'
import {
  isLive,
  publicHalf,
  publicKeys,
  readTokenKeys,
  type PrivateTokenKey,
} from '../../src/core/token-keys.ts'
import { retired, tokenKey } from '../support/token-keys.ts'

const RETIRED = 1_795_000_000
const OVER = RETIRED + 30 * 24 * 60 * 60 + 600

let key: PrivateTokenKey
let old: PrivateTokenKey

beforeAll(async () => {
  ;[key, old] = await Promise.all([tokenKey(), tokenKey()])
})

describe('readTokenKeys', () => {
  it('reads a signing key, public ones behind it, and kids that are no thumbprints', () => {
    const keys = [key, retired(old, RETIRED), { ...old, kid: 'next' }]
    expect(readTokenKeys(JSON.stringify({ keys }))).toEqual({ keys })
  })

  const of = (changes: object) => () => ({ keys: [{ ...key, ...changes }] })

  it.each<[string, () => unknown, string]>([
    ['a text', () => 'canary', 'is no JSON Web Key Set'],
    ['a list', () => [key], 'is no JSON Web Key Set'],
    ['one key', () => key, 'is no JSON Web Key Set'],
    ['a set with a member more', () => ({ keys: [key], canary: 1 }), 'is no JSON Web Key Set'],
    ['a set without a key', () => ({ keys: [] }), 'has no key'],
    ['a key that is a text', () => ({ keys: ['canary'] }), 'has a key that is no JSON object'],
    ['RSA', of({ kty: 'RSA' }), 'has a key whose kty is not EC'],
    ['P-384', of({ crv: 'P-384' }), 'has a key whose crv is not P-256'],
    ['HS256', of({ alg: 'HS256' }), 'has a key whose alg is not ES256'],
    ['no alg', of({ alg: undefined }), 'has a key whose alg is not ES256'],
    ['a key for encryption', of({ use: 'enc' }), 'has a key whose use is not sig'],
    ['no x', of({ x: undefined }), 'has a key without x'],
    ['a short y', of({ y: 'canary' }), 'has a key whose y is no 32 bytes in base64url'],
    [
      '31 bytes in 43 characters',
      of({ x: `${'A'.repeat(42)}B` }),
      'has a key whose x is no 32 bytes',
    ],
    ['a padded d', of({ d: `${'A'.repeat(43)}=` }), 'has a key whose d is no 32 bytes'],
    ['no kid', of({ kid: undefined }), 'has a key without kid'],
    ['an empty kid', of({ kid: '' }), 'has a kid that is not 1 to 128 visible ASCII characters'],
    ['a kid with a space', of({ kid: 'a canary' }), 'has a kid that is not 1 to 128'],
    ['a member more', of({ canary: 1 }), 'has a key with a member that otpost does not know'],
    ['retired_at as text', () => ({ keys: [key, { ...old, retired_at: '1' }] }), 'in Unix seconds'],
    ['retired_at in ms', () => ({ keys: [key, retired(old, Date.now())] }), 'in milliseconds'],
    ['no d on the first', of({ d: undefined }), 'has a first key without d: the first one signs'],
    ['a retired first', of({ retired_at: RETIRED }), 'has a first key with retired_at'],
    ['a kid twice', () => ({ keys: [key, { ...old, kid: key.kid }] }), 'has two keys of one kid'],
  ])('refuses %s, and tells no value', (_, make, problem) => {
    const read = () => readTokenKeys(JSON.stringify(make()))
    expect(read).toThrow(/^OTPOST_TOKEN_KEYS (?:has|is) [^\n]*\.$/)
    expect(read).toThrow(problem)
    expect(read).not.toThrow(/canary/)
    expect(read).not.toThrow(key.d)
  })

  it.each(['', '{', "{'keys':[]}", 'canary'])('says that %j is no JSON', (text) => {
    expect(() => readTokenKeys(text)).toThrow(/^OTPOST_TOKEN_KEYS is no JSON: npm run token-keys/)
  })
})

describe('publicKeys', () => {
  it('shows what verifies, the signing key first, and never a private number', () => {
    const keys = { keys: [key, retired(old, RETIRED), { ...old, kid: 'next' }] as const }
    const shown = publicKeys(keys, OVER * 1000 - 1)
    expect(shown.keys).toEqual([
      publicHalf(key),
      { ...publicHalf(old), retired_at: RETIRED },
      { ...publicHalf(old), kid: 'next' },
    ])
    for (const shownKey of shown.keys) {
      const { retired_at: _, ...members } = shownKey
      expect(Object.keys(members)).toEqual(['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'])
    }
    expect(JSON.stringify(shown)).not.toContain(key.d)
    expect(JSON.stringify(shown)).not.toContain(old.d)
  })

  it('leaves out a key when the last token that it signed is over', () => {
    const keys = { keys: [key, retired(old, RETIRED)] as const }
    expect(publicKeys(keys, OVER * 1000 - 1).keys).toHaveLength(2)
    expect(publicKeys(keys, OVER * 1000).keys).toEqual([publicHalf(key)])
    expect(isLive(key, Number.MAX_SAFE_INTEGER)).toBe(true)
  })
})
