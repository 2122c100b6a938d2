import { firstOf } from './query.ts'

/** Long past the 90 s for which a step is acceptable. */
export const STEPS_MEMORY_MS = 24 * 3_600_000

/** SQL of the steps of authenticator apps that were accepted: the last one of each. */
export class TotpSteps {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  lastAccepted(factorId: string): number | undefined {
    return firstOf<{ step: number }>(
      this.#sql,
      'SELECT step FROM totp_steps WHERE factor_id = ?',
      factorId,
    )?.step
  }

  accept(factorId: string, step: number, now: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO totp_steps (factor_id, step, at) VALUES (?, ?, ?)',
      factorId,
      step,
      now,
    )
  }
}
