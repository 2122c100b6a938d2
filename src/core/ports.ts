import type { Challenges } from './challenge.ts'
import type { Quota, SendPolicy } from './limits.ts'
import type { MessageOptions } from './message.ts'
import type { E164, NumberType, PhoneNumber } from './phone.ts'
import type { DeliveryReport, Messenger, PlannedDelivery, Stop, Try, Vendors } from './messenger.ts'
import type { Caller, Channel, Mode, Project, Scope } from './project.ts'
import type { RefusalCode } from './refusal.ts'
import type { Services, ServiceUsers, TotpFactors, TotpSecret } from './service.ts'
import type { PublicKeySet } from './token-keys.ts'
import type { TokenExpectation, TokenOrder, VerifiedClaims } from './tokens.ts'
import type {
  Delivery,
  SealedPhone,
  Verification,
  VerificationChannel,
  VerificationRecord,
  VerificationStatus,
} from './verification.ts'

/**
 * Names a verification by its id, or by number and purpose (the pending one, else the latest), which
 * may have to be of an id too.
 */
export type VerificationName =
  | { readonly id: string }
  | { readonly number: AnyNumber; readonly purpose: string; readonly id?: string | undefined }

/** A number, or what is kept of one, which names its line as well. */
export type AnyNumber = PhoneNumber | SealedPhone

export interface SendRequest {
  /** Of the request: the same operation is never carried out twice. */
  readonly operationId: string
  readonly number: PhoneNumber
  readonly facade: string
  readonly purpose: string
  /** By which it may go, in order; more than one when the caller left it to the project. */
  readonly channels: readonly Channel[]
  readonly locale: string | null
  /** Undefined leaves what a pending verification has. */
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly message: MessageOptions
  /** The verification to send again; absent for a start. */
  readonly verificationId?: string | undefined
  /** The caller's own code. */
  readonly code?: string | undefined
  readonly codeLength: number
  readonly lifeSeconds: number
  readonly attemptsAllowed: number
  /** Whether a pending verification gets a new code. */
  readonly freshCode: boolean
  /** What may be tried, in order. */
  readonly stops: readonly Stop[]
  readonly policy: SendPolicy
}

export type Admission =
  | {
      readonly outcome: 'admitted'
      readonly verification: Verification
      readonly code: string
      readonly deliveries: readonly PlannedDelivery[]
      /** Unix milliseconds. */
      readonly nextSendAt: number
    }
  /** The operation was admitted before: nothing is to be sent. */
  | {
      readonly outcome: 'repeated'
      readonly verification: Verification
      /** The last try of the operation. */
      readonly delivery: Delivery | undefined
      readonly nextSendAt: number
    }
  | {
      readonly outcome: 'refused'
      readonly code: RefusalCode
      readonly retryAfterSeconds?: number
    }

/** What begins a verification by an authenticator app. */
export interface ChallengeRequest {
  readonly phone: SealedPhone
  readonly facade: string
  readonly purpose: string
  readonly lifeSeconds: number
  readonly attemptsAllowed: number
}

export type Challenge =
  | { readonly outcome: 'begun'; readonly verification: Verification }
  | {
      readonly outcome: 'refused'
      readonly code: RefusalCode
      readonly retryAfterSeconds: number
    }

export interface CheckQuestion {
  readonly name: VerificationName
  readonly code: string
  /** Of the request: asked again, it gets its first answer and spends nothing. */
  readonly operationId: string
  /** What a `totp` verification is checked with. */
  readonly totp?: TotpSecret | undefined
  /** Whether only the code of a message will do. */
  readonly messageOnly?: boolean | undefined
  /** Whether a page asks, which has no business with logins of service users. */
  readonly isFromPage?: boolean | undefined
}

export type CheckAnswer =
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'mismatch' }
  /** An authenticator app has the code, and the question was for one of a message. */
  | { readonly outcome: 'not_a_message' }
  /** The secret of the app cannot be opened any more. */
  | { readonly outcome: 'sealed' }
  | {
      readonly outcome: 'locked'
      readonly channel: VerificationChannel
      readonly retryAfterSeconds: number
      readonly attemptsLeft: number
    }
  | {
      readonly outcome: 'answered'
      readonly channel: VerificationChannel
      readonly verified: boolean
      readonly status: VerificationStatus
      readonly attemptsLeft: number
      /** Whether the code was compared: false when the verification had ended before. */
      readonly evaluated: boolean
      /** What was proved; present when `verified`. */
      readonly approval?: Approval | undefined
    }

/** That a person holds a number. */
export interface Approval {
  readonly verificationId: string
  /** Unix milliseconds. */
  readonly at: number
  /** The API through which it began, or `page` when the number was typed into one. */
  readonly facade: string
  readonly purpose: string
  readonly phone: SealedPhone
}

/** What a verification is after a send. */
export interface Settled {
  readonly record: VerificationRecord
  /** What to send now, because a report that it failed was faster than its provider's answer. */
  readonly followUp?: FollowUp
}

export type ReportAnswer =
  /** The line never knew the delivery, or has forgotten it. */
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: 'recorded'
      /** What to send now, because nothing of an `auto` verification can still arrive. */
      readonly followUp?: FollowUp
    }

export interface FollowUp {
  readonly verification: Verification
  /** The channels after those that failed. */
  readonly channels: readonly Channel[]
  /** The same for the same failed delivery, so that it is sent once. */
  readonly operationId: string
}

/** The code of a call, for whom it reached. */
export interface SpokenCode {
  readonly code: string
  readonly locale: string | null
  readonly country: string
  /** The caller's own with {{code}}, instead of the sentence of the language. */
  readonly text?: string | undefined
}

/** What a caller may learn of a number. */
export interface NumberFacts {
  readonly type: NumberType
  /** Null when it is not known. */
  readonly carrier: string | null
  /** Whether the number is known to have moved to another carrier. */
  readonly ported: boolean
}

/** A vendor that knows more of a number than its digits tell, for money. */
export interface NumberLookup {
  /** Undefined when the vendor knows nothing; rejects when it fails, or the signal ends the wait. */
  lookUp(number: E164, signal: AbortSignal): Promise<NumberFacts | undefined>
}

/** Everything live about phone numbers, decided in one place per number. */
export interface PhoneLines {
  admit(scope: Scope, request: SendRequest): Promise<Admission>
  /** Records what the providers answered; the verification fails when nothing can have arrived. */
  settle(
    scope: Scope,
    verificationId: string,
    operationId: string,
    tries: readonly Try[],
  ): Promise<Settled | undefined>
  /**
   * Begins a verification by an authenticator app in place of what is pending of its number and
   * purpose; while one by the app is pending, answers that.
   */
  challenge(scope: Scope, request: ChallengeRequest): Promise<Challenge>
  check(scope: Scope, question: CheckQuestion): Promise<CheckAnswer>
  cancel(
    scope: Scope,
    id: string,
  ): Promise<{ canceled: boolean; record: VerificationRecord } | undefined>
  /** Consumes the proof of a right check, for one operation only, and tells the number. */
  spendProof(scope: Scope, id: string, operationId: string): Promise<SealedPhone | undefined>
  /** Ends what is pending of some purposes, by any channel or one. */
  end(
    scope: Scope,
    phone: SealedPhone,
    purposes: readonly string[],
    channel?: VerificationChannel,
  ): Promise<void>
  find(scope: Scope, id: string): Promise<VerificationRecord | undefined>
  /** What the line of a number remembers, newest first. */
  ofNumber(scope: Scope, number: PhoneNumber): Promise<readonly VerificationRecord[]>
  /** Records what a provider reports of a delivery of its own. */
  receive(deliveryId: string, provider: string, report: DeliveryReport): Promise<ReportAnswer>
  /** Hands out the code of a call to one request, while its verification is pending. */
  speak(deliveryId: string, provider: string, operationId: string): Promise<SpokenCode | undefined>
  /** What a look-up told of a number within the last day, whichever project asked. */
  facts(mode: Mode, number: PhoneNumber): Promise<NumberFacts | undefined>
  /** Remembers for a day what a look-up told, also of a number that nobody has begun to verify. */
  keepFacts(mode: Mode, number: PhoneNumber, facts: NumberFacts): Promise<void>
  /** Encrypts a number for keeping. */
  seal(mode: Mode, number: PhoneNumber): Promise<SealedPhone>
  /** Opens a number that was sealed; undefined when its secret is gone. */
  reveal(kept: {
    readonly phone: SealedPhone
    readonly mode: Mode
  }): Promise<PhoneNumber | undefined>
}

export interface ListFilter {
  /** Keyed hash, hex. */
  readonly phoneHash?: string | undefined
  readonly purpose?: string | undefined
  readonly status?: VerificationStatus | undefined
  readonly country?: string | undefined
  /** Unix milliseconds, inclusive. */
  readonly from?: number | undefined
  /** Unix milliseconds, exclusive. */
  readonly to?: number | undefined
  /** Only what comes after this one, newest first. */
  readonly after?: { readonly createdAt: number; readonly id: string } | undefined
  readonly limit: number
}

/** The lasting record. */
export interface Ledger {
  record(records: readonly VerificationRecord[]): Promise<void>
  find(scope: Scope, id: string): Promise<VerificationRecord | undefined>
  list(scope: Scope, filter: ListFilter): Promise<readonly Verification[]>
  /** Records a report of a delivery that its line has forgotten; one that nobody knows is left out. */
  receive(deliveryId: string, provider: string, report: DeliveryReport): Promise<void>
  /** Throws when the ledger cannot be read or has not been migrated. */
  probe(): Promise<void>
}

export interface Projects {
  find(id: string): Promise<Project | undefined>
}

/** Who holds a key. `unavailable` is thrown as a refusal, so that an outage never looks like 401. */
export interface KeyRing {
  find(secret: string): Promise<Caller | undefined>
}

export interface MeterAsk {
  /** What is counted, without secrets or personal data. */
  readonly name: string
  readonly shards: number
  readonly quotas: readonly Quota[]
  /** What is said when it refuses. */
  readonly code: RefusalCode
  /** Whether it counts what was asked for: then nothing is given back when nothing is sent. */
  readonly countsAsking?: boolean | undefined
}

export type MeterAnswer =
  | { readonly admitted: true; giveBack(): Promise<void> }
  | { readonly admitted: false; readonly code: RefusalCode; readonly retryAfterSeconds: number }

/** Counts what is not a number: projects, countries, IP addresses. */
export interface Meters {
  /** Takes one from each, or nothing from any. */
  take(asks: readonly MeterAsk[]): Promise<MeterAnswer>
}

/** A coarse shield against floods, near the caller; what it counts may be lost. */
export interface Shield {
  admits(name: string): Promise<boolean>
}

export type IdempotencyAnswer =
  | { readonly state: 'new'; readonly operationId: string }
  | { readonly state: 'done'; readonly answer: string }
  | { readonly state: 'running'; readonly retryAfterSeconds: number }
  | { readonly state: 'mismatch' }

/** Remembers what was answered under an Idempotency-Key, for 24 hours. */
export interface Idempotency {
  begin(scope: Scope, key: string, payload: string): Promise<IdempotencyAnswer>
  finish(scope: Scope, key: string, operationId: string, answer: string): Promise<void>
  /** Forgets a request that was refused, so that it can be tried again. */
  release(scope: Scope, key: string, operationId: string): Promise<void>
}

export interface InboxMessage {
  readonly to: string
  readonly channel: string
  readonly provider: string
  readonly body: string
  readonly code: string
  readonly verificationId: string
  /** ISO 8601. */
  readonly at: string
}

/** Messages that went to no phone. */
export interface Inbox {
  list(scope: Scope): Promise<readonly InboxMessage[]>
}

/** Tokens that callers show again. Without `OTPOST_TOKEN_KEYS` each call is refused as `misconfigured`. */
export interface Tokens {
  /** Tells that tokens can be signed, before something is done that one is to tell of. */
  ready(): Promise<void>
  sign(order: TokenOrder): Promise<string>
  /** Undefined for a token that is not to be trusted, for whatever reason. */
  verify(token: string, expected: TokenExpectation): Promise<VerifiedClaims | undefined>
  /** What others verify our tokens by, at a time in Unix milliseconds. */
  publicKeys(now: number): PublicKeySet
}

export interface Ports {
  readonly lines: PhoneLines
  readonly ledger: Ledger
  readonly keys: KeyRing
  readonly meters: Meters
  /** Of starts and checks by one address: 30 per 60 s. Undefined: none are counted. */
  readonly shield: Shield | undefined
  readonly idempotency: Idempotency
  readonly projects: Projects
  readonly services: Services
  readonly users: ServiceUsers
  readonly totpFactors: TotpFactors
  readonly messenger: Messenger
  readonly vendors: Vendors
  readonly inbox: Inbox
  /** Undefined: what the numbering plan says is all that is known of a number. */
  readonly lookup: NumberLookup | undefined
  readonly tokens: Tokens
  /** Undefined: keys that require a challenge are of no use. */
  readonly challenges: Challenges | undefined
  /** Carries work on after the answer, and reports it when it fails. */
  background(work: Promise<unknown>): void
  now(): number
  /** Keyed hash that names an object without telling what it is named for. */
  pseudonym(text: string): Promise<string>
  hashNumber(mode: Mode, number: E164): Promise<string>
  /** Encrypts the secret of an authenticator app for its id. */
  sealTotp(factorId: string, base32: string): Promise<string>
}
