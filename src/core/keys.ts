import { bytesOf } from './text.ts'

/** A 256-bit AES-GCM and a 256-bit HMAC key made from one root secret, with the name of both. */
export interface CodeKey {
  readonly id: string
  readonly hashing: CryptoKey
  readonly sealing: CryptoKey
}

/** Keys from `OTPOST_SECRET`: the first mints, all verify. */
export interface CodeKeys {
  readonly mint: CodeKey
  readonly all: readonly CodeKey[]
  byId(id: string): CodeKey | undefined
}

/** Keys from `OTPOST_NUMBER_KEY`, which is never rotated in place: it would free every budget. */
export interface NumberKeys {
  readonly hashing: CryptoKey
  readonly tagging: CryptoKey
  readonly masking: CryptoKey
  /** For names of things that are no numbers: IP addresses, idempotency keys. */
  readonly naming: CryptoKey
  /** For tokens by which vendors speak of a delivery. */
  readonly proving: CryptoKey
}

const HMAC = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const
const AES = { name: 'AES-GCM', length: 256 } as const

const rootKey = (secret: string) =>
  crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveBits', 'deriveKey'])

const hkdf = (purpose: string) => ({
  name: 'HKDF',
  hash: 'SHA-256',
  salt: bytesOf('otpost/v1'),
  info: bytesOf(purpose),
})

const hmacKey = (root: CryptoKey, purpose: string) =>
  crypto.subtle.deriveKey(hkdf(purpose), root, HMAC, false, ['sign'])

async function codeKey(secret: string): Promise<CodeKey> {
  const root = await rootKey(secret)
  const [id, hashing, sealing] = await Promise.all([
    crypto.subtle.deriveBits(hkdf('key-id'), root, 32),
    hmacKey(root, 'code-hash'),
    crypto.subtle.deriveKey(hkdf('seal'), root, AES, false, ['encrypt', 'decrypt']),
  ])
  return { id: new Uint8Array(id).toHex(), hashing, sealing }
}

/** Derives one key per purpose from each root secret (RFC 5869). */
export async function deriveCodeKeys(secrets: readonly string[]): Promise<CodeKeys> {
  const keys = await Promise.all(secrets.map(codeKey))
  const [mint] = keys
  if (mint === undefined) throw new Error('deriveCodeKeys needs a secret')
  return { mint, all: keys, byId: (id) => keys.find((key) => key.id === id) }
}

export async function deriveNumberKeys(secret: string): Promise<NumberKeys> {
  const root = await rootKey(secret)
  const [hashing, tagging, masking, naming, proving] = await Promise.all([
    hmacKey(root, 'number-hash'),
    hmacKey(root, 'id-tag'),
    hmacKey(root, 'id-mask'),
    hmacKey(root, 'object-name'),
    hmacKey(root, 'delivery-token'),
  ])
  return { hashing, tagging, masking, naming, proving }
}

export const hmac = async (key: CryptoKey, data: BufferSource): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', key, data))

const IV_BYTES = 12

/** Encrypts a text for one context; the result names its key: `keyId.base64url(iv ‖ ciphertext)`. */
export async function seal(keys: CodeKeys, context: string, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const algorithm = { name: 'AES-GCM', iv, additionalData: bytesOf(context) }
  const ciphertext = await crypto.subtle.encrypt(algorithm, keys.mint.sealing, bytesOf(text))
  const sealed = new Uint8Array(IV_BYTES + ciphertext.byteLength)
  sealed.set(iv)
  sealed.set(new Uint8Array(ciphertext), IV_BYTES)
  return `${keys.mint.id}.${sealed.toBase64({ alphabet: 'base64url', omitPadding: true })}`
}

/** Whether a sealed text can still be opened: its root secret has not been dropped. */
export const canUnseal = (keys: CodeKeys, sealed: string): boolean =>
  keys.byId(sealed.split('.', 1)[0] ?? '') !== undefined

/** Opens what `seal` made for the same context; throws when its key is gone or it was changed. */
export async function unseal(keys: CodeKeys, context: string, sealed: string): Promise<string> {
  const [id = '', body = ''] = sealed.split('.')
  const key = keys.byId(id)
  if (key === undefined) throw new Error(`No secret of OTPOST_SECRET has the key id ${id}`)
  const bytes = Uint8Array.fromBase64(body, { alphabet: 'base64url' })
  const algorithm = {
    name: 'AES-GCM',
    iv: bytes.subarray(0, IV_BYTES),
    additionalData: bytesOf(context),
  }
  const text = await crypto.subtle.decrypt(algorithm, key.sealing, bytes.subarray(IV_BYTES))
  return new TextDecoder().decode(text)
}
