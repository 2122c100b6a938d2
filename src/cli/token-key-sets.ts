import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import {
  isLive,
  overAt,
  publicHalf,
  type PrivateTokenKey,
  type PublicTokenKey,
  type TokenKey,
  type TokenKeySet,
} from '../core/token-keys.ts'

export const TOKEN_KEYS = 'OTPOST_TOKEN_KEYS' as const

/** Makes a key that signs, named by its thumbprint (RFC 7638). */
export async function makeTokenKey(): Promise<PrivateTokenKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { x, y, d } = await exportJWK(privateKey)
  if (x === undefined || y === undefined || d === undefined) throw new Error('No EC key was made')
  const point = { kty: 'EC', crv: 'P-256', x, y } as const
  const kid = await calculateJwkThumbprint(point)
  return { ...point, d, kid, alg: 'ES256', use: 'sig' }
}

/** Writes a set as the value of `OTPOST_TOKEN_KEYS`, in one line. */
export const writeTokenKeys = (set: TokenKeySet): string => JSON.stringify(set)

/** Makes the value of `OTPOST_TOKEN_KEYS` for who has none. */
export const makeTokenKeys = async (): Promise<string> =>
  writeTokenKeys({ keys: [await makeTokenKey()] })

/**
 * Puts a key in front of others: their private halves go, each is retired now (Unix milliseconds)
 * unless it was before, and those that are over are left out.
 */
export const rotated = (
  key: PrivateTokenKey,
  others: readonly TokenKey[],
  now: number,
): TokenKeySet => ({
  keys: [
    key,
    ...others
      .filter((other) => isLive(other, now))
      .map((other) => ({
        ...publicHalf(other),
        retired_at: other.retired_at ?? Math.floor(now / 1000),
      })),
  ],
})

const time = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const stateOf = (key: PublicTokenKey, place: number, now: number): string => {
  if (place === 0) return 'signs'
  if (key.retired_at === undefined) return 'verifies'
  const until = isLive(key, now) ? 'verifies until' : 'over since'
  return `retired ${time(key.retired_at)}, ${until} ${time(overAt(key))}`
}

/** Tells each key and what it does, one a line, the one that signs first. */
export const describeKeys = (keys: readonly PublicTokenKey[], now: number): string =>
  keys.map((key, place) => `  ${key.kid}  ${stateOf(key, place, now)}`).join('\n')
