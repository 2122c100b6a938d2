import {
  OtpostError,
  type Otpost,
  type OtpostApproval,
  type OtpostChannel,
  type OtpostStart,
  type OtpostVerification,
} from './client.ts'
import type { OtpostErrorDetail } from './element-types.ts'

/** Where a person is on the way to a proof. */
export interface Situation {
  readonly step: 'number' | 'code' | 'done'
  /** A request is on its way. */
  readonly busy: boolean
  readonly problem: OtpostErrorDetail | undefined
  readonly verification: OtpostVerification | undefined
  /** Messages to this number. */
  readonly sends: number
  /** The verification is final without a proof: only a new one helps. */
  readonly over: boolean
  /** When the next message is admitted; milliseconds since 1970. */
  readonly resendAt: number
}

const BEGINNING: Situation = {
  step: 'number',
  busy: false,
  problem: undefined,
  verification: undefined,
  sends: 0,
  over: false,
  resendAt: 0,
}

export interface Hooks {
  changed(situation: Situation): void
  sent(verification: OtpostVerification): void
  approved(approval: OtpostApproval, verification: OtpostVerification): void
  failed(problem: OtpostErrorDetail): void
}

/** The way from a number to a proof; it knows no page. */
export class Flow {
  situation: Situation = BEGINNING
  readonly #hooks: Hooks
  /** Answers to what was asked before the last beginning count for nothing. */
  #turn = 0
  /** The number of the last start, as it was typed. */
  #asked = ''
  /** Where the person was when they turned to the number again. */
  #left: { readonly asked: string; readonly situation: Situation } | undefined

  constructor(hooks: Hooks) {
    this.#hooks = hooks
  }

  /** Sends a first code, or a new one when the last is over. */
  send(client: Otpost, prepare: () => Promise<OtpostStart>): Promise<void> {
    return this.#ask(
      async () => {
        const start = await prepare()
        this.#asked = start.phoneNumber
        return client.start(start)
      },
      (verification) => this.#sent(verification),
    )
  }

  /** Sends the same code again. */
  resend(client: Otpost, channel?: OtpostChannel): Promise<void> {
    const { verification } = this.situation
    if (verification === undefined) return Promise.resolve()
    return this.#ask(
      () => client.resend(verification.id, channel === undefined ? {} : { channel }),
      (next) => this.#sent({ ...next, phoneNumber: next.phoneNumber ?? verification.phoneNumber }),
    )
  }

  check(client: Otpost, code: string, session: string | undefined): Promise<void> {
    const { verification } = this.situation
    if (verification === undefined) return Promise.resolve()
    return this.#ask(
      () => client.check(verification.id, code, session === undefined ? {} : { session }),
      (answer) => {
        if (answer.verified) {
          this.#change({ step: 'done' })
          this.#hooks.approved(answer, verification)
          return
        }
        const pending = answer.status === 'pending'
        const ending = answer.status === 'max_attempts' ? 'max_attempts' : 'expired'
        this.#change({ over: !pending })
        this.fail({
          code: pending ? 'wrong_code' : ending,
          status: 200,
          detail: `The check was answered with status ${answer.status}.`,
          attemptsLeft: answer.attemptsLeft,
        })
      },
    )
  }

  /** Shows what is wrong with what was typed; nothing was asked. */
  refuse(code: string): void {
    this.#change({ problem: { code, status: 0, detail: code } })
  }

  /** Takes back what was shown as wrong. */
  forgive(): void {
    if (this.situation.problem !== undefined) this.#change({ problem: undefined })
  }

  /**
   * Goes back to the code that is on its way to a number, as long as another message would be refused.
   * Tells whether there is one.
   */
  goBack(phoneNumber: string): boolean {
    const left = this.#left
    if (left?.asked !== phoneNumber || left.situation.resendAt <= Date.now()) return false
    this.#turn += 1
    this.#change({ ...left.situation, busy: false, problem: undefined })
    return true
  }

  /** Begins again, with the number still in its field. */
  begin(problem?: OtpostErrorDetail): void {
    const { situation } = this
    if (situation.step !== 'number') {
      const isLocked = situation.problem?.code === 'too_many_failed_checks'
      const isOpen = situation.step === 'code' && !situation.over && !isLocked
      this.#left = isOpen ? { asked: this.#asked, situation } : undefined
    }
    this.#turn += 1
    this.#change({ ...BEGINNING, problem })
  }

  /** Forgets the code that is on its way, as of another deployment. */
  forget(): void {
    this.#left = undefined
  }

  /** Shows and reports what went wrong. */
  fail({ code, status, detail, retryAfterSeconds, attemptsLeft }: OtpostErrorDetail): void {
    const problem = { code, status, detail, retryAfterSeconds, attemptsLeft }
    this.#change({ problem })
    this.#hooks.failed(problem)
  }

  #sent(verification: OtpostVerification): void {
    this.#change({
      step: 'code',
      verification,
      over: false,
      sends: this.situation.sends + 1,
      resendAt: Date.now() + verification.resendAfter * 1000,
    })
    this.#hooks.sent(verification)
  }

  async #ask<Answer>(ask: () => Promise<Answer>, take: (answer: Answer) => void): Promise<void> {
    if (this.situation.busy) return
    const turn = this.#turn
    this.#change({ busy: true, problem: undefined })
    try {
      const answer = await ask()
      if (turn !== this.#turn) return
      this.situation = { ...this.situation, busy: false }
      take(answer)
    } catch (error) {
      if (turn !== this.#turn) return
      this.#take(error)
    }
  }

  #take(error: unknown): void {
    const { code, status, detail, retryAfterSeconds } =
      error instanceof OtpostError
        ? error
        : new OtpostError({ code: 'unavailable', status: 0, detail: String(error) })
    const ended = code === 'not_found' || code === 'verification_ended'
    const isOfSends = code.startsWith('too_many_') && code !== 'too_many_ip_checks'
    const wait = isOfSends && this.situation.step === 'code'
    const resendAt = wait ? Date.now() + (retryAfterSeconds ?? 0) * 1000 : 0
    this.#change({
      busy: false,
      over: this.situation.over || ended,
      resendAt: Math.max(this.situation.resendAt, resendAt),
    })
    this.fail({ code, status, detail, retryAfterSeconds })
  }

  #change(change: Partial<Situation>): void {
    this.situation = { ...this.situation, ...change }
    this.#hooks.changed(this.situation)
  }
}
