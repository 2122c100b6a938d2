import type { Language } from './languages.ts'
import type { E164 } from './phone.ts'
import type { Channel, Mode, Route, Scope } from './project.ts'
import type { DeliveryStatus } from './verification.ts'

/** A provider by which a message may go, over one channel. */
export interface Stop {
  readonly channel: Channel
  readonly provider: string
  /** The route's own sender. */
  readonly sender?: string | undefined
}

export interface PlannedDelivery extends Stop {
  /** `del_` and 32 hex digits. */
  readonly id: string
}

/** What became of one try of a provider. */
export interface Try {
  readonly deliveryId: string
  readonly channel: Channel
  readonly provider: string
  readonly status: Extract<DeliveryStatus, 'sent' | 'failed' | 'unknown'>
  readonly failure: FailureKind | null
  readonly error: string | null
  readonly providerMessageId: string | null
  readonly segments: number | null
}

/** A message on its way out, whatever the channel. */
export interface OutboundMessage {
  readonly scope: Scope
  readonly verificationId: string
  readonly to: E164
  readonly country: string
  readonly language: Language
  readonly brand: string
  /** What is written in a text message. */
  readonly text: string
  readonly code: string
  /** Unix milliseconds; a message that arrives later is of no use. */
  readonly expiresAt: number
}

/**
 * Why a message was not taken. `bad_number`: no provider will reach it; `not_on_channel`: not by this
 * channel; `unknown`: it may be out all the same. After the others another provider may do better.
 */
export type FailureKind =
  | 'unreachable'
  | 'throttled'
  | 'misconfigured'
  | 'bad_number'
  | 'not_on_channel'
  | 'unknown'

/** What decides which providers are tried. */
export interface RouteQuestion {
  readonly mode: Mode
  readonly country: string
  /** In the order in which they are tried. */
  readonly channels: readonly Channel[]
  /** The project's; the deployment's order where none matches. */
  readonly routes: readonly Route[]
}

/** Brings messages to phones. */
export interface Messenger {
  /** What would be tried, in order; nothing when no provider serves any of the channels. */
  route(question: RouteQuestion): Promise<readonly Stop[]>
  /** By which any provider sends, to whatever country. */
  channels(mode: Mode): readonly Channel[]
  /** Never throws; says what became of every try. */
  deliver(message: OutboundMessage, plan: readonly PlannedDelivery[]): Promise<readonly Try[]>
}

/** A request that claims to come from a vendor. */
export interface VendorRequest {
  readonly method: string
  /** As the vendor was told it: the deployment's public URL with path and query. */
  readonly url: string
  readonly headers: Headers
  /** Raw, since signatures are made of bytes. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** What a vendor reports of a message that it took. */
export interface DeliveryReport {
  readonly status: Exclude<DeliveryStatus, 'sending'>
  /** The vendor's error code, without what could quote the message. */
  readonly error: string | null
  /** Decimal, as the vendor writes it. */
  readonly price: string | null
  /** ISO 4217. */
  readonly currency: string | null
}

/** What a vendor may do with a delivery's token: report on the try, or fetch the code of a call. */
export type TokenPurpose = 'report' | 'call'

/** Vendors that call us: each request is authentic by its vendor's own scheme, or `forged`. */
export interface Vendors {
  /** How a provider reports; undefined for one that does not, or is not configured. */
  reporter(provider: string): Reporter | undefined
  /** The script of a provider's calls; undefined for one that calls nobody. */
  voice(provider: string): VoiceScript | undefined
  /** The delivery of a token that was given to a vendor; undefined for a forged one. */
  deliveryOf(purpose: TokenPurpose, token: string): Promise<string | undefined>
}

export interface Reporter {
  /** Whether reports of all messages come to one address, each with the token that it was given. */
  readonly echoesTokens: boolean
  read(request: VendorRequest): Promise<CallbackReading>
}

export interface VoiceScript {
  /** Whether the vendor itself asks, by its signature. */
  isAuthentic(request: VendorRequest): Promise<boolean>
  /** Whether it says that a key was pressed: a voicemail presses none. */
  hasKey(request: VendorRequest): boolean
  /** What the vendor is to say, in its own language; without a code it hangs up. */
  speak(spoken: Spoken | undefined): { readonly contentType: string; readonly body: string }
}

/** What is said in a call, and to whom. */
export interface Spoken {
  readonly code: string
  readonly language: Language
  readonly country: string
  /** The caller's own with {{code}}, instead of the sentence of the language. */
  readonly text?: string | undefined
}

export type CallbackReading =
  | {
      readonly outcome: 'reports'
      /** `token` where the vendor echoes it in the body; else it is the one of the URL. */
      readonly reports: readonly { readonly token?: string; readonly report: DeliveryReport }[]
    }
  /** The vendor tries whether the URL is ours, and wants this text back. */
  | { readonly outcome: 'challenge'; readonly text: string }
  /** Without a signature, from a vendor that sends such a request again. */
  | { readonly outcome: 'unsigned' }
  | { readonly outcome: 'forged' }
  | { readonly outcome: 'unreadable' }
