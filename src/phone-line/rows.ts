import type { MessageOptions } from '../core/message.ts'
import type { Channel, Mode } from '../core/project.ts'
import type {
  Delivery,
  DeliveryStatus,
  TimelineEvent,
  Verification,
  VerificationChannel,
  VerificationStatus,
} from '../core/verification.ts'

/** A row of `verifications`, as SQLite gives it. */
export interface VerificationRow extends Record<string, SqlStorageValue> {
  readonly id: string
  readonly project_id: string
  readonly mode: string
  readonly number_hash: string
  readonly purpose: string
  readonly facade: string
  readonly channel: string
  readonly channels: string
  readonly status: string
  readonly code_hash: ArrayBuffer | null
  readonly code_key: string | null
  readonly code_sealed: string | null
  readonly phone_last4: string
  readonly phone_sealed: string
  readonly country: string
  readonly locale: string | null
  readonly metadata: string
  readonly message: string
  readonly attempts: number
  readonly attempts_allowed: number
  readonly sends: number
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
  readonly expires_at: number
  readonly approved_at: number | null
}

export interface DeliveryRow extends Record<string, SqlStorageValue> {
  readonly id: string
  readonly verification_id: string
  readonly operation_id: string
  readonly channel: string
  readonly provider: string
  readonly provider_message_id: string | null
  readonly status: string
  readonly error: string | null
  readonly price: string | null
  readonly currency: string | null
  readonly segments: number | null
  readonly spoken_for: string | null
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
}

export interface EventRow extends Record<string, SqlStorageValue> {
  readonly verification_id: string
  readonly version: number
  readonly type: string
  readonly at: number
  readonly data: string
}

export const verificationOf = (row: VerificationRow): Verification => ({
  id: row.id,
  projectId: row.project_id,
  mode: row.mode as Mode,
  facade: row.facade,
  purpose: row.purpose,
  channel: row.channel as VerificationChannel,
  channels: JSON.parse(row.channels) as Channel[],
  status: row.status as VerificationStatus,
  phone: {
    hash: row.number_hash,
    last4: row.phone_last4,
    sealed: row.phone_sealed,
    country: row.country,
  },
  locale: row.locale,
  metadata: JSON.parse(row.metadata) as Record<string, string>,
  message: JSON.parse(row.message) as MessageOptions,
  attempts: row.attempts,
  attemptsAllowed: row.attempts_allowed,
  sends: row.sends,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  expiresAt: row.expires_at,
  approvedAt: row.approved_at,
})

export const deliveryOf = (row: DeliveryRow): Delivery => ({
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

export const eventOf = (row: EventRow): TimelineEvent => ({
  id: `evt_${row.verification_id.slice('ver_'.length)}_${row.version}`,
  type: row.type,
  at: row.at,
  data: JSON.parse(row.data) as TimelineEvent['data'],
})
