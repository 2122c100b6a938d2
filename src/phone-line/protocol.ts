import type { Channel } from '../core/project.ts'
import type { PlannedDelivery, SendRequest, VerificationName } from '../core/ports.ts'
import type { SealedPhone } from '../core/verification.ts'

/** A send as the line is told of it: the number is hashed and sealed, the ids are made. */
export interface LineSend extends Omit<SendRequest, 'number' | 'providers'> {
  readonly phone: SealedPhone
  readonly channel: Channel
  /** For the verification, if it is a new one. */
  readonly newId: string
  /** One per provider that may be tried. */
  readonly deliveries: readonly PlannedDelivery[]
}

/** Names a verification within its line. */
export type LineName =
  | Extract<VerificationName, { readonly id: string }>
  | { readonly numberHash: string; readonly purpose: string }

/** A code's hash and sealed copy, and the name of the key that made them. */
export interface KeptCode {
  readonly keyId: string
  readonly hash: Uint8Array<ArrayBuffer>
  readonly sealed: string
}
