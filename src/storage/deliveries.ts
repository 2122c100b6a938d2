import type { DeliveryReport } from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'
import { joinFacts, sameFacts, type Delivery, type DeliveryStatus } from '../core/verification.ts'

export interface DeliveryRow {
  readonly id: string
  readonly verification_id: string
  readonly channel: string
  readonly provider: string
  readonly provider_message_id: string | null
  readonly status: string
  readonly error: string | null
  readonly price: string | null
  readonly currency: string | null
  readonly segments: number | null
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
}

/** Writes a delivery unless the ledger knows a later version. */
export const upsertDelivery = (
  db: D1Database,
  projectId: string,
  delivery: Delivery,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO deliveries (id, verification_id, project_id, channel, provider, provider_message_id,
         status, error, price, currency, segments, version, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         provider_message_id = excluded.provider_message_id, status = excluded.status,
         error = excluded.error, price = excluded.price, currency = excluded.currency,
         segments = excluded.segments, version = excluded.version, updated_at = excluded.updated_at
       WHERE excluded.version > deliveries.version`,
    )
    .bind(
      delivery.id,
      delivery.verificationId,
      projectId,
      delivery.channel,
      delivery.provider,
      delivery.providerMessageId,
      delivery.status,
      delivery.error,
      delivery.price,
      delivery.currency,
      delivery.segments,
      delivery.version,
      delivery.createdAt,
      delivery.updatedAt,
    )

/** Another report of the same delivery came between so often at most. */
const TRIES = 3

/** Records a report of a delivery whose line has forgotten it; one that is not there is left out. */
export async function receiveReport(
  db: D1Database,
  id: string,
  provider: string,
  report: DeliveryReport,
): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const row = await db
      .prepare('SELECT * FROM deliveries WHERE id = ? AND provider = ?')
      .bind(id, provider)
      .first<DeliveryRow>()
    if (row === null) return
    const before = deliveryFromRow(row)
    const after = joinFacts(before, report)
    if (sameFacts(before, after)) return
    const { meta } = await db
      .prepare(
        `UPDATE deliveries SET status = ?, error = ?, price = ?, currency = ?,
           version = version + 1, updated_at = ? WHERE id = ? AND version = ?`,
      )
      .bind(after.status, after.error, after.price, after.currency, Date.now(), id, row.version)
      .run()
    if (meta.changes > 0) return
  }
  throw new Error('A delivery changes faster than a report of it can be written')
}

export const deliveryFromRow = (row: DeliveryRow): Delivery => ({
  id: row.id,
  verificationId: row.verification_id,
  channel: row.channel as Channel,
  provider: row.provider,
  providerMessageId: row.provider_message_id,
  status: row.status as DeliveryStatus,
  error: row.error,
  price: row.price,
  currency: row.currency,
  segments: row.segments,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
