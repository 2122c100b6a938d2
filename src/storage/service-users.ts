import type { Mode } from '../core/project.ts'
import type { ServiceUser, ServiceUsers } from '../core/service.ts'
import { readable } from './readable.ts'
import { totpFromColumns, type TotpColumns } from './totp-factors.ts'

interface UserRow {
  readonly id: string
  readonly mode: string
  readonly service_id: string
  readonly id_in_service: string
  readonly phone_hash: string
  readonly phone_last4: string
  readonly phone_sealed: string
  readonly country: string
  readonly created_at: number
}

/** Users of services, in D1. The database is asked for at each call. */
export const serviceUsers = (db: () => D1Database): ServiceUsers => ({
  async add({ projectId, mode }, { id, serviceId, idInService, phone, createdAt }) {
    // From the service's row, since it may have gone.
    const { meta } = await readable(() =>
      db()
        .prepare(
          `INSERT INTO service_users (id, project_id, mode, service_id, id_in_service, phone_hash,
             phone_last4, phone_sealed, country, created_at)
           SELECT ?, project_id, mode, id, ?, ?, ?, ?, ?, ? FROM services
           WHERE id = ? AND project_id = ? AND mode = ?
           ON CONFLICT (service_id, id_in_service) DO NOTHING`,
        )
        .bind(
          id,
          idInService,
          phone.hash,
          phone.last4,
          phone.sealed,
          phone.country,
          createdAt,
          serviceId,
          projectId,
          mode,
        )
        .run(),
    )
    return meta.changes === 1
  },
  async list({ projectId, mode }, serviceId, { after, limit }) {
    const { results } = await readable(() =>
      db()
        .prepare(
          `SELECT * FROM service_users WHERE service_id = ?1 AND project_id = ?2 AND mode = ?3
             AND id > ?4 ORDER BY id LIMIT ?5`,
        )
        .bind(serviceId, projectId, mode, after ?? '', limit)
        .all<UserRow>(),
    )
    return results.map(fromRow)
  },
  async count({ projectId, mode }, serviceId) {
    const total = await readable(() =>
      db()
        .prepare(
          `SELECT count(*) AS total FROM service_users
           WHERE service_id = ? AND project_id = ? AND mode = ?`,
        )
        .bind(serviceId, projectId, mode)
        .first<number>('total'),
    )
    return total ?? 0
  },
  async find({ projectId, mode }, serviceId, id) {
    const row = await readable(() =>
      db()
        .prepare(
          `SELECT u.*, t.id AS factor_id, t.secret_sealed, t.confirmed_at
           FROM service_users u LEFT JOIN totp_factors t ON t.user_id = u.id
           WHERE u.id = ? AND u.service_id = ? AND u.project_id = ? AND u.mode = ?`,
        )
        .bind(id, serviceId, projectId, mode)
        .first<UserRow & TotpColumns>(),
    )
    return row === null ? undefined : { user: fromRow(row), totp: totpFromColumns(row) }
  },
  async remove({ projectId, mode }, serviceId, id) {
    await readable(() =>
      db()
        .prepare(
          `DELETE FROM service_users
           WHERE id = ? AND service_id = ? AND project_id = ? AND mode = ?`,
        )
        .bind(id, serviceId, projectId, mode)
        .run(),
    )
  },
})

const fromRow = (row: UserRow): ServiceUser => ({
  id: row.id,
  serviceId: row.service_id,
  mode: row.mode as Mode,
  idInService: row.id_in_service,
  phone: {
    hash: row.phone_hash,
    last4: row.phone_last4,
    sealed: row.phone_sealed,
    country: row.country,
  },
  createdAt: row.created_at,
})
