import type { FailureKind, OutboundMessage } from '../core/ports.ts'
import type { Channel } from '../core/project.ts'

/** A company that delivers messages, or the inbox. */
export interface Provider {
  readonly name: string
  readonly channels: readonly Channel[]
  /** Answers what became of a message; never throws. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>
}

export type Receipt =
  | { readonly sent: true; readonly messageId: string | null; readonly segments: number | null }
  | { readonly sent: false; readonly failure: Failure }

export interface Failure {
  readonly kind: FailureKind
  /** For whoever operates the service; never holds a code, a number or a secret. */
  readonly detail: string
}

export const failed = (kind: FailureKind, detail: string): Receipt => ({
  sent: false,
  failure: { kind, detail },
})
