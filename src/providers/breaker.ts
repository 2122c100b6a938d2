import { DurableObject } from 'cloudflare:workers'
import { afterFailure, MEMORY_MS, verdictOf, type Circuit, type Verdict } from './circuit.ts'

interface CircuitRow extends Record<string, SqlStorageValue> {
  readonly channel: string
  readonly failures: number
  readonly failed_at: number
  readonly open_until: number
  readonly cooling_ms: number
  readonly probed_at: number
}

/** The circuits of one provider to one country, shared by all isolates; it is told of failures only. */
export class Breaker extends DurableObject {
  readonly #sql = this.ctx.storage.sql
  #ready = false

  async failed(channel: string, retryAfterMs: number | undefined): Promise<void> {
    this.#createTable()
    const now = Date.now()
    this.ctx.storage.transactionSync(() => {
      const row = this.#rows().find((known) => known.channel === channel)
      this.#save(channel, afterFailure(row && circuitOf(row), now, retryAfterMs))
    })
    void this.ctx.storage.setAlarm(now + MEMORY_MS)
  }

  /** Verdicts by channel; a channel of which no failure is remembered is closed. */
  async verdicts(): Promise<Readonly<Record<string, Verdict>>> {
    if (!this.#exists()) return {}
    const now = Date.now()
    return this.ctx.storage.transactionSync(() =>
      Object.fromEntries(
        this.#rows().map((row) => {
          const before = circuitOf(row)
          const { verdict, circuit } = verdictOf(before, now)
          if (circuit !== before) this.#save(row.channel, circuit)
          return [row.channel, verdict]
        }),
      ),
    )
  }

  /** Comes when the last failure is so old that nothing is left to remember. */
  override async alarm(): Promise<void> {
    this.#ready = false
    await this.ctx.storage.deleteAll()
  }

  #rows(): readonly CircuitRow[] {
    return this.#sql.exec<CircuitRow>('SELECT * FROM circuits').toArray()
  }

  #save(channel: string, circuit: Circuit): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO circuits VALUES (?, ?, ?, ?, ?, ?)',
      channel,
      circuit.failures,
      circuit.failedAt,
      circuit.openUntil,
      circuit.coolingMs,
      circuit.probedAt,
    )
  }

  #createTable(): void {
    if (this.#exists()) return
    // What is remembered of one channel; times are Unix milliseconds.
    this.#sql.exec(
      `CREATE TABLE circuits (channel TEXT PRIMARY KEY, failures INTEGER NOT NULL,
         failed_at INTEGER NOT NULL, open_until INTEGER NOT NULL, cooling_ms INTEGER NOT NULL,
         probed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    )
    this.#ready = true
  }

  #exists(): boolean {
    this.#ready ||=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'circuits'").toArray().length > 0
    return this.#ready
  }
}

const circuitOf = (row: CircuitRow): Circuit => ({
  failures: row.failures,
  failedAt: row.failed_at,
  openUntil: row.open_until,
  coolingMs: row.cooling_ms,
  probedAt: row.probed_at,
})
