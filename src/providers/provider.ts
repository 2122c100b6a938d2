import type {
  CallbackReading,
  FailureKind,
  OutboundMessage,
  PlannedDelivery,
  VendorRequest,
  VoiceScript,
} from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'

/** A company that delivers messages, or the inbox. */
export interface Provider {
  readonly name: string
  readonly channels: readonly Channel[]
  /** The number or name from which it would send; undefined when it has none for the country. */
  senderOf(channel: Channel, country: string): string | undefined
  /** Answers what became of a message; never throws. */
  send(message: ProviderMessage, signal: AbortSignal): Promise<Receipt>
  /** Reads a delivery report: its signature first, on the raw bytes. Absent: it sends none. */
  readonly readReport?: (request: VendorRequest) => Promise<CallbackReading>
  /** Whether reports of all messages come to one address, each with the token that it was given. */
  readonly echoesTokens?: true
  /** Says the code in a call that its phone number answered. Absent: it needs no call back. */
  readonly voice?: VoiceScript
}

/** A message as one try of one provider is given it. */
export interface ProviderMessage extends OutboundMessage {
  readonly delivery: PlannedDelivery
  /** The route's sender, else what `senderOf` says. */
  readonly sender: string
  /** Names this try in a delivery report, and proves that the report is about it. */
  readonly reportToken: string
  /** Where its reports are to be sent; absent when the vendor cannot reach this deployment. */
  readonly reportUrl: string | undefined
  /** Where a call asks for the code, once; absent likewise. */
  readonly callUrl: string | undefined
}

export type Receipt =
  | { readonly sent: true; readonly messageId: string | null; readonly segments: number | null }
  | { readonly sent: false; readonly failure: Failure }

export interface Failure {
  readonly kind: FailureKind
  /** For whoever operates the service; never holds a code, a number or a secret. */
  readonly detail: string
  /** For `throttled`: how long the vendor asks to be left alone. */
  readonly retryAfterSeconds?: number
}

/** Whole seconds that the code still lives: a message that comes later is of no use. */
export const secondsLeft = ({ expiresAt }: Pick<ProviderMessage, 'expiresAt'>): number =>
  Math.max(1, Math.floor((expiresAt - Date.now()) / 1000))

export const failed = (kind: FailureKind, detail: string): Receipt => ({
  sent: false,
  failure: { kind, detail },
})
