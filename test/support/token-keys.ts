import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { importTokenKeys, type TokenKeys } from '../../src/core/tokens.ts'
import {
  publicHalf,
  type PrivateTokenKey,
  type TokenKey,
  type TokenKeySet,
} from '../../src/core/token-keys.ts'

/** Makes a key that can sign, as it stands in `OTPOST_TOKEN_KEYS`. */
export async function tokenKey(): Promise<PrivateTokenKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const { x = '', y = '', d = '' } = jwk
  return { kty: 'EC', crv: 'P-256', x, y, d, kid, alg: 'ES256', use: 'sig' }
}

/** Imports keys of which the first signs. */
export const imported = (...keys: TokenKeySet['keys']): Promise<TokenKeys> =>
  importTokenKeys({ keys })

/** What is kept of a key once another one signs. */
export const retired = (key: TokenKey, seconds: number): TokenKey => ({
  ...publicHalf(key),
  retired_at: seconds,
})
