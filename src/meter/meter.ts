import { DurableObject } from 'cloudflare:workers'
import {
  bucketLength,
  bucketStart,
  quotaOpensAt,
  secondsUntil,
  type Bucket,
  type Quota,
} from '../core/limits.ts'

export type Taken =
  | { readonly admitted: true; readonly receipt: readonly Slot[] }
  | { readonly admitted: false; readonly retryAfterSeconds: number }

/** What one take counted, so that it can be given back. */
export interface Slot {
  readonly counter: string
  readonly start: number
}

/** Counts what is not a phone number: a project and its countries, an IP address. */
export class Meter extends DurableObject {
  readonly #sql = this.ctx.storage.sql
  #ready = false

  /** Takes one from each quota, or nothing from any. */
  async take(quotas: readonly Quota[]): Promise<Taken> {
    this.#createTable()
    const now = Date.now()
    const answer = this.ctx.storage.transactionSync<Taken>(() => {
      this.#sql.exec('DELETE FROM buckets WHERE ends <= ?', now)
      const opensAt = Math.max(
        ...quotas.map((quota) => quotaOpensAt(quota, this.#buckets(quota), now)),
      )
      if (opensAt > now) return { admitted: false, retryAfterSeconds: secondsUntil(opensAt, now) }
      return { admitted: true, receipt: quotas.map((quota) => this.#count(quota, now)) }
    })
    this.#wakeAtEnd()
    return answer
  }

  /** Uncounts a take that was not used. */
  async giveBack(receipt: readonly Slot[]): Promise<void> {
    if (!this.#exists()) return
    for (const { counter, start } of receipt) {
      this.#sql.exec(
        'UPDATE buckets SET taken = taken - 1 WHERE counter = ? AND start = ? AND taken > 0',
        counter,
        start,
      )
    }
  }

  override async alarm(): Promise<void> {
    if (!this.#exists()) return
    this.#sql.exec('DELETE FROM buckets WHERE ends <= ?', Date.now())
    if (this.#wakeAtEnd()) return
    this.#ready = false
    void this.ctx.storage.deleteAll()
  }

  #count(quota: Quota, now: number): Slot {
    const { counter, seconds } = quota
    const start = bucketStart(quota, now)
    this.#sql.exec(
      `INSERT INTO buckets (counter, start, ends, taken) VALUES (?, ?, ?, 1)
       ON CONFLICT (counter, start) DO UPDATE SET taken = taken + 1`,
      counter,
      start,
      start + bucketLength(quota) + seconds * 1000,
    )
    return { counter, start }
  }

  #buckets({ counter }: Quota): readonly Bucket[] {
    return this.#sql
      .exec<{ start: number; taken: number }>(
        'SELECT start, taken FROM buckets WHERE counter = ?',
        counter,
      )
      .toArray()
  }

  /** Sets the alarm for the time when the last count is of no use; false when there is none. */
  #wakeAtEnd(): boolean {
    const [last] = this.#sql
      .exec<{ ends: number | null }>('SELECT max(ends) AS ends FROM buckets')
      .toArray()
    if (last?.ends === null || last?.ends === undefined) return false
    void this.ctx.storage.setAlarm(last.ends)
    return true
  }

  #createTable(): void {
    if (this.#exists()) return
    // What was taken of a counter in the slot from `start` on; of no use from `ends` on.
    this.#sql.exec(
      `CREATE TABLE buckets (counter TEXT NOT NULL, start INTEGER NOT NULL, ends INTEGER NOT NULL,
         taken INTEGER NOT NULL, PRIMARY KEY (counter, start)) STRICT, WITHOUT ROWID`,
    )
    this.#ready = true
  }

  #exists(): boolean {
    this.#ready ||=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'buckets'").toArray().length > 0
    return this.#ready
  }
}
