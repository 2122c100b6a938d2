import type { Channel, Scope } from '../core/project.ts'
import {
  PAGE,
  type TimelineEvent,
  type VerificationChannel,
  type VerificationRecord,
  type VerificationStatus,
} from '../core/verification.ts'
import { DeliveryStore } from './delivery-store.ts'
import { firstChannel, type KeptCode, type LineName, type LineSend } from './protocol.ts'
import { firstOf, rowsOf } from './query.ts'
import { eventOf, verificationOf, type EventRow, type VerificationRow } from './rows.ts'

/** What stands in a verification from its beginning. */
interface NewVerification extends Pick<
  LineSend,
  | 'newId'
  | 'phone'
  | 'purpose'
  | 'facade'
  | 'locale'
  | 'metadata'
  | 'message'
  | 'attemptsAllowed'
  | 'lifeSeconds'
> {
  readonly channel: VerificationChannel
  readonly channels: readonly Channel[]
}

/** SQL of verifications: one method a question or a change, none decides anything. */
export class LineStore {
  readonly deliveries: DeliveryStore
  readonly #sql: SqlStorage
  readonly #onEvent: () => void

  constructor(sql: SqlStorage, onEvent: () => void) {
    this.deliveries = new DeliveryStore(sql)
    this.#sql = sql
    this.#onEvent = onEvent
  }

  find(scope: Scope, name: LineName): VerificationRow | undefined {
    const { projectId, mode } = scope
    if (!('numberHash' in name)) {
      return firstOf<VerificationRow>(
        this.#sql,
        'SELECT * FROM verifications WHERE id = ? AND project_id = ? AND mode = ?',
        name.id,
        projectId,
        mode,
      )
    }
    const latest = firstOf<VerificationRow>(
      this.#sql,
      `SELECT * FROM verifications WHERE project_id = ? AND mode = ? AND number_hash = ? AND purpose = ?
       ORDER BY status = 'pending' DESC, created_at DESC, id DESC LIMIT 1`,
      projectId,
      mode,
      name.numberHash,
      name.purpose,
    )
    return name.id === undefined || name.id === latest?.id ? latest : undefined
  }

  /** What is pending of a number and purpose: one verification at most. */
  pending(
    scope: Scope,
    { phone, purpose }: Pick<LineSend, 'phone' | 'purpose'>,
    now: number,
  ): VerificationRow | undefined {
    const row = this.find(scope, { numberHash: phone.hash, purpose })
    return row?.status === 'pending' && row.expires_at > now ? row : undefined
  }

  ofNumber({ projectId, mode }: Scope, numberHash: string): readonly VerificationRow[] {
    return rowsOf<VerificationRow>(
      this.#sql,
      `SELECT * FROM verifications WHERE project_id = ? AND mode = ? AND number_hash = ?
       ORDER BY created_at DESC, id DESC`,
      projectId,
      mode,
      numberHash,
    )
  }

  record(id: string): VerificationRecord | undefined {
    const row = firstOf<VerificationRow>(this.#sql, 'SELECT * FROM verifications WHERE id = ?', id)
    return (
      row && {
        verification: verificationOf(row),
        deliveries: this.deliveries.ofVerification(id),
        timeline: this.#timeline(id),
      }
    )
  }

  /** The record of a verification that the same transaction has just read or written. */
  existing(id: string): VerificationRecord {
    const record = this.record(id)
    if (record === undefined) throw new Error('A verification is gone in its own transaction')
    return record
  }

  insert(
    { projectId, mode }: Scope,
    begun: NewVerification,
    code: KeptCode | undefined,
    now: number,
  ): void {
    this.#sql.exec(
      `INSERT INTO verifications (id, project_id, mode, number_hash, purpose, facade, channel, channels, status,
         code_hash, code_key, code_sealed, phone_last4, phone_sealed, country, locale, metadata, message,
         attempts, attempts_allowed, sends, version, created_at, updated_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, ?, ?, ?)`,
      begun.newId,
      projectId,
      mode,
      begun.phone.hash,
      begun.purpose,
      begun.facade,
      begun.channel,
      JSON.stringify(begun.channels),
      code?.hash ?? null,
      code?.keyId ?? null,
      code?.sealed ?? null,
      begun.phone.last4,
      begun.phone.sealed,
      begun.phone.country,
      begun.locale,
      JSON.stringify(begun.metadata ?? {}),
      JSON.stringify(begun.message),
      begun.attemptsAllowed,
      now,
      now,
      now + begun.lifeSeconds * 1000,
    )
  }

  /** The sealed code of a verification that has not ended. */
  sealedCode(id: string): string | undefined {
    const row = firstOf<{ code_sealed: string | null }>(
      this.#sql,
      'SELECT code_sealed FROM verifications WHERE id = ?',
      id,
    )
    return row?.code_sealed ?? undefined
  }

  replaceCode(id: string, code: KeptCode): void {
    this.#sql.exec(
      'UPDATE verifications SET code_hash = ?, code_key = ?, code_sealed = ? WHERE id = ?',
      code.hash,
      code.keyId,
      code.sealed,
      id,
    )
  }

  /** Counts a message, and keeps how it was asked for, so that the next one looks the same. */
  countSend(id: string, send: LineSend): void {
    this.#sql.exec(
      `UPDATE verifications SET sends = sends + 1, channel = ?, channels = ?, locale = ?,
         metadata = coalesce(?, metadata), message = ?, facade = iif(? = '${PAGE}', '${PAGE}', facade)
       WHERE id = ?`,
      firstChannel(send),
      JSON.stringify(send.channels),
      send.locale,
      send.metadata === undefined ? null : JSON.stringify(send.metadata),
      JSON.stringify(send.message),
      send.facade,
      id,
    )
  }

  /** Notes by which channel a message went in the end. */
  useChannel(id: string, channel: Channel): void {
    this.#sql.exec('UPDATE verifications SET channel = ? WHERE id = ?', channel, id)
  }

  /** Ends a verification; what could prove its code goes. */
  end(id: string, status: VerificationStatus, now: number): void {
    this.addEvent(id, `verification.${status}`, {}, now, { status })
  }

  /** Ends what is past its life. */
  expireOverdue(now: number): void {
    const overdue = rowsOf<{ id: string }>(
      this.#sql,
      "SELECT id FROM verifications WHERE status = 'pending' AND expires_at <= ?",
      now,
    )
    for (const { id } of overdue) this.end(id, 'expired', now)
  }

  /** Finds a verification by its id as it is now: expired, if its life is over. */
  current(scope: Scope, id: string, now: number): VerificationRow | undefined {
    const row = this.find(scope, { id })
    if (row?.status !== 'pending' || row.expires_at > now) return row
    this.end(id, 'expired', now)
    return this.find(scope, { id })
  }

  /**
   * Writes down what happened, with what it changes: the verification's next version, and an entry of
   * the outbox. One statement serves all, since a line is a database of its own that parses anew.
   */
  addEvent(
    id: string,
    type: string,
    data: TimelineEvent['data'],
    now: number,
    change: { readonly status?: VerificationStatus; readonly attempts?: number } = {},
  ): void {
    const { status = null, attempts = 0 } = change
    const row = firstOf<{ version: number }>(
      this.#sql,
      `UPDATE verifications SET attempts = attempts + ?1, status = coalesce(?2, status),
         code_hash = iif(?2 IS NULL, code_hash, NULL), code_sealed = iif(?2 IS NULL, code_sealed, NULL),
         ended_at = iif(?2 IS NULL, ended_at, ?3), approved_at = iif(?2 = 'approved', ?3, approved_at),
         version = version + 1, updated_at = ?3
       WHERE id = ?4 RETURNING version`,
      attempts,
      status,
      now,
      id,
    )
    if (row === undefined) throw new Error('Nothing can happen to a verification that is not there')
    this.#sql.exec(
      'INSERT INTO events (verification_id, version, type, at, data) VALUES (?, ?, ?, ?, ?)',
      id,
      row.version,
      type,
      now,
      JSON.stringify(data),
    )
    this.#onEvent()
  }

  /** Notes by which operation the proof of a verification is consumed; false when it was by another. */
  spendProof(id: string, operationId: string, now: number): boolean {
    const spent = firstOf<{ operation_id: string }>(
      this.#sql,
      'SELECT operation_id FROM proofs WHERE verification_id = ?',
      id,
    )
    if (spent !== undefined) return spent.operation_id === operationId
    this.#sql.exec(
      'INSERT INTO proofs (verification_id, operation_id) VALUES (?, ?)',
      id,
      operationId,
    )
    this.addEvent(id, 'proof.spent', {}, now)
    return true
  }

  /** Brings what changed without an event to the ledger: with the last event, once more. */
  drainAgain(id: string): void {
    this.#sql.exec(
      `UPDATE events SET drained = 0 WHERE verification_id = ?1 AND version =
         (SELECT max(version) FROM events WHERE verification_id = ?1)`,
      id,
    )
    this.#onEvent()
  }

  lastEventType(id: string): string | undefined {
    return firstOf<{ type: string }>(
      this.#sql,
      'SELECT type FROM events WHERE verification_id = ? ORDER BY version DESC LIMIT 1',
      id,
    )?.type
  }

  #timeline(id: string) {
    return rowsOf<EventRow>(
      this.#sql,
      'SELECT * FROM events WHERE verification_id = ? ORDER BY version',
      id,
    ).map(eventOf)
  }
}
