import type { PlannedDelivery } from '../core/messenger.ts'
import type { Delivery, DeliveryFacts } from '../core/verification.ts'
import { firstOf, rowsOf } from './query.ts'
import { deliveryOf, type DeliveryRow } from './rows.ts'

interface PlanRow {
  readonly verification_id: string
  readonly operation_id: string
  readonly plan: string
}

/** What is known of a try after its provider answered or reported. */
export interface DeliveryChange extends DeliveryFacts {
  readonly providerMessageId: string | null
  readonly segments: number | null
}

/** SQL of tries: one method a question or a change, none decides anything. */
export class DeliveryStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  add(
    verificationId: string,
    operationId: string,
    { id, channel, provider }: PlannedDelivery,
    now: number,
  ): void {
    this.#sql.exec(
      `INSERT INTO deliveries (id, verification_id, operation_id, channel, provider, status, version, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, 'sending', 1, ?, ?)`,
      id,
      verificationId,
      operationId,
      channel,
      provider,
      now,
      now,
    )
  }

  find(id: string): DeliveryRow | undefined {
    return firstOf<DeliveryRow>(this.#sql, 'SELECT * FROM deliveries WHERE id = ?', id)
  }

  /** Finds a try that a vendor speaks of; one that was only planned until now becomes a row. */
  findOrAdd(id: string, now: number): DeliveryRow | undefined {
    const row = this.find(id)
    if (row !== undefined) return row
    const send = firstOf<PlanRow>(
      this.#sql,
      'SELECT verification_id, operation_id, plan FROM sends WHERE instr(plan, ?) > 0',
      id,
    )
    const plan = JSON.parse(send?.plan ?? '[]') as readonly PlannedDelivery[]
    const planned = plan.find((delivery) => delivery.id === id)
    if (send === undefined || planned === undefined) return undefined
    this.add(send.verification_id, send.operation_id, planned, now)
    return this.find(id)
  }

  change(id: string, change: DeliveryChange, now: number): void {
    this.#sql.exec(
      `UPDATE deliveries SET status = ?, error = ?, price = ?, currency = ?,
         provider_message_id = ?, segments = ?, version = version + 1, updated_at = ? WHERE id = ?`,
      change.status,
      change.error,
      change.price,
      change.currency,
      change.providerMessageId,
      change.segments,
      now,
      id,
    )
  }

  markSpoken(id: string, operationId: string): void {
    this.#sql.exec('UPDATE deliveries SET spoken_for = ? WHERE id = ?', operationId, id)
  }

  ofVerification(id: string): readonly Delivery[] {
    return rowsOf<DeliveryRow>(
      this.#sql,
      'SELECT * FROM deliveries WHERE verification_id = ? ORDER BY created_at, id',
      id,
    ).map(deliveryOf)
  }

  /** The last try of an operation. */
  ofOperation(operationId: string): Delivery | undefined {
    const row = firstOf<DeliveryRow>(
      this.#sql,
      'SELECT * FROM deliveries WHERE operation_id = ? ORDER BY created_at DESC, updated_at DESC LIMIT 1',
      operationId,
    )
    return row && deliveryOf(row)
  }

  /** Tries that were begun before a time and whose outcome nobody reported. */
  lostIntents(before: number): readonly DeliveryRow[] {
    return rowsOf<DeliveryRow>(
      this.#sql,
      "SELECT * FROM deliveries WHERE status = 'sending' AND created_at <= ?",
      before,
    )
  }

  /** Whether a provider took the message of an operation, by its answer or by its report. */
  wasTaken(operationId: string): boolean {
    return (
      firstOf(
        this.#sql,
        "SELECT 1 FROM deliveries WHERE operation_id = ? AND status IN ('sent', 'delivered')",
        operationId,
      ) !== undefined
    )
  }

  /** Whether any message of a verification, or of one operation, may have reached the phone. */
  mayHaveArrived(
    of: { readonly verificationId: string } | { readonly operationId: string },
  ): boolean {
    const [column, value] =
      'operationId' in of
        ? (['operation_id', of.operationId] as const)
        : (['verification_id', of.verificationId] as const)
    return (
      firstOf(
        this.#sql,
        `SELECT 1 FROM deliveries WHERE ${column} = ? AND status NOT IN ('failed', 'undelivered')`,
        value,
      ) !== undefined
    )
  }

  /** Whether a message that is as new as a try is on its way or has arrived, for all that is known. */
  isAnyUnderWay({ verification_id: id, created_at: since }: DeliveryRow): boolean {
    return (
      firstOf(
        this.#sql,
        `SELECT 1 FROM deliveries WHERE verification_id = ? AND created_at >= ?
           AND status IN ('sending', 'sent', 'delivered')`,
        id,
        since,
      ) !== undefined
    )
  }
}
