import type { Service, Services } from '../core/service.ts'
import { readable } from './readable.ts'

interface ServiceRow {
  readonly id: string
  readonly fqdn: string
  readonly name: string
  readonly created_at: number
}

/** Services, in D1. The database is asked for at each call. */
export const services = (db: () => D1Database): Services => ({
  async add({ projectId, mode }, { id, fqdn, name, createdAt }) {
    const { meta } = await readable(() =>
      db()
        .prepare(
          `INSERT INTO services (id, project_id, mode, fqdn, name, created_at)
           VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, mode, fqdn) DO NOTHING`,
        )
        .bind(id, projectId, mode, fqdn, name, createdAt)
        .run(),
    )
    return meta.changes === 1
  },
  async find({ projectId, mode }, id) {
    const row = await readable(() =>
      db()
        .prepare(
          `SELECT id, fqdn, name, created_at FROM services
           WHERE id = ? AND project_id = ? AND mode = ?`,
        )
        .bind(id, projectId, mode)
        .first<ServiceRow>(),
    )
    return row === null ? undefined : fromRow(row)
  },
  async remove({ projectId, mode }, id) {
    const { meta } = await readable(() =>
      db()
        .prepare(
          `DELETE FROM services WHERE id = ?1 AND project_id = ?2 AND mode = ?3
             AND NOT EXISTS (SELECT 1 FROM service_users WHERE service_id = ?1 AND project_id = ?2)`,
        )
        .bind(id, projectId, mode)
        .run(),
    )
    return meta.changes === 1
  },
})

const fromRow = ({ id, fqdn, name, created_at: createdAt }: ServiceRow): Service => ({
  id,
  fqdn,
  name,
  createdAt,
})
