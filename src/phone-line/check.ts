import {
  beginsNewRun,
  judge,
  LONGEST_WINDOW_MS,
  secondsUntil,
  type Judgement,
} from '../core/limits.ts'
import type { CheckAnswer, CheckQuestion } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import { isReserved } from '../core/service-users.ts'
import { acceptableStep } from '../core/totp.ts'
import type { VerificationChannel } from '../core/verification.ts'
import type { Budgets } from './budgets.ts'
import { verificationOf, type VerificationRow } from './rows.ts'
import type { LineStore } from './store.ts'
import type { TotpSteps } from './totp-steps.ts'

/** What was made of a typed code before the decision. */
export interface TypedCode {
  /** It, hashed with every key that may have made the kept hash, by key id. */
  readonly hashes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  /** The steps of an authenticator app whose code it is, unless its secret cannot be opened. */
  readonly totp?:
    | { readonly factorId: string; readonly steps: readonly number[] }
    | 'sealed'
    | undefined
}

interface CheckState {
  readonly store: LineStore
  readonly budgets: Budgets
  readonly totpSteps: TotpSteps
}

/** Other codes under one key after which it answers nothing more: it is no place to guess. */
const MISMATCHES = 5

/** Decides one check in the transaction of its caller: counts, compares, consumes. */
export function decideCheck(
  { store, budgets, totpSteps }: CheckState,
  scope: Scope,
  id: string,
  { operationId, messageOnly, isFromPage }: Omit<CheckQuestion, 'name' | 'code' | 'totp'>,
  typed: TypedCode,
  now: number,
): CheckAnswer {
  const row = store.current(scope, id, now)
  if (row === undefined) return { outcome: 'unknown' }
  const { status, channel, attemptsAllowed, purpose } = verificationOf(row)
  if (isFromPage === true && isReserved(purpose)) return { outcome: 'unknown' }
  const isByApp = channel === 'totp'
  if (isByApp && status === 'pending') {
    if (messageOnly === true || typed.totp === undefined) return { outcome: 'not_a_message' }
    if (typed.totp === 'sealed') return { outcome: 'sealed' }
  }
  // Kept until the verification's life is over.
  const before = budgets.evaluatedCheck(id, operationId)
  if (before !== undefined && now < row.expires_at) {
    const sameCode = [...typed.hashes.values()].some((hash) => sameBytes(before.code_hash, hash))
    if (sameCode && before.mismatches < MISMATCHES) {
      return withApproval(JSON.parse(before.answer) as CheckAnswer, row, row.approved_at)
    }
    budgets.countMismatch(id, operationId)
    return { outcome: 'mismatch' }
  }
  const step = isByApp ? stepOf(totpSteps, typed, now) : undefined
  const right = isByApp ? step !== undefined : hasCode(row, typed)
  const failed = budgets.failedChecks(scope.projectId, row.number_hash, now - LONGEST_WINDOW_MS)
  const judgement = judge({ status, attempts: row.attempts, attemptsAllowed }, failed, right, now)
  switch (judgement.verdict) {
    case 'ended':
      return {
        outcome: 'answered',
        channel,
        verified: false,
        status,
        attemptsLeft: 0,
        evaluated: false,
      }
    case 'locked':
      return {
        outcome: 'locked',
        channel,
        retryAfterSeconds: secondsUntil(judgement.until, now),
        attemptsLeft: attemptsAllowed - row.attempts,
      }
    case 'right':
      if (failed.inARow > 0) budgets.endStreak(row)
      if (step !== undefined) totpSteps.accept(step.factorId, step.step, now)
      store.addEvent(id, 'verification.approved', {}, now, { status: 'approved', attempts: 1 })
      break
    case 'wrong':
      budgets.addFailure(row, beginsNewRun(failed), now)
      store.addEvent(id, 'check.wrong', { attempt: row.attempts + 1 }, now, { attempts: 1 })
      if (judgement.last) store.end(id, 'max_attempts', now)
      break
  }
  const answer = answerTo(judgement, channel, attemptsAllowed - row.attempts - 1)
  const [fingerprint] = typed.hashes.values()
  if (fingerprint !== undefined) {
    budgets.addEvaluatedCheck(id, operationId, fingerprint, JSON.stringify(answer))
  }
  return withApproval(answer, row, now)
}

/** An answer, with what was proved when the code was right. */
function withApproval(answer: CheckAnswer, row: VerificationRow, at: number | null): CheckAnswer {
  if (answer.outcome !== 'answered' || !answer.verified || at === null) return answer
  const { id: verificationId, facade, purpose, phone } = verificationOf(row)
  return { ...answer, approval: { verificationId, at, facade, purpose, phone } }
}

const hasCode = (row: VerificationRow, { hashes }: TypedCode): boolean => {
  const hash = hashes.get(row.code_key ?? '')
  return hash !== undefined && row.code_hash !== null && sameBytes(row.code_hash, hash)
}

/** The step of the app that the typed code is accepted for. */
function stepOf(totpSteps: TotpSteps, { totp }: TypedCode, now: number) {
  if (totp === undefined || totp === 'sealed') return undefined
  const { factorId, steps } = totp
  const step = acceptableStep(steps, totpSteps.lastAccepted(factorId), now)
  return step === undefined ? undefined : { factorId, step }
}

const answerTo = (
  judgement: Extract<Judgement, { verdict: 'right' | 'wrong' }>,
  channel: VerificationChannel,
  attemptsLeft: number,
): CheckAnswer => {
  const evaluated = { outcome: 'answered', channel, evaluated: true } as const
  if (judgement.verdict === 'right') {
    return { ...evaluated, verified: true, status: 'approved', attemptsLeft: 0 }
  }
  return {
    ...evaluated,
    verified: false,
    status: judgement.last ? 'max_attempts' : 'pending',
    attemptsLeft,
  }
}

const sameBytes = (a: ArrayBuffer, b: Uint8Array<ArrayBuffer>): boolean =>
  a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b)
