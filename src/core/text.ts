const ZEROS = [
  0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6,
  0x0d66, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810,
] as const

const PRINTABLE_ASCII = /^[ -~]*$/

const foldDigit = (digit: string): string => {
  const point = digit.codePointAt(0) ?? 0
  const zero = ZEROS.find((start) => point >= start && point < start + 10)
  return zero === undefined ? digit : String(point - zero)
}

/**
 * Writes text as a keyboard in another script would have written it in ASCII: decimal digits
 * become 0–9, dashes `-`, spaces ` `; invisible and direction marks go.
 */
export function foldToAscii(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text.trim()
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu, '')
    .replace(/\p{Nd}/gu, foldDigit)
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/\p{Zs}/gu, ' ')
    .trim()
}

/** Leaves out what XML cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets). */
export const xmlText = (text: string): string =>
  text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')

const encoder = new TextEncoder()

/** UTF-8 bytes of a text. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  encoder.encode(text) as Uint8Array<ArrayBuffer>

/**
 * Joins fields so that no two lists of fields give the same bytes: each one is preceded by its
 * length in bytes (4 bytes, big endian).
 */
export function lengthPrefixed(fields: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts = fields.map(bytesOf)
  const joined = new Uint8Array(parts.reduce((size, part) => size + 4 + part.length, 0))
  let offset = 0
  for (const part of parts) {
    new DataView(joined.buffer).setUint32(offset, part.length)
    joined.set(part, offset + 4)
    offset += 4 + part.length
  }
  return joined
}
