import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canUnseal,
  deriveCodeKeys,
  deriveNumberKeys,
  hmac,
  seal,
  unseal,
} from '../../src/core/keys.ts'
import { bytesOf } from '../../src/core/text.ts'

const FIRST = 'a secret of the tests, long enough'
const SECOND = 'another secret of the tests, as long'
const CONTEXT = 'ver_00112233445566778899aabbccddeeff'

describe('seal and unseal', () => {
  it('give any text back in its own context', async () => {
    const keys = await deriveCodeKeys([FIRST])
    const anyText = fc.string({ unit: 'binary', maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (context, text) => {
        expect(await unseal(keys, context, await seal(keys, context, text))).toBe(text)
      }),
      { numRuns: 200 },
    )
  })

  it('never write the same bytes for the same text, nor the text', async () => {
    const keys = await deriveCodeKeys([FIRST])
    const sealed = await Promise.all([1, 2, 3].map(() => seal(keys, CONTEXT, '+12025550123')))
    expect(new Set(sealed).size).toBe(3)
    for (const text of sealed) {
      const body = Uint8Array.fromBase64(text.split('.')[1] ?? '', { alphabet: 'base64url' })
      expect(new TextDecoder('latin1').decode(body)).not.toContain('2025550123')
    }
  })

  it('refuse another context', async () => {
    const keys = await deriveCodeKeys([FIRST])
    const sealed = await seal(keys, CONTEXT, '123456')
    await expect(unseal(keys, `${CONTEXT} `, sealed)).rejects.toThrow(Error)
    await expect(unseal(keys, '', sealed)).rejects.toThrow(Error)
  })

  it('refuse a text of which any bit was changed', async () => {
    const keys = await deriveCodeKeys([FIRST])
    const [id, body = ''] = (await seal(keys, CONTEXT, '123456')).split('.')
    const bytes = Uint8Array.fromBase64(body, { alphabet: 'base64url' })
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const text = `${id}.${changed.toBase64({ alphabet: 'base64url', omitPadding: true })}`
      await expect(unseal(keys, CONTEXT, text)).rejects.toThrow(Error)
    }
  })

  it.each(['', '.', 'nonsense', '00000000.AAAA', '00000000'])('refuse %j', async (sealed) => {
    const keys = await deriveCodeKeys([FIRST])
    expect(canUnseal(keys, sealed)).toBe(false)
    await expect(unseal(keys, CONTEXT, sealed)).rejects.toThrow(Error)
  })

  it('refuse a body that is cut short', async () => {
    const keys = await deriveCodeKeys([FIRST])
    for (const body of ['', 'AAAA', 'AAAAAAAAAAAAAAAA', '!']) {
      await expect(unseal(keys, CONTEXT, `${keys.mint.id}.${body}`)).rejects.toThrow(Error)
    }
  })
})

describe('deriveCodeKeys', () => {
  it('names each key by its secret, and nothing of the secret', async () => {
    const keys = await deriveCodeKeys([FIRST, SECOND])
    // Computed with Node's crypto.
    expect(keys.mint.id).toBe('965232e9')
    expect(keys.all.map(({ id }) => id)).toEqual([
      '965232e9',
      (await deriveCodeKeys([SECOND])).mint.id,
    ])
    expect(keys.byId('965232e9')).toBe(keys.mint)
    expect(keys.byId('00000000')).toBeUndefined()
  })

  it('mints with the first secret of a list, and opens what any of them made', async () => {
    const before = await deriveCodeKeys([FIRST])
    const rotated = await deriveCodeKeys([SECOND, FIRST])
    const old = await seal(before, CONTEXT, 'old')
    const fresh = await seal(rotated, CONTEXT, 'new')
    expect(await unseal(rotated, CONTEXT, old)).toBe('old')
    expect(await unseal(rotated, CONTEXT, fresh)).toBe('new')
    expect(fresh.startsWith(`${rotated.mint.id}.`)).toBe(true)
    expect(canUnseal(before, fresh)).toBe(false)
    await expect(unseal(before, CONTEXT, fresh)).rejects.toThrow(/key id/)
  })

  it('opens nothing of a secret that was dropped', async () => {
    const old = await seal(await deriveCodeKeys([FIRST]), CONTEXT, 'old')
    const after = await deriveCodeKeys([SECOND])
    expect(canUnseal(after, old)).toBe(false)
    await expect(unseal(after, CONTEXT, old)).rejects.toThrow(Error)
  })

  it('does without a secret for nobody', async () => {
    await expect(deriveCodeKeys([])).rejects.toThrow('needs a secret')
  })
})

describe('deriveNumberKeys', () => {
  const digests = async (secret: string) => {
    const keys = await deriveNumberKeys(secret)
    const all = [keys.tagging, keys.masking, keys.naming, keys.hashing]
    return Promise.all(all.map(async (key) => (await hmac(key, bytesOf('x'))).toHex()))
  }

  it('makes the same keys from the same secret for ever, one for each purpose', async () => {
    const [tag, mask, name, number] = await digests(FIRST)
    // Computed with Node's crypto.
    expect(tag).toBe('941f06e363b1f4255bc23afe19e837ac00dfe71ddb60e57eb117193f14ca49c6')
    expect(mask).toBe('949d645b95cb58d5ab5b76b26eaa39f53c14148da4d3a3ed719f0401a7bdff65')
    expect(name).toBe('e9e6515c64b5c4ebed22aeb31638d03129f0092e213007a2e8e6a5debd69f480')
    expect(new Set([tag, mask, name, number]).size).toBe(4)
  })

  it('makes other keys from another secret', async () => {
    const both = [...(await digests(FIRST)), ...(await digests(SECOND))]
    expect(new Set(both).size).toBe(8)
  })

  it('shares no key with the code secret', async () => {
    const codes = await deriveCodeKeys([FIRST])
    const code = (await hmac(codes.mint.hashing, bytesOf('x'))).toHex()
    expect(await digests(FIRST)).not.toContain(code)
  })

  it('lets nobody read the keys', async () => {
    const numbers = await deriveNumberKeys(FIRST)
    const codes = await deriveCodeKeys([FIRST])
    const all = [...Object.values(numbers), codes.mint.hashing, codes.mint.sealing]
    for (const key of all) {
      expect(key.extractable).toBe(false)
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow(Error)
    }
  })
})
