import { type CryptoKey, errors, importJWK, jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import type { Tokens } from './ports.ts'
import { Refusal } from './refusal.ts'
import {
  isLive,
  LONGEST_TOKEN_LIFE_SECONDS,
  publicHalf,
  publicKeys,
  type PublicTokenKey,
  type TokenKey,
  type TokenKeySet,
} from './token-keys.ts'

/** An access token, or the proof that a number was verified; neither passes for the other. */
export type TokenType = 'at+jwt' | 'otpost-proof+jwt'

/** What a token says, without its times; written in this order. */
export interface TokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  /** Names the token: one string of it is not the only one that verifies. */
  readonly jti: string
  readonly [name: string]: unknown
}

export interface TokenOrder {
  readonly typ: TokenType
  readonly claims: TokenClaims & { readonly iat?: never; readonly exp?: never }
  /** Unix milliseconds: the same time and claims make the same token, but for its signature. */
  readonly issuedAt: number
  /** Whole seconds, 30 days at most. */
  readonly lifeSeconds: number
}

export interface TokenExpectation {
  readonly typ: TokenType
  readonly issuer: string
  readonly audience: string
  /** Unix milliseconds. */
  readonly now: number
}

export interface VerifiedClaims extends TokenClaims {
  /** Unix seconds, as in the token. */
  readonly iat: number
  readonly exp: number
}

/** The keys of `OTPOST_TOKEN_KEYS`, ready for use. */
export interface TokenKeys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  readonly verifying: readonly { readonly jwk: PublicTokenKey; readonly key: CryptoKey }[]
}

const ALGORITHM = 'ES256'
const LONGEST_TOKEN = 4096
const FUTURE_SECONDS = 60
const REQUIRED = ['iss', 'sub', 'aud', 'jti', 'iat', 'exp']
const HEADER = new Set(['alg', 'typ', 'kid'])

const verifiedClaims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  jti: z.string().min(1),
  iat: z.int(),
  exp: z.int(),
})

/** Imports every key of a set; refuses as misconfigured when one is no point of the curve. */
export async function importTokenKeys({ keys }: TokenKeySet): Promise<TokenKeys> {
  const [first] = keys
  const [signing, verifying] = await Promise.all([
    importKey(first),
    Promise.all(keys.map(async (key) => ({ jwk: key, key: await importKey(publicHalf(key)) }))),
  ])
  return { signing: { kid: first.kid, key: signing }, verifying }
}

async function importKey({ kty, crv, x, y, d }: TokenKey): Promise<CryptoKey> {
  try {
    const jwk = { kty, crv, x, y, ...(d === undefined ? {} : { d }) }
    return await importJWK(jwk, ALGORITHM)
  } catch {
    throw new Refusal('misconfigured', {
      detail:
        'OTPOST_TOKEN_KEYS holds a key whose numbers do not belong together: ' +
        'run npm run token-keys -- rotate --forget-old.',
    })
  }
}

/** Signs a token: its claims in the order in which they are given, then `iat` and `exp`. */
export async function signToken({ signing }: TokenKeys, order: TokenOrder): Promise<string> {
  const { typ, claims, issuedAt, lifeSeconds } = order
  if (!(lifeSeconds > 0 && lifeSeconds <= LONGEST_TOKEN_LIFE_SECONDS)) {
    throw new Error('A token lives 30 days at most: its key is not published any longer')
  }
  const iat = Math.floor(issuedAt / 1000)
  return new SignJWT({ ...claims, iat, exp: iat + lifeSeconds })
    .setProtectedHeader({ alg: ALGORITHM, typ, kid: signing.kid })
    .sign(signing.key)
}

/**
 * What a token says when one of our keys signed it, of this type, for this issuer and audience, and
 * its time has come and is not over; undefined for whatever reason it is not to be trusted.
 */
export async function verifyToken(
  keys: TokenKeys,
  token: string,
  { typ, issuer, audience, now }: TokenExpectation,
): Promise<VerifiedClaims | undefined> {
  if (token.length > LONGEST_TOKEN) return undefined
  try {
    const { payload } = await jwtVerify(token, (header) => keyOf(keys, header, now), {
      algorithms: [ALGORITHM],
      typ,
      issuer,
      audience,
      requiredClaims: REQUIRED,
      currentDate: new Date(now),
    })
    const claims = verifiedClaims.safeParse(payload)
    if (!claims.success || claims.data.iat > now / 1000 + FUTURE_SECONDS) return undefined
    return claims.data
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** The key that a header names; one without a name, or that says more than we write, has none. */
function keyOf({ verifying }: TokenKeys, header: object, now: number): CryptoKey {
  const kid = 'kid' in header ? header.kid : undefined
  const found = verifying.find(({ jwk }) => jwk.kid === kid && isLive(jwk, now))
  if (found === undefined || Object.keys(header).some((name) => !HEADER.has(name))) {
    throw new errors.JWKSNoMatchingKey()
  }
  return found.key
}

/** Signs and verifies by a key set, which is imported once; without one each call is refused. */
export function tokens(set: TokenKeySet | undefined): Tokens {
  let imported: TokenKeys | undefined
  // A value is kept, since a promise of one request may not be awaited in another.
  const keys = async () => {
    const ready = imported ?? (await importTokenKeys(present(set)))
    imported = ready
    return ready
  }
  return {
    ready: async () => void (await keys()),
    sign: async (order) => signToken(await keys(), order),
    verify: async (token, expected) => verifyToken(await keys(), token, expected),
    publicKeys: (now) => publicKeys(present(set), now),
  }
}

function present(set: TokenKeySet | undefined): TokenKeySet {
  if (set !== undefined) return set
  throw new Refusal('misconfigured', {
    detail: 'OTPOST_TOKEN_KEYS is missing: run npm run token-keys -- add.',
  })
}
