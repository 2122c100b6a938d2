import type { TotpFactor, TotpFactors } from '../core/service.ts'
import { readable } from './readable.ts'

/** What a user's row is joined with. */
export interface TotpColumns {
  readonly factor_id: string | null
  readonly secret_sealed: string | null
  readonly confirmed_at: number | null
}

/** Authenticator apps, in D1. The database is asked for at each call. */
export const totpFactors = (db: () => D1Database): TotpFactors => ({
  async put({ projectId, mode }, userId, { factorId, sealed }) {
    // From the user's row, since it may have gone.
    const { meta } = await readable(() =>
      db()
        .prepare(
          `INSERT INTO totp_factors (user_id, id, project_id, secret_sealed, created_at)
           SELECT id, ?, project_id, ?, ? FROM service_users
           WHERE id = ? AND project_id = ? AND mode = ?
           ON CONFLICT (user_id) DO UPDATE SET
             id = excluded.id, secret_sealed = excluded.secret_sealed,
             created_at = excluded.created_at
           WHERE totp_factors.confirmed_at IS NULL`,
        )
        .bind(factorId, sealed, Date.now(), userId, projectId, mode)
        .run(),
    )
    return meta.changes === 1
  },
  async confirm({ projectId }, userId, factorId) {
    const { meta } = await readable(() =>
      db()
        .prepare(
          `UPDATE totp_factors SET confirmed_at = coalesce(confirmed_at, ?)
           WHERE user_id = ? AND project_id = ? AND id = ?`,
        )
        .bind(Date.now(), userId, projectId, factorId)
        .run(),
    )
    return meta.changes === 1
  },
  async remove({ projectId }, userId) {
    await readable(() =>
      db()
        .prepare('DELETE FROM totp_factors WHERE user_id = ? AND project_id = ?')
        .bind(userId, projectId)
        .run(),
    )
  },
})

export const totpFromColumns = (row: TotpColumns): TotpFactor | undefined =>
  row.factor_id === null || row.secret_sealed === null
    ? undefined
    : { factorId: row.factor_id, sealed: row.secret_sealed, confirmed: row.confirmed_at !== null }
