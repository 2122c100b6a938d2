import { answerCall, type CallAnswer } from './answer-call.ts'
import { authenticatorCalls, type AuthenticatorCalls } from './authenticators.ts'
import { cancelVerification } from './cancel-verification.ts'
import { checkFromPage, type PageCheck, type PageCheckResult } from './check-from-page.ts'
import { checkVerification, type CheckRequest, type CheckResult } from './check-verification.ts'
import { loginCalls, type LoginCalls } from './logins.ts'
import { describeKey, type KeyDescription } from './describe-key.ts'
import { lookUpNumber } from './look-up.ts'
import type { PhoneNumber } from './phone.ts'
import type { InboxMessage, NumberFacts, Ports } from './ports.ts'
import { LONGEST_KEY, type Caller, type PublishableCaller } from './project.ts'
import { tradeProof, type Trade, type TradeResult } from './proofs.ts'
import {
  getVerification,
  latestVerification,
  listVerifications,
  type ListRequest,
  type Page,
} from './read-verifications.ts'
import { receiveReports, type VendorCall } from './receive-reports.ts'
import { Refusal } from './refusal.ts'
import { resendVerification, type ResendRequest } from './resend-verification.ts'
import { scopeOf, type Sent } from './send-code.ts'
import { userCalls, type UserCalls } from './service-users.ts'
import { serviceCalls, type ServiceCalls } from './services.ts'
import { startVerification, type StartOptions, type StartRequest } from './start-verification.ts'
import type { PublicKeySet } from './token-keys.ts'
import type { Verification, VerificationRecord } from './verification.ts'

/** All that a facade may ask. Each call declines by throwing a `Refusal`. */
export interface Core {
  /** Names the caller who holds a key. */
  authenticate(secret: string | undefined): Promise<Caller>
  startVerification(caller: Caller, request: StartRequest, options: StartOptions): Promise<Sent>
  checkVerification(caller: Caller, request: CheckRequest): Promise<CheckResult>
  /** A check from the page of a publishable key, by whoever has this address. */
  checkFromPage(caller: PublishableCaller, check: PageCheck): Promise<PageCheckResult>
  /** Takes a page's proof in exchange for what it proves, once. */
  tradeProof(caller: Caller, trade: Trade): Promise<TradeResult>
  resendVerification(caller: Caller, request: ResendRequest): Promise<Sent>
  cancelVerification(caller: Caller, id: string): Promise<VerificationRecord>
  getVerification(caller: Caller, id: string): Promise<VerificationRecord>
  /** The pending verification of a number and purpose, else the latest. */
  latestVerification(
    caller: Caller,
    request: { readonly phoneNumber: string; readonly purpose: string },
  ): Promise<Verification>
  listVerifications(caller: Caller, request: ListRequest): Promise<Page>
  /** Records a vendor's delivery reports, and answers the text that it wants back. */
  receiveReports(call: VendorCall): Promise<string>
  /** Says the code in a call that somebody answered. */
  answerCall(call: VendorCall): Promise<CallAnswer>
  /** Tells what kind of number it is, and whose; never fails, and takes 2 s at most. */
  lookUpNumber(caller: Caller, number: PhoneNumber): Promise<NumberFacts>
  readonly services: ServiceCalls
  readonly users: UserCalls
  readonly logins: LoginCalls
  readonly authenticators: AuthenticatorCalls
  /** What a page must know of its key. */
  describeKey(caller: PublishableCaller): Promise<KeyDescription>
  /** Messages of a test key's project, newest first. */
  listTestMessages(caller: Caller): Promise<readonly InboxMessage[]>
  /** What others verify our tokens by. */
  publicKeys(): PublicKeySet
}

/** Puts the rules over what the outside offers. */
export function createCore(ports: Ports): Core {
  return {
    async authenticate(secret) {
      const caller =
        secret === undefined || secret === '' || secret.length > LONGEST_KEY
          ? undefined
          : await ports.keys.find(secret)
      if (caller === undefined) throw new Refusal('unauthenticated')
      return caller
    },
    startVerification: (caller, request, options) =>
      startVerification(ports, caller, request, options),
    checkVerification: (caller, request) => checkVerification(ports, caller, request),
    checkFromPage: (caller, check) => checkFromPage(ports, caller, check),
    tradeProof: (caller, trade) => tradeProof(ports, caller, trade),
    resendVerification: (caller, request) => resendVerification(ports, caller, request),
    cancelVerification: (caller, id) => cancelVerification(ports, caller, id),
    getVerification: (caller, id) => getVerification(ports, caller, id),
    latestVerification: (caller, request) => latestVerification(ports, caller, request),
    listVerifications: (caller, request) => listVerifications(ports, caller, request),
    receiveReports: (call) => receiveReports(ports, call),
    answerCall: (call) => answerCall(ports, call),
    lookUpNumber: (caller, number) => lookUpNumber(ports, caller, number),
    services: serviceCalls(ports),
    users: userCalls(ports),
    logins: loginCalls(ports),
    authenticators: authenticatorCalls(ports),
    describeKey: (caller) => describeKey(ports, caller),
    async listTestMessages(caller) {
      if (caller.mode !== 'test') {
        throw new Refusal('key_not_allowed', { detail: 'The test inbox needs a test key.' })
      }
      return ports.inbox.list(scopeOf(caller))
    },
    publicKeys: () => ports.tokens.publicKeys(ports.now()),
  }
}
