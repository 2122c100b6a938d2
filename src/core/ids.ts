import { hmac, type NumberKeys } from './keys.ts'
import type { E164 } from './phone.ts'
import type { TokenPurpose } from './messenger.ts'
import type { Mode } from './project.ts'
import { lengthPrefixed } from './text.ts'

/** Names the object of one phone number: the first 8 bytes of its keyed hash. */
export type Line = Uint8Array<ArrayBuffer>

export type IdPrefix = 'ver' | 'del'

const NONCE_BYTES = 6
const TAG_BYTES = 2
const LINE_BYTES = 8
const ID = /^(?:ver|del)_([0-9a-f]{32})$/
const PROOF_BYTES = 16
const TOKEN = /^([0-9a-f]{32})([0-9a-f]{32})$/

/** Keyed hash of mode and number: 32 bytes, of which the first 8 name the line. */
export const hashNumber = (keys: NumberKeys, mode: Mode, number: E164) =>
  hmac(keys.hashing, lengthPrefixed(['number', mode, number]))

export const lineOf = (numberHash: Uint8Array<ArrayBuffer>): Line => numberHash.slice(0, LINE_BYTES)

const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

const xor = (a: Uint8Array, b: Uint8Array): Line =>
  Uint8Array.from(a, (byte, i) => byte ^ (b[i] ?? 0))

const tagOf = async (keys: NumberKeys, nonce: Uint8Array, line: Line) =>
  (await hmac(keys.tagging, concat(nonce, line))).subarray(0, TAG_BYTES)

const maskOf = async (keys: NumberKeys, nonce: Uint8Array, tag: Uint8Array) =>
  (await hmac(keys.masking, concat(nonce, tag))).subarray(0, LINE_BYTES)

/**
 * Makes an id that says, to whoever has the keys, which line it belongs to:
 * hex(nonce 6 ‖ tag 2 ‖ line 8 XOR mask). Two ids of one number have nothing in common.
 */
export async function mintId(keys: NumberKeys, prefix: IdPrefix, line: Line): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const tag = await tagOf(keys, nonce, line)
  const mask = await maskOf(keys, nonce, tag)
  return `${prefix}_${concat(nonce, tag, xor(line, mask)).toHex()}`
}

/** The line of an id; undefined for one that was not made here (but for one in 65,536). */
export async function lineOfId(
  keys: NumberKeys,
  prefix: IdPrefix,
  id: string,
): Promise<Line | undefined> {
  const hex = id.startsWith(prefix) ? ID.exec(id)?.[1] : undefined
  if (hex === undefined) return undefined
  const bytes = Uint8Array.fromHex(hex)
  const nonce = bytes.slice(0, NONCE_BYTES)
  const tag = bytes.slice(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const line = xor(bytes.slice(NONCE_BYTES + TAG_BYTES), await maskOf(keys, nonce, tag))
  const expected = await tagOf(keys, nonce, line)
  return expected.every((byte, i) => byte === tag[i]) ? line : undefined
}

const proofOf = async (keys: NumberKeys, purpose: TokenPurpose, deliveryId: string) =>
  (await hmac(keys.proving, lengthPrefixed([purpose, deliveryId]))).slice(0, PROOF_BYTES)

/** Makes the token of a delivery: the hex of its id, and 16 bytes of a keyed hash of it. */
export const deliveryToken = async (
  keys: NumberKeys,
  purpose: TokenPurpose,
  deliveryId: string,
): Promise<string> =>
  deliveryId.slice('del_'.length) + (await proofOf(keys, purpose, deliveryId)).toHex()

/** The delivery of a token; undefined for one that was not made here for this purpose. */
export async function deliveryOfToken(
  keys: NumberKeys,
  purpose: TokenPurpose,
  token: string,
): Promise<string | undefined> {
  const [, id, proof] = TOKEN.exec(token) ?? []
  if (id === undefined || proof === undefined) return undefined
  const deliveryId = `del_${id}`
  const expected = await proofOf(keys, purpose, deliveryId)
  return crypto.subtle.timingSafeEqual(expected, Uint8Array.fromHex(proof)) ? deliveryId : undefined
}
