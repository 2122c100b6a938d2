import type { MessageOptions } from './message.ts'
import type { Channel, Mode } from './project.ts'

export type VerificationStatus =
  | 'pending'
  | 'approved'
  | 'expired'
  | 'canceled'
  | 'max_attempts'
  | 'failed'

export type DeliveryStatus = 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'unknown'

/** What otpost keeps of a phone number: never the number in clear. */
export interface SealedPhone {
  /** Keyed hash of mode and number, hex. */
  readonly hash: string
  readonly last4: string
  /** The number, encrypted. */
  readonly sealed: string
  readonly country: string
}

/** One attempt of a project to prove one phone number for one purpose. Times are Unix milliseconds. */
export interface Verification {
  /** `ver_` and 32 hex digits. */
  readonly id: string
  readonly projectId: string
  readonly mode: Mode
  /** The API through which it began. */
  readonly facade: string
  readonly purpose: string
  readonly channel: Channel
  readonly status: VerificationStatus
  readonly phone: SealedPhone
  readonly locale: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** Known to the line only, while it remembers the verification. */
  readonly message: MessageOptions
  /** Checks evaluated so far. */
  readonly attempts: number
  readonly attemptsAllowed: number
  readonly sends: number
  /** Grows with every change, so that the ledger never goes back. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly expiresAt: number
  readonly approvedAt: number | null
}

/** One try of one provider to deliver one message. */
export interface Delivery {
  /** `del_` and 32 hex digits. */
  readonly id: string
  readonly verificationId: string
  readonly channel: Channel
  readonly provider: string
  readonly providerMessageId: string | null
  readonly status: DeliveryStatus
  /** Why it failed, without code or number. */
  readonly error: string | null
  readonly price: string | null
  readonly currency: string | null
  readonly segments: number | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** Something that happened to a verification, in the order of `id`'s last part. */
export interface TimelineEvent {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly data: Readonly<Record<string, string | number | null>>
}

/** All that is known of one verification. */
export interface VerificationRecord {
  readonly verification: Verification
  readonly deliveries: readonly Delivery[]
  readonly timeline: readonly TimelineEvent[]
}

export const attemptsLeft = (verification: Verification): number =>
  verification.status === 'pending'
    ? Math.max(0, verification.attemptsAllowed - verification.attempts)
    : 0

const PROGRESS: Readonly<Record<DeliveryStatus, number>> = {
  sending: 0,
  unknown: 1,
  sent: 2,
  undelivered: 3,
  failed: 3,
  delivered: 3,
}

/** Whether a delivery may go from one status to another: only ever forward. */
export const movesForward = (from: DeliveryStatus, to: DeliveryStatus): boolean =>
  PROGRESS[to] > PROGRESS[from]
