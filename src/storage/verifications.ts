import type { Channel, Mode } from '../core/project.ts'
import type {
  TimelineEvent,
  Verification,
  VerificationChannel,
  VerificationRecord,
  VerificationStatus,
} from '../core/verification.ts'

export interface VerificationRow {
  readonly id: string
  readonly project_id: string
  readonly mode: string
  readonly facade: string
  readonly purpose: string
  readonly channel: string
  readonly status: string
  readonly phone_hash: string
  readonly phone_last4: string
  readonly phone_sealed: string
  readonly country: string
  readonly locale: string | null
  readonly metadata: string
  readonly attempts: number
  readonly attempts_allowed: number
  readonly sends: number
  readonly timeline: string
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
  readonly expires_at: number
  readonly approved_at: number | null
}

const TIMELINE_BYTES = 4096

/** Writes a verification unless the ledger knows a later version. */
export const upsertVerification = (
  db: D1Database,
  { verification, timeline }: VerificationRecord,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO verifications (id, project_id, mode, facade, purpose, channel, status, phone_hash,
         phone_last4, phone_sealed, country, locale, metadata, attempts, attempts_allowed, sends,
         timeline, version, created_at, updated_at, expires_at, approved_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         channel = excluded.channel, status = excluded.status, locale = excluded.locale,
         metadata = excluded.metadata, attempts = excluded.attempts, sends = excluded.sends,
         timeline = excluded.timeline, version = excluded.version,
         updated_at = excluded.updated_at, approved_at = excluded.approved_at
       WHERE excluded.version > verifications.version`,
    )
    .bind(
      verification.id,
      verification.projectId,
      verification.mode,
      verification.facade,
      verification.purpose,
      verification.channel,
      verification.status,
      verification.phone.hash,
      verification.phone.last4,
      verification.phone.sealed,
      verification.phone.country,
      verification.locale,
      JSON.stringify(verification.metadata),
      verification.attempts,
      verification.attemptsAllowed,
      verification.sends,
      timelineText(timeline),
      verification.version,
      verification.createdAt,
      verification.updatedAt,
      verification.expiresAt,
      verification.approvedAt,
    )

/** A timeline as JSON of at most 4 KB: when it is longer, the middle goes. */
export function timelineText(timeline: readonly TimelineEvent[]): string {
  const kept = [...timeline]
  let text = JSON.stringify(kept)
  while (new TextEncoder().encode(text).length > TIMELINE_BYTES) {
    kept.splice(Math.floor(kept.length / 2), 1)
    text = JSON.stringify(kept)
  }
  return text
}

export const timelineFromRow = (row: VerificationRow): readonly TimelineEvent[] =>
  JSON.parse(row.timeline) as TimelineEvent[]

export const verificationFromRow = (row: VerificationRow): Verification => ({
  id: row.id,
  projectId: row.project_id,
  mode: row.mode as Mode,
  facade: row.facade,
  purpose: row.purpose,
  channel: row.channel as VerificationChannel,
  channels: row.channel === 'totp' ? [] : [row.channel as Channel],
  status: row.status as VerificationStatus,
  phone: {
    hash: row.phone_hash,
    last4: row.phone_last4,
    sealed: row.phone_sealed,
    country: row.country,
  },
  locale: row.locale,
  metadata: JSON.parse(row.metadata) as Record<string, string>,
  message: {},
  attempts: row.attempts,
  attemptsAllowed: row.attempts_allowed,
  sends: row.sends,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  expiresAt: row.expires_at,
  approvedAt: row.approved_at,
})
