import type { Ledger, ListFilter } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import type { VerificationRecord } from '../core/verification.ts'
import { deliveryFromRow, receiveReport, upsertDelivery, type DeliveryRow } from './deliveries.ts'
import { readable } from './readable.ts'
import {
  timelineFromRow,
  upsertVerification,
  verificationFromRow,
  type VerificationRow,
} from './verifications.ts'

/** The lasting record, in D1. The database is asked for at each call. */
export function ledger(db: () => D1Database): Ledger {
  return {
    async record(records) {
      const statements = records.flatMap((record) => [
        upsertVerification(db(), record),
        ...record.deliveries.map((delivery) =>
          upsertDelivery(db(), record.verification.projectId, delivery),
        ),
      ])
      if (statements.length > 0) await db().batch(statements)
    },
    find: (scope, id) => readable(() => findRecord(db(), scope, id)),
    list: (scope, filter) => readable(() => listRows(db(), scope, filter)),
    receive: (deliveryId, provider, report) =>
      readable(() => receiveReport(db(), deliveryId, provider, report)),
    async probe() {
      await db().prepare('SELECT id FROM deliveries LIMIT 1').all()
    },
  }
}

async function listRows(db: D1Database, scope: Scope, filter: ListFilter) {
  const { query, values } = listQuery(scope, filter)
  const { results } = await db
    .prepare(query)
    .bind(...values)
    .all<VerificationRow>()
  return results.map(verificationFromRow)
}

async function findRecord(
  db: D1Database,
  scope: Scope,
  id: string,
): Promise<VerificationRecord | undefined> {
  const [verifications, deliveries] = await db.batch<VerificationRow | DeliveryRow>([
    db
      .prepare('SELECT * FROM verifications WHERE id = ? AND project_id = ? AND mode = ?')
      .bind(id, scope.projectId, scope.mode),
    db
      .prepare(
        'SELECT * FROM deliveries WHERE verification_id = ? AND project_id = ? ORDER BY created_at, id',
      )
      .bind(id, scope.projectId),
  ])
  const row = verifications?.results[0] as VerificationRow | undefined
  if (row === undefined) return undefined
  return {
    verification: verificationFromRow(row),
    deliveries: (deliveries?.results ?? []).map((delivery) =>
      deliveryFromRow(delivery as DeliveryRow),
    ),
    timeline: timelineFromRow(row),
  }
}

/** A page's query: equality on the filters, then newest first from where the last page ended. */
function listQuery(scope: Scope, filter: ListFilter) {
  const conditions: (readonly [string, ...(string | number)[]])[] = [
    ['project_id = ?', scope.projectId],
    ['mode = ?', scope.mode],
  ]
  if (filter.phoneHash !== undefined) conditions.push(['phone_hash = ?', filter.phoneHash])
  if (filter.purpose !== undefined) conditions.push(['purpose = ?', filter.purpose])
  if (filter.status !== undefined) conditions.push(['status = ?', filter.status])
  if (filter.country !== undefined) conditions.push(['country = ?', filter.country])
  if (filter.from !== undefined) conditions.push(['created_at >= ?', filter.from])
  if (filter.to !== undefined) conditions.push(['created_at < ?', filter.to])
  if (filter.after !== undefined) {
    conditions.push(['(created_at, id) < (?, ?)', filter.after.createdAt, filter.after.id])
  }
  const where = conditions.map(([condition]) => condition).join(' AND ')
  return {
    query: `SELECT * FROM verifications WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), filter.limit],
  }
}
