import type { Ledger } from '../core/ports.ts'
import { rowsOf } from './query.ts'
import type { LineStore } from './store.ts'

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
/** Verifications in one batch; the rest follows in the next. */
const BATCH = 20

/** Events of a line that the ledger has not heard of: written with the change, drained soon after. */
export class Outbox {
  readonly #sql: SqlStorage
  #failures = 0

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Brings what happened into the ledger, and forgets what arrived there. */
  async drain(store: LineStore, ledger: Ledger): Promise<void> {
    try {
      const records = this.#waiting().flatMap((id) => store.record(id) ?? [])
      if (records.length > 0) await ledger.record(records)
      for (const { verification } of records) {
        this.#sql.exec(
          'UPDATE events SET drained = 1 WHERE verification_id = ? AND version <= ? AND drained = 0',
          verification.id,
          verification.version,
        )
      }
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      throw error
    }
  }

  /**
   * Milliseconds until the next drain: 1 to 2 s, so that a start and its settling are one write;
   * after failures up to 30 s, half of it by chance, so that lines do not come back together.
   */
  delay(): number {
    if (this.#failures === 0) return FIRST_DELAY_MS * (1 + Math.random())
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures)
    return (longest * (1 + Math.random())) / 2
  }

  get isEmpty(): boolean {
    return this.#waiting().length === 0
  }

  #waiting(): readonly string[] {
    return rowsOf<{ verification_id: string }>(
      this.#sql,
      'SELECT DISTINCT verification_id FROM events WHERE drained = 0 LIMIT ?',
      BATCH,
    ).map((row) => row.verification_id)
  }
}
