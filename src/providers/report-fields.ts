import * as z from 'zod'

/** A price in decimal notation, of a size that no code has; numbers are written out. */
export const amount = z
  .union([z.string(), z.number().transform(String)])
  .pipe(z.string().regex(/^[0-9]{1,3}(?:\.[0-9]{1,5})?$/))

/** ISO 4217. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/)

/** Parses JSON, as text or in UTF-8; undefined when it is none. */
export function jsonOf(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(
      typeof text === 'string'
        ? text
        : new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(text),
    )
  } catch {
    return undefined
  }
}

/** Keeps a price only together with its currency. */
export function priceOf(price: unknown, currency: unknown) {
  const known = z.object({ price: amount, currency: currencyCode }).safeParse({ price, currency })
  return known.data ?? { price: null, currency: null }
}
