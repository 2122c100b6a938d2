import { LONGEST_WINDOW_MS, STREAK_MEMORY_MS } from '../core/limits.ts'
import { FACTS_MEMORY_MS } from './facts.ts'
import { STEPS_MEMORY_MS } from './totp-steps.ts'

/** How long a verification is remembered after its end. */
const MEMORY_MS = 24 * 3_600_000

const DRAINED = 'NOT EXISTS (SELECT 1 FROM events WHERE verification_id = v.id AND drained = 0)'

/** What time does to a line: when it must act next, and what it may forget. */
export class WakeUps {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** The time at which something is to be done; undefined when nothing is left. */
  next(lostIntentMs: number): number | undefined {
    // Columns, since the platform takes no union of more than five parts.
    const row = this.#sql
      .exec<Record<string, number | null>>(
        `SELECT (SELECT min(created_at) + ? FROM deliveries WHERE status = 'sending') AS deliveries,
           (SELECT min(expires_at) FROM verifications WHERE status = 'pending') AS pending,
           (SELECT min(ended_at) + ? FROM verifications v WHERE ${DRAINED}) AS ended,
           (SELECT min(at) + ? FROM failures) AS failures,
           (SELECT min(last_at) + ? FROM streaks) AS streaks,
           (SELECT min(at) + ? FROM facts) AS facts,
           (SELECT min(at) + ? FROM totp_steps) AS totp_steps`,
        lostIntentMs,
        MEMORY_MS,
        LONGEST_WINDOW_MS,
        STREAK_MEMORY_MS,
        FACTS_MEMORY_MS,
        STEPS_MEMORY_MS,
      )
      .one()
    const times = Object.values(row).filter((at) => at !== null)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Deletes what no limit and no reader needs any more; never what the ledger has not heard of. */
  forget(now: number): void {
    const old = this.#sql
      .exec<{ id: string }>(
        `SELECT id FROM verifications v WHERE ended_at <= ? AND ${DRAINED}`,
        now - MEMORY_MS,
      )
      .toArray()
    for (const { id } of old) {
      for (const table of ['deliveries', 'sends', 'checks', 'events', 'proofs'] as const) {
        this.#sql.exec(`DELETE FROM ${table} WHERE verification_id = ?`, id)
      }
      this.#sql.exec('DELETE FROM verifications WHERE id = ?', id)
    }
    this.#sql.exec(
      `DELETE FROM checks WHERE verification_id IN
         (SELECT id FROM verifications WHERE status <> 'pending' AND expires_at <= ?)`,
      now,
    )
    this.#sql.exec(
      `UPDATE sends SET replaced_hash = NULL, replaced_key = NULL, replaced_sealed = NULL
       WHERE replaced_hash IS NOT NULL AND verification_id IN
         (SELECT id FROM verifications WHERE status <> 'pending')`,
    )
    this.#sql.exec('DELETE FROM failures WHERE at <= ?', now - LONGEST_WINDOW_MS)
    this.#sql.exec('DELETE FROM streaks WHERE last_at <= ?', now - STREAK_MEMORY_MS)
    this.#sql.exec('DELETE FROM facts WHERE at <= ?', now - FACTS_MEMORY_MS)
    this.#sql.exec('DELETE FROM totp_steps WHERE at <= ?', now - STEPS_MEMORY_MS)
  }
}
