import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keyRing } from '../../src/storage/key-ring.ts'
import { refusalOf } from '../core/refusal-of.ts'
import { account, sha256 } from '../support/api.ts'

/** Finds the holder of a new key whose row holds these restrictions. */
async function find(kind: 'secret' | 'publishable', restrictions: string) {
  const { secret } = await account({ kind })
  await env.DB.prepare('UPDATE api_keys SET restrictions = ?').bind(restrictions).run()
  const ring = keyRing(
    () => env.DB,
    () => undefined,
    () => Date.now(),
  )
  return { keyHash: await sha256(secret), caller: () => ring.find(secret) }
}

describe('keyRing: restrictions', () => {
  it('are those of a publishable key', async () => {
    const stored = JSON.stringify({ origins: ['https://shop.example'], countries: ['EE'] })
    const { keyHash, caller } = await find('publishable', stored)
    expect(await caller()).toMatchObject({
      kind: 'publishable',
      keyHash,
      restrictions: {
        origins: ['https://shop.example'],
        countries: ['EE'],
        sendsPerDay: 1000,
        turnstile: true,
      },
    })
  })

  it('are none of a secret key', async () => {
    const { caller } = await find('secret', '{"sendsPerDay":1}')
    expect(Object.keys((await caller()) ?? {}).toSorted()).toEqual(['kind', 'mode', 'project'])
  })

  it.each([
    ['no JSON', '{'],
    ['another kind of JSON', '[]'],
    ['an origin that is none', '{"origins":["shop.example"]}'],
    ['an origin of test keys', '{"origins":["localhost"]}'],
    ['what nobody knows', '{"origins":[],"everywhere":true}'],
    ['a countless cap', '{"sendsPerDay":null}'],
  ])('make a publishable key misconfigured by %s', async (_, stored) => {
    const { caller } = await find('publishable', stored)
    expect((await refusalOf(caller)).code).toBe('misconfigured')
  })
})
