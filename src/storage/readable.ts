import { Refusal } from '../core/refusal.ts'

/** Asks D1; a database out of reach is an outage, not a bug. */
export async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch {
    throw new Refusal('unavailable', { retryAfterSeconds: 5 })
  }
}
