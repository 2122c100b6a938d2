import type { Channel } from '../core/project.ts'
import type { PlannedDelivery } from '../core/messenger.ts'
import type { ChallengeRequest, CheckQuestion, SendRequest } from '../core/ports.ts'
import type { SealedPhone } from '../core/verification.ts'

/** A send as the line is told of it: the number is hashed and sealed, the ids are made. */
export interface LineSend extends Omit<SendRequest, 'number' | 'stops'> {
  readonly phone: SealedPhone
  /** For the verification, if it is a new one. */
  readonly newId: string
  /** One per stop that may be tried. */
  readonly deliveries: readonly PlannedDelivery[]
}

/** The same for what begins by an authenticator app. */
export interface LineChallenge extends ChallengeRequest {
  readonly newId: string
}

/** The channel that is tried first. */
export const firstChannel = ({ deliveries, channels }: LineSend): Channel =>
  deliveries[0]?.channel ?? channels[0] ?? 'sms'

/** Names a verification within its line. */
export type LineName =
  | { readonly id: string }
  | { readonly numberHash: string; readonly purpose: string; readonly id?: string | undefined }

/** A check as the line is told of it. */
export interface LineQuestion extends Omit<CheckQuestion, 'name'> {
  readonly name: LineName
}

/** A code's hash and sealed copy, and the name of the key that made them. */
export interface KeptCode {
  readonly keyId: string
  readonly hash: Uint8Array<ArrayBuffer>
  readonly sealed: string
}
