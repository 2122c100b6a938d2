import { DurableObject } from 'cloudflare:workers'
import { canUnseal, unseal, type CodeKeys } from '../core/keys.ts'
import type { DeliveryReport, Try } from '../core/messenger.ts'
import type {
  Admission,
  Challenge,
  CheckAnswer,
  Ledger,
  NumberFacts,
  ReportAnswer,
  Settled,
  SpokenCode,
} from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import type { SealedPhone, VerificationChannel, VerificationRecord } from '../core/verification.ts'
import { decideAdmission, pendingFor } from './admit.ts'
import { Budgets } from './budgets.ts'
import { decideChallenge } from './challenge.ts'
import { decideCheck } from './check.ts'
import { makeCandidate, readTyped } from './codes.ts'
import { Facts } from './facts.ts'
import { Outbox } from './outbox.ts'
import type { LineChallenge, LineQuestion, LineSend } from './protocol.ts'
import { receiveReport, takeCallCode } from './receive.ts'
import { verificationOf } from './rows.ts'
import { settleLostIntents, settleSend } from './settle.ts'
import { LineStore } from './store.ts'
import { createTables, openTables } from './tables.ts'
import { TotpSteps } from './totp-steps.ts'
import { WakeUps } from './wake-ups.ts'

/** A try without an outcome for this long lost its Worker: a send takes 8 s at most. */
const LOST_INTENT_MS = 20_000

/** Between two wake-ups of which the first failed. */
const PAUSE_AFTER_FAILURE_MS = 5000

/** Does not compile for an asynchronous function: `transactionSync` would commit it half-way. */
type Synchronous<T> = T extends PromiseLike<unknown> ? never : unknown

/**
 * Everything live about one phone number: its limits, its pending verifications, and the outbox to
 * the ledger. Whatever is decided is decided in one synchronous transaction that reads afresh;
 * cryptography comes before it, on what never changes.
 */
export abstract class PhoneLineObject<Bindings> extends DurableObject<Bindings> {
  readonly #outbox = new Outbox(this.ctx.storage.sql)
  readonly #store = new LineStore(this.ctx.storage.sql, () => this.#drainSoon())
  readonly #budgets = new Budgets(this.ctx.storage.sql)
  readonly #facts = new Facts(this.ctx.storage.sql)
  readonly #totpSteps = new TotpSteps(this.ctx.storage.sql)
  readonly #wakeUps = new WakeUps(this.ctx.storage.sql)
  readonly #state = { store: this.#store, budgets: this.#budgets, totpSteps: this.#totpSteps }
  #ready = false
  #drainsSoon = false

  protected abstract ledger(): Ledger
  protected abstract codeKeys(): Promise<CodeKeys>
  protected abstract report(error: unknown): void

  /** Decides the limits of a number, makes or keeps the code, and writes the intent to send. */
  async admit(scope: Scope, send: LineSend): Promise<Admission> {
    const keys = await this.codeKeys()
    for (;;) {
      const pending = this.#exists() ? pendingFor(this.#store, scope, send, Date.now()) : undefined
      const candidate = await makeCandidate(keys, scope, send, pending?.id ?? send.newId)
      // Only now: what is written before an await is a commit of its own, and the alarm may have
      // deleted everything meanwhile.
      this.#createTables()
      const line = { ...this.#state, keys }
      const answer = this.#change((now) => decideAdmission(line, scope, send, candidate, now))
      if (answer.outcome === 'changed') continue
      if (answer.outcome !== 'admitted') return answer
      // Settles the intent if its Worker dies, and drains what no timer lived to drain.
      void this.ctx.storage.setAlarm(Date.now() + LOST_INTENT_MS)
      const { sealed, ...admission } = answer
      if (sealed === undefined) return { ...admission, code: candidate.code }
      return { ...admission, code: await unseal(keys, answer.verification.id, sealed) }
    }
  }

  /** Records what providers answered to an admitted send. */
  async settle(
    scope: Scope,
    id: string,
    operationId: string,
    tries: readonly Try[],
  ): Promise<Settled | undefined> {
    return this.#changeIfAny((now) => settleSend(this.#state, scope, id, operationId, tries, now))
  }

  /** Begins a verification by an authenticator app. */
  async challenge(scope: Scope, challenge: LineChallenge): Promise<Challenge> {
    this.#createTables()
    const answer = this.#change((now) => decideChallenge(this.#state, scope, challenge, now))
    if (answer.outcome === 'begun' && answer.verification.id === challenge.newId) {
      // Drains what no timer lived to drain.
      void this.ctx.storage.setAlarm(Date.now() + LOST_INTENT_MS)
    }
    return answer
  }

  /** Compares a code with the verification's, and spends one attempt when it is evaluated. */
  async check(scope: Scope, question: LineQuestion): Promise<CheckAnswer> {
    const subject = this.#exists() ? this.#store.find(scope, question.name) : undefined
    if (subject === undefined) return { outcome: 'unknown' }
    const { id } = subject
    const typed = await readTyped(await this.codeKeys(), subject, question)
    const answer = this.#changeIfAny((now) =>
      decideCheck(this.#state, scope, id, question, typed, now),
    )
    return answer ?? { outcome: 'unknown' }
  }

  /** Ends a pending verification; `canceled` is false for one that had ended before. */
  async cancel(
    scope: Scope,
    id: string,
  ): Promise<{ canceled: boolean; record: VerificationRecord } | undefined> {
    return this.#changeIfAny((now) => {
      const row = this.#store.current(scope, id, now)
      if (row === undefined) return undefined
      const canceled = row.status === 'pending'
      if (canceled) this.#store.end(id, 'canceled', now)
      return { canceled, record: this.#store.existing(id) }
    })
  }

  /** Consumes the proof of a right check, for one operation. */
  async spendProof(
    scope: Scope,
    id: string,
    operationId: string,
  ): Promise<SealedPhone | undefined> {
    return this.#changeIfAny((now) => {
      const row = this.#store.find(scope, { id })
      if (row?.status !== 'approved') return undefined
      return this.#store.spendProof(id, operationId, now) ? verificationOf(row).phone : undefined
    })
  }

  /** Ends what is pending of some purposes of a number, by any channel or one. */
  async end(
    scope: Scope,
    numberHash: string,
    purposes: readonly string[],
    channel?: VerificationChannel,
  ): Promise<void> {
    this.#changeIfAny((now) => {
      this.#store.expireOverdue(now)
      for (const purpose of purposes) {
        const row = this.#store.find(scope, { numberHash, purpose })
        const isMeant = channel === undefined || row?.channel === channel
        if (row?.status === 'pending' && isMeant) this.#store.end(row.id, 'canceled', now)
      }
    })
  }

  async find(scope: Scope, id: string): Promise<VerificationRecord | undefined> {
    return this.#changeIfAny((now) => {
      const row = this.#store.current(scope, id, now)
      return row && this.#store.record(row.id)
    })
  }

  /** What is remembered of a number for one project, newest first. */
  async ofNumber(scope: Scope, numberHash: string): Promise<readonly VerificationRecord[]> {
    const records = this.#changeIfAny((now) => {
      this.#store.expireOverdue(now)
      return this.#store.ofNumber(scope, numberHash).map((row) => this.#store.existing(row.id))
    })
    return records ?? []
  }

  /** Records what a provider reports of one of the line's tries. */
  async receive(
    id: string,
    provider: string,
    report: DeliveryReport,
  ): Promise<ReportAnswer | undefined> {
    return this.#changeIfAny((now) => receiveReport(this.#state, { id, provider }, report, now))
  }

  /** Hands out the code of a call to one request, while its verification is pending. */
  async speak(id: string, provider: string, operationId: string): Promise<SpokenCode | undefined> {
    const call = this.#changeIfAny((now) =>
      takeCallCode(this.#state, { id, provider }, operationId, now),
    )
    const keys = await this.codeKeys()
    if (call === undefined || !canUnseal(keys, call.sealed)) return undefined
    const { verificationId, sealed, ...rest } = call
    return { code: await unseal(keys, verificationId, sealed), ...rest }
  }

  /** What a look-up told of a number within the last day. */
  async facts(numberHash: string): Promise<NumberFacts | undefined> {
    return this.#changeIfAny((now) => this.#facts.find(numberHash, now))
  }

  /** Remembers that for a day, also of a number that nobody has begun to verify: it was paid for. */
  async keepFacts(numberHash: string, facts: NumberFacts): Promise<void> {
    this.#createTables()
    this.#change((now) => this.#facts.keep(numberHash, facts, now))
  }

  override async alarm(): Promise<void> {
    await this.#wake()
  }

  /** Does what time brings: each step is tried on its own, and nothing is thrown. */
  async #wake(): Promise<void> {
    const steps: readonly (() => void | Promise<void>)[] = [
      () => this.#change((now) => settleLostIntents(this.#state, now - LOST_INTENT_MS, now)),
      () => this.#change((now) => this.#store.expireOverdue(now)),
      () => this.#outbox.drain(this.#store, this.ledger()),
      () => this.#change((now) => this.#wakeUps.forget(now)),
    ]
    let failed = false
    for (const step of steps) {
      if (!this.#exists()) return
      try {
        await step()
      } catch (error) {
        failed = true
        this.report(error)
      }
    }
    try {
      this.#sleepOrDelete(failed)
    } catch (error) {
      this.report(error)
      void this.ctx.storage.setAlarm(Date.now() + PAUSE_AFTER_FAILURE_MS)
    }
  }

  /**
   * Drains in a moment, by a timer: it keeps the object alive, and costs no write on the way of a
   * check, which an earlier alarm would. The alarm that is set anyway drains after a crash.
   */
  #drainSoon(): void {
    if (this.#drainsSoon) return
    this.#drainsSoon = true
    setTimeout(() => {
      this.#drainsSoon = false
      void this.#wake()
    }, this.#outbox.delay())
  }

  /** Runs a decision in one transaction. */
  #change<T>(decide: ((now: number) => T) & Synchronous<T>): T {
    const now = Date.now()
    return this.ctx.storage.transactionSync(() => decide(now))
  }

  /** The same for a line that may know nothing, or may have forgotten all since. */
  #changeIfAny<T>(decide: ((now: number) => T) & Synchronous<T>): T | undefined {
    return this.#exists() ? this.#change(decide) : undefined
  }

  /** Sets the next alarm, not at once again after a failure; an idle line deletes everything. */
  #sleepOrDelete(failed: boolean): void {
    const now = Date.now()
    const undrained = this.#outbox.isEmpty ? Infinity : now + this.#outbox.delay()
    const due = Math.min(undrained, this.#wakeUps.next(LOST_INTENT_MS) ?? Infinity)
    if (due < Infinity) {
      void this.ctx.storage.setAlarm(Math.max(due, failed ? now + PAUSE_AFTER_FAILURE_MS : now))
      return
    }
    this.#ready = false
    void this.ctx.storage.deleteAll()
  }

  #createTables(): void {
    if (this.#exists()) return
    createTables(this.ctx.storage.sql)
    // Whatever comes of it, somebody will look whether anything is left.
    void this.ctx.storage.setAlarm(Date.now() + LOST_INTENT_MS)
    this.#ready = true
  }

  #exists(): boolean {
    this.#ready ||= openTables(this.ctx.storage.sql)
    return this.#ready
  }
}
