import type { Scope } from '../core/project.ts'
import type { FailedChecks, SendHistory } from '../core/limits.ts'
import type { KeptCode, LineSend } from './protocol.ts'
import { firstOf, rowsOf } from './query.ts'
import type { VerificationRow } from './rows.ts'

interface EvaluatedCheckRow {
  readonly code_hash: ArrayBuffer
  readonly answer: string
  readonly mismatches: number
}

interface ReplacedRow {
  readonly replaced_hash: ArrayBuffer | null
  readonly replaced_key: string | null
  readonly replaced_sealed: string | null
}

/** SQL of what counts for a number's limits: messages sent, checks evaluated and failed. */
export class Budgets {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Notes an admitted message: it counts for the limits until it is given back. */
  addSend(
    { projectId }: Scope,
    id: string,
    send: LineSend,
    now: number,
    replaced: VerificationRow | undefined,
  ): void {
    this.#sql.exec(
      `INSERT INTO sends (project_id, operation_id, verification_id, number_hash, at, place, counts,
         plan, replaced_hash, replaced_key, replaced_sealed)
       VALUES (?1, ?2, ?3, ?4, ?5, (SELECT count(*) FROM sends WHERE verification_id = ?3),
         1, ?6, ?7, ?8, ?9)`,
      projectId,
      send.operationId,
      id,
      send.phone.hash,
      now,
      JSON.stringify(send.deliveries),
      replaced?.code_hash ?? null,
      replaced?.code_key ?? null,
      replaced?.code_sealed ?? null,
    )
  }

  /** The code that a message replaced, if no later message replaced another one. */
  replacedCode(projectId: string, operationId: string): KeptCode | undefined {
    const row = firstOf<ReplacedRow>(
      this.#sql,
      `SELECT replaced_hash, replaced_key, replaced_sealed FROM sends s
       WHERE project_id = ? AND operation_id = ? AND NOT EXISTS
         (SELECT 1 FROM sends WHERE verification_id = s.verification_id AND place > s.place)`,
      projectId,
      operationId,
    )
    if (!row?.replaced_hash || row.replaced_key === null || row.replaced_sealed === null) {
      return undefined
    }
    const { replaced_hash: hash, replaced_key: keyId, replaced_sealed: sealed } = row
    return { keyId, hash: new Uint8Array(hash), sealed }
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

  /** Counts a message again that was given back: it went out after all. */
  countSend(verificationId: string, operationId: string): void {
    this.#sql.exec(
      'UPDATE sends SET counts = 1 WHERE verification_id = ? AND operation_id = ?',
      verificationId,
      operationId,
    )
  }

  /** Notes that all tries that were made of a message are known, and drops the code that it replaced. */
  settle(verificationId: string, operationId: string): void {
    this.#sql.exec(
      `UPDATE sends SET settled = 1, replaced_hash = NULL, replaced_key = NULL, replaced_sealed = NULL
       WHERE verification_id = ? AND operation_id = ?`,
      verificationId,
      operationId,
    )
  }

  /** Whether a message is settled, and none was admitted after it. */
  isSettledAndLatest(verificationId: string, operationId: string): boolean {
    return (
      firstOf(
        this.#sql,
        `SELECT 1 FROM sends s WHERE verification_id = ? AND operation_id = ? AND settled = 1
           AND NOT EXISTS (SELECT 1 FROM sends WHERE verification_id = s.verification_id AND place > s.place)`,
        verificationId,
        operationId,
      ) !== undefined
    )
  }

  /** Test keys of one project never touch the budget of another's. */
  sendHistory({ projectId, mode }: Scope, numberHash: string, since: number): SendHistory {
    const rows = rowsOf<{ project_id: string; at: number; counts: number }>(
      this.#sql,
      'SELECT project_id, at, counts FROM sends WHERE number_hash = ? AND at > ? ORDER BY at',
      numberHash,
      since,
    )
    const own = rows.filter((row) => row.project_id === projectId)
    const shared = mode === 'test' ? own : rows
    const counted = (some: typeof rows) => some.filter((row) => row.counts === 1)
    const timesOf = (some: typeof rows) => some.map((row) => row.at)
    return {
      own: timesOf(counted(own)),
      all: timesOf(counted(shared)),
      givenBack: timesOf(shared.filter((row) => row.counts === 0)),
    }
  }

  failedChecks(projectId: string, numberHash: string, since: number): FailedChecks {
    const rows = rowsOf<{ at: number; in_a_row: number | null }>(
      this.#sql,
      `SELECT at, NULL AS in_a_row FROM failures WHERE project_id = ?1 AND number_hash = ?2 AND at > ?3
       UNION ALL SELECT last_at, in_a_row FROM streaks WHERE project_id = ?1 AND number_hash = ?2
       ORDER BY at`,
      projectId,
      numberHash,
      since,
    )
    const streaks = rows.filter((row) => row.in_a_row !== null)
    return {
      times: rows.filter((row) => row.in_a_row === null).map((row) => row.at),
      inARow: streaks.reduce((sum, row) => sum + (row.in_a_row ?? 0), 0),
      lastAt: streaks.at(-1)?.at ?? 0,
    }
  }

  /** Notes a failed check; the first of a new run of the number lets go of the last one. */
  addFailure(
    { project_id: projectId, number_hash: numberHash, purpose }: VerificationRow,
    isNewRun: boolean,
    now: number,
  ): void {
    this.#sql.exec(
      'INSERT INTO failures (project_id, number_hash, at) VALUES (?, ?, ?)',
      projectId,
      numberHash,
      now,
    )
    if (isNewRun) {
      this.#sql.exec(
        'DELETE FROM streaks WHERE project_id = ? AND number_hash = ?',
        projectId,
        numberHash,
      )
    }
    this.#sql.exec(
      `INSERT INTO streaks (project_id, number_hash, purpose, in_a_row, last_at) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET in_a_row = in_a_row + 1, last_at = excluded.last_at`,
      projectId,
      numberHash,
      purpose,
      now,
    )
  }

  endStreak(row: VerificationRow): void {
    this.#sql.exec(
      'DELETE FROM streaks WHERE project_id = ? AND number_hash = ? AND purpose = ?',
      row.project_id,
      row.number_hash,
      row.purpose,
    )
  }

  evaluatedCheck(id: string, operationId: string): EvaluatedCheckRow | undefined {
    return firstOf<EvaluatedCheckRow>(
      this.#sql,
      'SELECT code_hash, answer, mismatches FROM checks WHERE verification_id = ? AND operation_id = ?',
      id,
      operationId,
    )
  }

  countMismatch(id: string, operationId: string): void {
    this.#sql.exec(
      'UPDATE checks SET mismatches = mismatches + 1 WHERE verification_id = ? AND operation_id = ?',
      id,
      operationId,
    )
  }

  addEvaluatedCheck(
    id: string,
    operationId: string,
    hash: Uint8Array<ArrayBuffer>,
    answer: string,
  ): void {
    this.#sql.exec(
      'INSERT INTO checks (verification_id, operation_id, code_hash, answer) VALUES (?, ?, ?, ?)',
      id,
      operationId,
      hash,
      answer,
    )
  }
}
