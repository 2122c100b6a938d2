import { Secret, TOTP } from 'otpauth'
import { bytesOf } from './text.ts'

const STEP_MS = 30_000
const DIGITS = 6
/** Bytes: RFC 4226 §4 recommends 160 bits. */
const SECRET_BYTES = 20
/** How far the app's clock may be off, in steps (RFC 6238 §5.2). */
const DRIFT = 1

/** Makes the secret of an authenticator app, in base32. */
export const makeTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

const totpOf = (
  secret: string,
  names: { readonly issuer?: string; readonly label?: string } = {},
) =>
  new TOTP({
    ...names,
    secret: Secret.fromBase32(secret),
    algorithm: 'SHA1',
    digits: DIGITS,
    period: STEP_MS / 1000,
  })

/** Of names in an `otpauth:` URI, percent-encoded: more makes a QR code that no camera reads. */
const LONGEST_NAME = 120

/** A name in an `otpauth:` URI may hold no colon, which parts issuer and account. */
function named(name: string): string {
  const characters = Array.from(name.replaceAll(':', ' ').trim())
  while (encodeURIComponent(characters.join('')).length > LONGEST_NAME) characters.pop()
  return characters.join('').trim()
}

/**
 * The URI that an authenticator app reads, as a link or in a QR code
 * (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
 */
export const totpUri = (secret: string, issuer: string, account: string): string =>
  totpOf(secret, {
    issuer: named(issuer),
    label: named(account) || 'user',
  }).toString()

/** Context that binds a sealed secret to its factor. */
export const totpContext = (factorId: string): string => `totp ${factorId}`

const stepAt = (now: number): number => Math.floor(now / STEP_MS)

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [bytesOf(a), bytesOf(b)]
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right)
}

/** The steps within the drift of a time (Unix milliseconds) whose code a person typed. */
export function stepsOf(secret: string, typed: string, now: number): readonly number[] {
  const totp = totpOf(secret)
  const current = stepAt(now)
  const steps = Array.from({ length: 2 * DRIFT + 1 }, (_, i) => current - DRIFT + i)
  return steps.filter((step) => sameText(totp.generate({ timestamp: step * STEP_MS }), typed))
}

/**
 * The step to accept of those whose code was typed: within the drift of now, and later than the last
 * one that was accepted (RFC 6238 §5.2); undefined when there is none.
 */
export const acceptableStep = (
  steps: readonly number[],
  lastAccepted: number | undefined,
  now: number,
): number | undefined =>
  steps.find((step) => Math.abs(step - stepAt(now)) <= DRIFT && step > (lastAccepted ?? -Infinity))
