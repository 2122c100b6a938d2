import { hmac, type CodeKey } from './keys.ts'
import { foldToAscii, lengthPrefixed } from './text.ts'

/** What a code is bound to: none of it ever changes for a verification. */
export interface CodeSubject {
  readonly projectId: string
  readonly verificationId: string
  /** Keyed hash of the phone number, hex. */
  readonly numberHash: string
  readonly purpose: string
}

const DIGITS = 10
/** The largest multiple of ten that a byte can hold: bytes from here on would favour low digits. */
const UNBIASED = 250

/** Makes a code of evenly distributed decimal digits, by rejection sampling. */
export function makeCode(
  length: number,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (bytes) =>
    crypto.getRandomValues(bytes),
): string {
  let code = ''
  while (code.length < length) {
    for (const byte of random(new Uint8Array(length * 2))) {
      if (byte < UNBIASED && code.length < length) code += String(byte % DIGITS)
    }
  }
  return code
}

/** Keyed hash of a code, good for its subject only; 32 bytes. */
export const hashCode = (key: CodeKey, subject: CodeSubject, code: string) =>
  hmac(
    key.hashing,
    lengthPrefixed([
      'v1',
      subject.projectId,
      subject.verificationId,
      subject.numberHash,
      subject.purpose,
      code,
    ]),
  )

/** A code as the person typed it, in ASCII digits without spaces and dashes. */
export const foldCode = (typed: string): string => foldToAscii(typed).replaceAll(/[ -]/g, '')
