import { bytesOf } from '../core/text.ts'

/** Compares a signature with what the secret makes of the data, in constant time. */
export async function verifyHmac(
  hash: 'SHA-1' | 'SHA-256',
  secret: string,
  signature: Uint8Array | undefined,
  data: ArrayBuffer | ArrayBufferView<ArrayBuffer>,
): Promise<boolean> {
  // Some runtimes refuse a key without bytes, others would accept what anybody can sign.
  if (signature === undefined || secret === '') return false
  const algorithm = { name: 'HMAC', hash }
  const key = await crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['verify'])
  return crypto.subtle.verify('HMAC', key, signature, data)
}

const HEX = /^(?:[0-9a-f]{2})+$/i
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=|[a-z0-9+/]{4})$/i

/** Reads bytes in either case; undefined when a header is absent, empty or malformed. */
export function fromHex(text: string | null | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === null || text === undefined || !HEX.test(text)) return undefined
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Reads bytes in the standard alphabet, padded; undefined as with `fromHex`. */
export function fromBase64(text: string | null | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === null || text === undefined || !BASE64.test(text)) return undefined
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
