import type { NumberType } from '../core/phone.ts'
import type { NumberFacts } from '../core/ports.ts'
import { firstOf } from './query.ts'

/** How long facts are believed: numbers move between carriers. */
export const FACTS_MEMORY_MS = 24 * 3_600_000

interface FactsRow {
  readonly type: string
  readonly carrier: string | null
  readonly ported: number
}

/** SQL of what look-ups told of a number: it belongs to the number, so all projects share it. */
export class Facts {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  find(numberHash: string, now: number): NumberFacts | undefined {
    const row = firstOf<FactsRow>(
      this.#sql,
      'SELECT type, carrier, ported FROM facts WHERE number_hash = ? AND at > ?',
      numberHash,
      now - FACTS_MEMORY_MS,
    )
    return row && { type: row.type as NumberType, carrier: row.carrier, ported: row.ported === 1 }
  }

  keep(numberHash: string, { type, carrier, ported }: NumberFacts, now: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO facts (number_hash, type, carrier, ported, at) VALUES (?, ?, ?, ?, ?)',
      numberHash,
      type,
      carrier,
      ported ? 1 : 0,
      now,
    )
  }
}
