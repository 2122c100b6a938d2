import type { Ledger } from '../core/ports.ts'
import type { VerificationRecord } from '../core/verification.ts'
import type { LineStore } from './store.ts'

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
/** Verifications in one batch; the rest follows in the next. */
const BATCH = 20

/** Half of a delay is fixed and half is chance, so that lines do not come back together. */
const withJitter = (delay: number): number => Math.ceil(delay / 2 + (Math.random() * delay) / 2)

/** Events of a line that the ledger has not heard of: written with the change, drained by the alarm. */
export class Outbox {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Sets the time of the next drain, 1 to 2 s from now, unless one is set. */
  schedule(now: number): void {
    this.#sql.exec(
      'INSERT OR IGNORE INTO drain (one, due_at, failures) VALUES (1, ?, 0)',
      now + FIRST_DELAY_MS + Math.floor(Math.random() * FIRST_DELAY_MS),
    )
  }

  /** Brings what happened into the ledger, and forgets what arrived there; postpones when it fails. */
  async drain(store: LineStore, ledger: Ledger): Promise<void> {
    try {
      const records = this.#waiting().flatMap((id) => store.record(id) ?? [])
      if (records.length > 0) await ledger.record(records)
      this.#forget(records)
    } catch (failure) {
      this.#postpone()
      throw failure
    }
  }

  /** The time of the next drain, if there is anything to drain. */
  dueAt(): number | undefined {
    const [row] = this.#sql.exec<{ due_at: number }>('SELECT due_at FROM drain').toArray()
    return row?.due_at
  }

  #waiting(): readonly string[] {
    return this.#sql
      .exec<{ verification_id: string }>(
        'SELECT DISTINCT verification_id FROM events WHERE drained = 0 LIMIT ?',
        BATCH,
      )
      .toArray()
      .map((row) => row.verification_id)
  }

  #forget(records: readonly VerificationRecord[]): void {
    for (const { verification } of records) {
      this.#sql.exec(
        'UPDATE events SET drained = 1 WHERE verification_id = ? AND version <= ? AND drained = 0',
        verification.id,
        verification.version,
      )
    }
    this.#sql.exec('DELETE FROM drain')
    if (this.#waiting().length > 0) this.schedule(Date.now())
  }

  #postpone(): void {
    const [row] = this.#sql.exec<{ failures: number }>('SELECT failures FROM drain').toArray()
    const failures = (row?.failures ?? 0) + 1
    const delay = withJitter(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures))
    this.#sql.exec(
      'INSERT OR REPLACE INTO drain (one, due_at, failures) VALUES (1, ?, ?)',
      Date.now() + delay,
      failures,
    )
  }
}
