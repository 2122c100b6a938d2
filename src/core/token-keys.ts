import * as z from 'zod'

/** How long a token may live: 30 days. A retired key is kept as long, and 10 minutes for clocks. */
export const LONGEST_TOKEN_LIFE_SECONDS = 30 * 24 * 60 * 60
const SKEW_SECONDS = 10 * 60

/** The public half of a key, as `/.well-known/jwks.json` shows it. */
export interface PublicTokenKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
  /** Unix seconds from which it signs no more; a member of our own, which readers of JWK ignore. */
  readonly retired_at?: number | undefined
}

/** A key of `OTPOST_TOKEN_KEYS`; one without `d` verifies only. */
export interface TokenKey extends PublicTokenKey {
  readonly d?: string | undefined
}

/** A key that can sign. */
export interface PrivateTokenKey extends TokenKey {
  readonly d: string
}

/** What `OTPOST_TOKEN_KEYS` holds: the first key signs, all verify until they are over. */
export interface TokenKeySet {
  readonly keys: readonly [PrivateTokenKey, ...(readonly TokenKey[])]
}

export interface PublicKeySet {
  readonly keys: readonly PublicTokenKey[]
}

/** 32 bytes in base64url without padding, with no bit to spare. */
const number256 = (name: string) =>
  z
    .string(`has a key without ${name}`)
    .regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/, `has a key whose ${name} is no 32 bytes in base64url`)

const tokenKey = z.strictObject(
  {
    kty: z.literal('EC', 'has a key whose kty is not EC'),
    crv: z.literal('P-256', 'has a key whose crv is not P-256'),
    x: number256('x'),
    y: number256('y'),
    d: number256('d').optional(),
    kid: z
      .string('has a key without kid')
      .regex(/^[\x21-\x7e]{1,128}$/, 'has a kid that is not 1 to 128 visible ASCII characters'),
    alg: z.literal('ES256', 'has a key whose alg is not ES256'),
    use: z.literal('sig', 'has a key whose use is not sig'),
    retired_at: z
      .int('has a retired_at that is no time in Unix seconds')
      .positive('has a retired_at that is no time in Unix seconds')
      .max(9_999_999_999, 'has a retired_at in milliseconds: write Unix seconds')
      .optional(),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'has a key with a member that otpost does not know: take it out'
        : 'has a key that is no JSON object',
  },
)

const NO_SET = 'is no JSON Web Key Set: npm run token-keys -- --help shows how to make one'

const keySet = z
  .strictObject({ keys: z.array(tokenKey, NO_SET).min(1, 'has no key') }, NO_SET)
  .superRefine(({ keys }, context) => {
    const [first] = keys
    if (first?.d === undefined) context.addIssue('has a first key without d: the first one signs')
    if (first?.retired_at !== undefined) {
      context.addIssue('has a first key with retired_at: put the one that signs in front')
    }
    if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
      context.addIssue('has two keys of one kid: give each its own')
    }
  })
  .transform((set) => set as unknown as TokenKeySet)

/** Reads the text of `OTPOST_TOKEN_KEYS`; messages name the fault, never a value. */
export const tokenKeySet = z
  .string(NO_SET)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue('is no JSON: npm run token-keys -- --help shows how to make it')
      return z.NEVER
    }
  })
  .pipe(keySet)

/** Reads a key set; the error names `OTPOST_TOKEN_KEYS` and each thing that is wrong. */
export function readTokenKeys(text: string): TokenKeySet {
  const result = tokenKeySet.safeParse(text)
  if (result.success) return result.data
  const problems = new Set(result.error.issues.map(({ message }) => message))
  throw new Error([...problems].map((problem) => `OTPOST_TOKEN_KEYS ${problem}.`).join(' '))
}

const shownKeys = z.object({ keys: z.array(tokenKey).min(1) })

/** Reads what `publicKeys` showed; undefined when it is something else. */
export const readPublicKeys = (shown: unknown): readonly PublicTokenKey[] | undefined =>
  shownKeys.safeParse(shown).data?.keys.map(publicHalf)

/** Unix seconds from which a key verifies nothing: the last token that it signed is over then. */
export const overAt = ({ retired_at: retiredAt }: PublicTokenKey): number =>
  retiredAt === undefined ? Infinity : retiredAt + LONGEST_TOKEN_LIFE_SECONDS + SKEW_SECONDS

/** Whether a key still verifies at a time in Unix milliseconds. */
export const isLive = (key: PublicTokenKey, now: number): boolean => now < overAt(key) * 1000

/** A key without what nobody may see. */
export const publicHalf = ({ kty, crv, x, y, kid, alg, use, retired_at }: TokenKey) => ({
  kty,
  crv,
  x,
  y,
  kid,
  alg,
  use,
  ...(retired_at === undefined ? {} : { retired_at }),
})

/** The public halves of the keys that verify at a time in Unix milliseconds, the signing one first. */
export const publicKeys = ({ keys }: TokenKeySet, now: number): PublicKeySet => ({
  keys: keys.filter((key) => isLive(key, now)).map(publicHalf),
})
