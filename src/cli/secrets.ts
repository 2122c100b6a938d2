import { createHash, randomBytes } from 'node:crypto'
import { readConfig } from '../config.ts'
import type { KeyKind, Mode } from '../core/project.ts'

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const KEY_CHARACTERS = 32
const ROOT_SECRET_BYTES = 32
/** The largest multiple of 62 in a byte: from there on a byte would favour the first letters. */
const FAIR = 248

/** Draws base62 characters, each as likely as any other. */
export function randomBase62(length: number, draw: (size: number) => Uint8Array = randomBytes) {
  let text = ''
  while (text.length < length) {
    for (const byte of draw(length)) {
      if (byte < FAIR && text.length < length) text += BASE62[byte % BASE62.length]
    }
  }
  return text
}

/** Makes an API key, for example `sk_live_` and 32 random characters. */
export const makeApiKey = (kind: KeyKind, mode: Mode): string =>
  `${kind === 'secret' ? 'sk' : 'pk'}_${mode}_${randomBase62(KEY_CHARACTERS)}`

/** Draws 256 bits that `readConfig` takes as a root secret: by chance it may read as a placeholder. */
export function makeRootSecret(): string {
  for (;;) {
    const secret = randomBytes(ROOT_SECRET_BYTES).toString('base64url')
    const result = readConfig({ OTPOST_NUMBER_KEY: secret, OTPOST_SECRET: secret })
    const problems = result.ok ? [] : result.problems
    if (!problems.some((problem) => /^OTPOST_(?:NUMBER_KEY|SECRET) /.test(problem))) return secret
  }
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const classes = [
  [/[0-9]/, 10],
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[^0-9a-zA-Z]/, 33],
] as const

const alphabetOf = (secret: string): number => {
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(secret) && /[a-f]/i.test(secret)) return 16
  return classes.reduce((size, [letters, count]) => size + (letters.test(secret) ? count : 0), 0)
}

const FEWEST_DIFFERENT = 8

/**
 * Estimates how many bits a guesser faces: the length times the bits of its kinds of characters,
 * of what repeats only once; none when it has fewer than eight different characters.
 */
export function estimateBits(secret: string): number {
  if (new Set(secret).size < FEWEST_DIFFERENT) return 0
  const once = /^(.+?)\1+$/s.exec(secret)?.[1] ?? secret
  return Math.floor(once.length * Math.log2(alphabetOf(once)))
}
