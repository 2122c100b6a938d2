import type { MessageOptions } from './message.ts'
import type { Channel, Mode } from './project.ts'

/** The facade of what a page began, or joined: its number was typed there, so it may be shown there. */
export const PAGE = 'page'

/** How a person proves it: by the code of a message, or of an authenticator app (RFC 6238). */
export type VerificationChannel = Channel | 'totp'

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
  /** Of the last message, or `totp` when none is sent. */
  readonly channel: VerificationChannel
  /** By which messages may go, in the order asked for; the ledger knows the last one only. */
  readonly channels: readonly Channel[]
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
  failed: 3,
  undelivered: 4,
  delivered: 5,
}

/** What may change of a delivery once its provider has it. */
export interface DeliveryFacts {
  readonly status: DeliveryStatus
  readonly error: string | null
  readonly price: string | null
  readonly currency: string | null
}

/**
 * Puts two accounts of one delivery together. It is a join (commutative, associative, idempotent),
 * so reports that come twice or out of order end in the same facts: the status that is further on
 * wins with its error, and the higher price; where nothing else decides, the order of the texts does.
 */
export function joinFacts(a: DeliveryFacts, b: DeliveryFacts): DeliveryFacts {
  const ahead = PROGRESS[b.status] - PROGRESS[a.status] || compare(b.error, a.error)
  const { status, error } = ahead > 0 ? b : a
  const dearer = comparePrices(b, a) > 0 ? b : a
  return { status, error, price: dearer.price, currency: dearer.currency }
}

export const sameFacts = (a: DeliveryFacts, b: DeliveryFacts): boolean =>
  a.status === b.status && a.error === b.error && a.price === b.price && a.currency === b.currency

const compare = (a: string | null, b: string | null): number =>
  a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1

const amountOf = ({ price }: DeliveryFacts): number => (price === null ? -1 : Number(price))

const comparePrices = (a: DeliveryFacts, b: DeliveryFacts): number =>
  amountOf(a) - amountOf(b) || compare(a.price, b.price) || compare(a.currency, b.currency)
