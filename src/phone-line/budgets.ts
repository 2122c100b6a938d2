import type { FailedChecks, SendHistory } from '../core/limits.ts'
import type { Scope } from '../core/ports.ts'
import type { LineSend } from './protocol.ts'
import { firstOf, rowsOf } from './query.ts'

/** SQL of what counts for a number's limits: messages sent and checks failed. */
export class Budgets {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Notes an admitted message: it counts for the limits until it is given back. */
  addSend({ projectId }: Scope, id: string, send: LineSend, now: number): void {
    this.#sql.exec(
      `INSERT INTO sends (project_id, operation_id, verification_id, number_hash, at, counts)
       VALUES (?, ?, ?, ?, ?, 1)`,
      projectId,
      send.operationId,
      id,
      send.phone.hash,
      now,
    )
  }

  sendOf(projectId: string, operationId: string): { readonly verification_id: string } | undefined {
    return firstOf<{ verification_id: string }>(
      this.#sql,
      'SELECT verification_id FROM sends WHERE project_id = ? AND operation_id = ?',
      projectId,
      operationId,
    )
  }

  giveBackSend(projectId: string, operationId: string): void {
    this.#sql.exec(
      'UPDATE sends SET counts = 0 WHERE project_id = ? AND operation_id = ?',
      projectId,
      operationId,
    )
  }

  sendHistory(projectId: string, numberHash: string, since: number): SendHistory {
    const rows = rowsOf<{ project_id: string; at: number }>(
      this.#sql,
      'SELECT project_id, at FROM sends WHERE number_hash = ? AND counts = 1 AND at > ? ORDER BY at',
      numberHash,
      since,
    )
    return {
      own: rows.filter((row) => row.project_id === projectId).map((row) => row.at),
      all: rows.map((row) => row.at),
    }
  }

  failedChecks(projectId: string, numberHash: string, since: number): FailedChecks {
    const streak = firstOf<{ in_a_row: number; last_at: number }>(
      this.#sql,
      'SELECT in_a_row, last_at FROM streaks WHERE project_id = ? AND number_hash = ?',
      projectId,
      numberHash,
    )
    const failures = rowsOf<{ at: number }>(
      this.#sql,
      'SELECT at FROM failures WHERE project_id = ? AND number_hash = ? AND at > ? ORDER BY at',
      projectId,
      numberHash,
      since,
    )
    return {
      times: failures.map((failure) => failure.at),
      inARow: streak?.in_a_row ?? 0,
      lastAt: streak?.last_at ?? 0,
    }
  }

  addFailure(projectId: string, numberHash: string, inARow: number, now: number): void {
    this.#sql.exec(
      'INSERT INTO failures (project_id, number_hash, at) VALUES (?, ?, ?)',
      projectId,
      numberHash,
      now,
    )
    this.#sql.exec(
      'INSERT OR REPLACE INTO streaks (project_id, number_hash, in_a_row, last_at) VALUES (?, ?, ?, ?)',
      projectId,
      numberHash,
      inARow,
      now,
    )
  }

  endStreak(projectId: string, numberHash: string): void {
    this.#sql.exec(
      'DELETE FROM streaks WHERE project_id = ? AND number_hash = ?',
      projectId,
      numberHash,
    )
  }
}
