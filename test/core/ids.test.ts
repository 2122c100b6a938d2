import { beforeAll, describe, expect, it } from 'vitest'
import {
  deliveryOfToken,
  deliveryToken,
  hashNumber,
  lineOf,
  lineOfId,
  mintId,
} from '../../src/core/ids.ts'
import { deriveNumberKeys, type NumberKeys } from '../../src/core/keys.ts'
import type { E164 } from '../../src/core/phone.ts'

const PHONE = '+12025550123' as E164
const OTHER = '+12025550124' as E164

let keys: NumberKeys
let otherKeys: NumberKeys
beforeAll(async () => {
  keys = await deriveNumberKeys('a secret of the tests, long enough')
  otherKeys = await deriveNumberKeys('another secret of the tests, as long')
})

const lineOfNumber = async (number = PHONE, mode: 'live' | 'test' = 'live') =>
  lineOf(await hashNumber(keys, mode, number))

describe('hashNumber', () => {
  it('stays what it was, so that no number ever gets a fresh budget', async () => {
    // Computed with Node's crypto.
    expect((await hashNumber(keys, 'live', PHONE)).toHex()).toBe(
      '68e454b0ddb3c72ddf04f7ac01c482845306145e3b20e7a2069a6b7373fdfcda',
    )
    expect((await lineOfNumber()).toHex()).toBe('68e454b0ddb3c72d')
  })

  it('is another for another number, mode or secret', async () => {
    const hashes = await Promise.all([
      hashNumber(keys, 'live', PHONE),
      hashNumber(keys, 'test', PHONE),
      hashNumber(keys, 'live', OTHER),
      hashNumber(otherKeys, 'live', PHONE),
    ])
    expect(new Set(hashes.map((hash) => lineOf(hash).toHex())).size).toBe(4)
  })
})

describe('mintId and lineOfId', () => {
  it.each(['ver', 'del'] as const)('lead from a %s_ id back to its line', async (prefix) => {
    for (let i = 0; i < 200; i += 1) {
      const line = crypto.getRandomValues(new Uint8Array(8))
      const id = await mintId(keys, prefix, line)
      expect(id).toMatch(RegExp(`^${prefix}_[0-9a-f]{32}$`))
      expect((await lineOfId(keys, prefix, id))?.toHex()).toBe(line.toHex())
    }
  })

  it('take an id by its own prefix only', async () => {
    const id = await mintId(keys, 'ver', await lineOfNumber())
    expect(await lineOfId(keys, 'del', id)).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'ver_'],
    ['31 digits', `ver_${'a'.repeat(31)}`],
    ['33 digits', `ver_${'a'.repeat(33)}`],
    ['upper case', `ver_${'A'.repeat(32)}`],
    ['no hex', `ver_${'g'.repeat(32)}`],
    ['no prefix', 'a'.repeat(32)],
    ['a line break', `ver_${'a'.repeat(32)}\n`],
    ['fullwidth digits', `ver_${'\uff11'.repeat(32)}`],
    ['a longer prefix', `verx_${'a'.repeat(32)}`],
  ])('know no id that is %s', async (_, id) => {
    expect(await lineOfId(keys, 'ver', id)).toBeUndefined()
  })

  it('know upper and lower case apart', async () => {
    const id = await mintId(keys, 'ver', Uint8Array.fromHex('68e454b0ddb3c72d'))
    expect(await lineOfId(keys, 'ver', `ver_${id.slice(4).toUpperCase()}`)).toBeUndefined()
  })

  it('let next to no altered id through, wherever it was altered', async () => {
    let passed = 0
    for (let round = 0; round < 20; round += 1) {
      const id = await mintId(keys, 'ver', await lineOfNumber())
      for (let place = 4; place < 36; place += 1) {
        const digit = ((Number.parseInt(id[place] ?? '', 16) + 1) % 16).toString(16)
        const altered = id.slice(0, place) + digit + id.slice(place + 1)
        if ((await lineOfId(keys, 'ver', altered)) !== undefined) passed += 1
      }
    }
    // 640 altered ids, of which one in 65,536 may pass.
    expect(passed).toBeLessThanOrEqual(3)
  })

  it('let next to no made-up id through', async () => {
    let passed = 0
    for (let i = 0; i < 20_000; i += 1) {
      const id = `ver_${crypto.getRandomValues(new Uint8Array(16)).toHex()}`
      if ((await lineOfId(keys, 'ver', id)) !== undefined) passed += 1
    }
    // 0.3 on average; more than 8 come once in 10^10 runs.
    expect(passed).toBeLessThanOrEqual(8)
  })

  it('know no id of another secret', async () => {
    let passed = 0
    for (let i = 0; i < 500; i += 1) {
      const id = await mintId(otherKeys, 'ver', await lineOfNumber())
      if ((await lineOfId(keys, 'ver', id)) !== undefined) passed += 1
    }
    expect(passed).toBeLessThanOrEqual(3)
  })

  it('give two ids of one line nothing in common', async () => {
    const line = await lineOfNumber()
    const minted = await Promise.all(Array.from({ length: 200 }, () => mintId(keys, 'ver', line)))
    const ids = minted.map((id) => Uint8Array.fromHex(id.slice(4)))
    expect(new Set(minted).size).toBe(200)
    for (let place = 0; place < 16; place += 1) {
      expect(new Set(ids.map((bytes) => bytes[place])).size).toBeGreaterThan(60)
    }
    for (const [i, a] of ids.entries()) {
      const b = ids[i + 1] ?? ids[0] ?? a
      const shared = a.filter((byte, place) => byte === b[place]).length
      expect(shared).toBeLessThanOrEqual(6)
      expect(a.toHex()).not.toContain(line.toHex())
    }
  })
})

describe('deliveryToken and deliveryOfToken', () => {
  const id = `del_${'0a'.repeat(16)}`

  it('lead from a token back to its delivery', async () => {
    const token = await deliveryToken(keys, 'report', id)
    expect(token).toMatch(/^(?:0a){16}[0-9a-f]{32}$/)
    expect(await deliveryOfToken(keys, 'report', token)).toBe(id)
  })

  it('know a token for its own purpose, id and secret only', async () => {
    const token = await deliveryToken(keys, 'report', id)
    expect(await deliveryOfToken(keys, 'call', token)).toBeUndefined()
    expect(await deliveryOfToken(otherKeys, 'report', token)).toBeUndefined()
    expect(await deliveryOfToken(keys, 'report', `1${token.slice(1)}`)).toBeUndefined()
  })

  it('know no token of which one character was changed', async () => {
    const token = await deliveryToken(keys, 'report', id)
    for (const [place, old] of token.split('').entries()) {
      const digit = old === 'f' ? '0' : 'f'
      const changed = token.slice(0, place) + digit + token.slice(place + 1)
      expect(await deliveryOfToken(keys, 'report', changed)).toBeUndefined()
    }
  })

  it.each([
    '',
    'x',
    '0'.repeat(63),
    '0'.repeat(65),
    'G'.repeat(64),
    '0A'.repeat(32),
    '٠'.repeat(64),
  ])('know no token like %j', async (token) => {
    expect(await deliveryOfToken(keys, 'report', token)).toBeUndefined()
  })
})
