import {
  base64url,
  CompactEncrypt,
  CompactSign,
  exportSPKI,
  generateKeyPair,
  importJWK,
} from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { bytesOf } from '../../src/core/text.ts'
import { publicHalf } from '../../src/core/token-keys.ts'
import { signToken, verifyToken, type TokenOrder } from '../../src/core/tokens.ts'
import { imported, tokenKey } from '../support/token-keys.ts'
import {
  CLAIMS,
  DAY,
  EXPECTED,
  forger,
  json,
  NOW,
  ORDER,
  partsOf,
  SECONDS,
  signerOf,
  TIMES,
  type Forger,
} from './token-forger.ts'

const BODY = { ...CLAIMS, ...TIMES }
const EVIL = 'https://evil.example.com/'

/** Signs by HMAC with what everybody can read. */
async function hmacToken({ header }: Forger, secret: Uint8Array<ArrayBuffer>) {
  const input = `${json({ ...header, alg: 'HS256' })}.${json(BODY)}`
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const hmac = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', hmac, bytesOf(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

async function pemOf({ key }: Forger) {
  const jwk = { ...publicHalf(key) }
  return exportSPKI(await importJWK(jwk, 'ES256', { extractable: true }))
}

const pointOf = ({ key }: Forger) =>
  Uint8Array.from([4, ...base64url.decode(key.x), ...base64url.decode(key.y)])

const otherAlgorithm = async ({ forge }: Forger, alg: 'ES384' | 'RS256' | 'EdDSA') =>
  forge({ alg }, {}, (await generateKeyPair(alg)).privateKey)

const otherOrder = ({ keys }: Forger, changes: Partial<TokenOrder>) =>
  signToken(keys, { ...ORDER, ...changes })

async function changed({ keys }: Forger, change: (parts: string[]) => void) {
  const parts = partsOf(await signToken(keys, ORDER))
  change(parts)
  return parts.join('.')
}

const otherSignature = (by: Forger, change: (bytes: Uint8Array) => void) =>
  changed(by, (parts) => {
    const bytes = base64url.decode(parts[2] ?? '')
    change(bytes)
    parts[2] = base64url.encode(bytes)
  })

const signed = ({ header, signer }: Forger, body: string, head: object = {}) =>
  new CompactSign(bytesOf(body))
    .setProtectedHeader({ ...header, ...head })
    .sign(signer, { crit: { x: true } })

const embedded = async ({ forge }: Forger, head: (kid: string) => object) => {
  const own = await tokenKey()
  return forge({ jwk: publicHalf(own), ...head(own.kid) }, {}, await signerOf(own))
}

async function encrypted({ key: { kty, crv, x, y }, header }: Forger) {
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
  const to = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, true, [])
  return new CompactEncrypt(bytesOf(JSON.stringify(BODY)))
    .setProtectedHeader({ ...header, alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(to)
}

const none = ({ header }: Forger) => json({ ...header, alg: 'none' })

/** T-28: what RFC 8725 warns of, and what libraries have let through. */
const ATTACKS: readonly (readonly [name: string, make: (by: Forger) => Promise<string>])[] = [
  ['alg none without signature', async (by) => `${none(by)}.${json(BODY)}.`],
  ['alg none with our signature', (by) => changed(by, (parts) => (parts[0] = none(by)))],
  ['HS256 by the JWK', (by) => hmacToken(by, bytesOf(JSON.stringify(publicHalf(by.key))))],
  ['HS256 by the key as PEM', async (by) => hmacToken(by, bytesOf(await pemOf(by)))],
  ['HS256 by the raw point', (by) => hmacToken(by, pointOf(by))],
  ['ES384', (by) => otherAlgorithm(by, 'ES384')],
  ['RS256', (by) => otherAlgorithm(by, 'RS256')],
  ['EdDSA', (by) => otherAlgorithm(by, 'EdDSA')],
  ['an embedded jwk of its own', (by) => embedded(by, (kid) => ({ kid }))],
  ['an embedded jwk beside our kid', (by) => embedded(by, () => ({}))],
  ['jwk, signed by us', ({ forge, key }) => forge({ jwk: publicHalf(key) })],
  ['jku, signed by us', ({ forge }) => forge({ jku: `${EVIL}jwks.json` })],
  ['x5u, signed by us', ({ forge }) => forge({ x5u: `${EVIL}cert.pem` })],
  ['x5c, signed by us', ({ forge }) => forge({ x5c: ['MII'] })],
  ['an unknown kid', ({ forge }) => forge({ kid: 'unknown' })],
  ['no kid', ({ forge }) => forge({ kid: undefined })],
  ['a kid that is no text', ({ forge, key }) => forge({ kid: [key.kid] })],
  ['an unknown crit', (by) => signed(by, JSON.stringify(BODY), { crit: ['x'], x: true })],
  ['crit b64', (by) => signed(by, JSON.stringify(BODY), { crit: ['b64'], b64: true })],
  ['the type of a proof', (by) => otherOrder(by, { typ: 'otpost-proof+jwt' })],
  ['typ JWT', ({ forge }) => forge({ typ: 'JWT' })],
  ['no typ', ({ forge }) => forge({ typ: undefined })],
  ['another audience', (by) => otherOrder(by, { claims: { ...CLAIMS, aud: 'project-2' } })],
  ['several audiences', ({ forge }) => forge({}, { aud: [CLAIMS.aud, 'project-2'] })],
  ['no audience', ({ forge }) => forge({}, { aud: undefined })],
  ['another issuer', (by) => otherOrder(by, { claims: { ...CLAIMS, iss: EVIL } })],
  ['no issuer', ({ forge }) => forge({}, { iss: undefined })],
  ['no subject', ({ forge }) => forge({}, { sub: undefined })],
  ['a subject that is no text', ({ forge }) => forge({}, { sub: 1 })],
  ['no jti', ({ forge }) => forge({}, { jti: undefined })],
  ['an empty jti', ({ forge }) => forge({}, { jti: '' })],
  ['its time over', (by) => otherOrder(by, { issuedAt: NOW - 31 * DAY * 1000 })],
  ['no exp', ({ forge }) => forge({}, { exp: undefined })],
  ['an exp that is text', ({ forge }) => forge({}, { exp: String(TIMES.exp) })],
  ['no iat', ({ forge }) => forge({}, { iat: undefined })],
  ['iat in the future', (by) => otherOrder(by, { issuedAt: NOW + 63_000 })],
  ['nbf in the future', ({ forge }) => forge({}, { nbf: SECONDS + 60 })],
  ['its first bit flipped', (by) => otherSignature(by, (bytes) => (bytes[0] = 128 ^ bytes[0]!))],
  ['its last bit flipped', (by) => otherSignature(by, (bytes) => (bytes[63] = 1 ^ bytes[63]!))],
  ['a signature of zeros', (by) => otherSignature(by, (bytes) => bytes.fill(0))],
  ['a short signature', (by) => changed(by, (parts) => (parts[2] = parts[2]!.slice(0, -4)))],
  ['an empty signature', (by) => changed(by, (parts) => (parts[2] = ''))],
  ['no signature', (by) => changed(by, (parts) => parts.pop())],
  [
    'the signature of another key under our kid',
    async ({ key: { kid } }) => signToken(await imported({ ...(await tokenKey()), kid }), ORDER),
  ],
  ['one part more', (by) => changed(by, (parts) => parts.push('AAAA'))],
  [
    'the body of another token',
    (by) => changed(by, (parts) => (parts[1] = json({ ...BODY, sub: 'user-2' }))),
  ],
  ['five parts, as JWE has', encrypted],
  ['a body that is no JSON', (by) => signed(by, 'no JSON')],
  ['a body that is no object', (by) => signed(by, '[]')],
  ['more than 4096 characters', ({ forge }) => forge({}, { filler: 'x'.repeat(4096) })],
  ['nothing', async () => ''],
  ['dots only', async () => '..'],
  ['no Base64', async () => '!.!.!'],
]

describe('verifyToken, attacked (T-28)', () => {
  let by: Forger

  beforeAll(async () => {
    by = await forger()
  })

  it('takes what the attacks are made from', async () => {
    expect(await verifyToken(by.keys, await by.forge({}), EXPECTED)).toMatchObject(CLAIMS)
    const claims = { filler: 'x'.repeat(2000), nbf: SECONDS }
    expect(await verifyToken(by.keys, await by.forge({}, claims), EXPECTED)).toMatchObject(claims)
    expect(await verifyToken(by.keys, await changed(by, () => {}), EXPECTED)).toMatchObject(CLAIMS)
    expect(await verifyToken(by.keys, await signed(by, JSON.stringify(BODY)), EXPECTED)).toEqual(
      BODY,
    )
  })

  it('knows at least the 19 cases of T-28, each once', () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(19)
    expect(new Set(ATTACKS.map(([name]) => name)).size).toBe(ATTACKS.length)
  })

  it.each(ATTACKS)('refuses a token with %s', async (_, make) => {
    expect(await verifyToken(by.keys, await make(by), EXPECTED)).toBeUndefined()
  })
})
