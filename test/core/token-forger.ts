import { base64url, importJWK, SignJWT, type CryptoKey } from 'jose'
import type { PrivateTokenKey } from '../../src/core/token-keys.ts'
import type { TokenKeys, TokenOrder } from '../../src/core/tokens.ts'
import { imported, tokenKey } from '../support/token-keys.ts'

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 500)
export const SECONDS = Math.floor(NOW / 1000)
export const DAY = 24 * 60 * 60

export const CLAIMS = {
  iss: 'https://otp.example.com',
  sub: 'user-1',
  aud: 'project-1',
  jti: 'token-1',
} as const
export const TIMES = { iat: SECONDS, exp: SECONDS + 30 * DAY }
export const ORDER: TokenOrder = {
  typ: 'at+jwt',
  claims: CLAIMS,
  issuedAt: NOW,
  lifeSeconds: 30 * DAY,
}
export const EXPECTED = {
  typ: 'at+jwt',
  issuer: CLAIMS.iss,
  audience: CLAIMS.aud,
  now: NOW + 1000,
} as const

export const partsOf = (token: string) => token.split('.') as [string, string, string]
export const json = (value: object) => base64url.encode(JSON.stringify(value))

/** A key of ours, and who signs with it what nobody should. */
export interface Forger {
  readonly key: PrivateTokenKey
  readonly keys: TokenKeys
  readonly signer: CryptoKey
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string }
  /** Signs a good token with some of its header and claims changed. */
  forge(header: object, claims?: object, by?: CryptoKey): Promise<string>
}

export const signerOf = (key: PrivateTokenKey): Promise<CryptoKey> => importJWK({ ...key }, 'ES256')

export async function forger(): Promise<Forger> {
  const key = await tokenKey()
  const signer = await signerOf(key)
  const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
  return {
    key,
    keys: await imported(key),
    signer,
    header,
    forge: (head, claims = {}, by = signer) =>
      new SignJWT({ ...CLAIMS, ...TIMES, ...claims })
        .setProtectedHeader({ ...header, ...head })
        .sign(by),
  }
}
