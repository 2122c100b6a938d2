import {
  inARowAfterFailure,
  judge,
  LONGEST_WINDOW_MS,
  secondsUntil,
  type Judgement,
} from '../core/limits.ts'
import type { CheckAnswer } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import type { Budgets } from './budgets.ts'
import { verificationOf } from './rows.ts'
import type { LineStore } from './store.ts'

/** A typed code, hashed with every key that may have made the kept hash, by key id. */
export type TypedCode = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

/** Other codes under one key after which it answers nothing more: it is no place to guess. */
const MISMATCHES = 5

/** Decides one check in the transaction of its caller: counts, compares, consumes. */
export function decideCheck(
  { store, budgets }: { readonly store: LineStore; readonly budgets: Budgets },
  scope: Scope,
  id: string,
  operationId: string,
  typed: TypedCode,
  now: number,
): CheckAnswer {
  const row = store.current(scope, id, now)
  if (row === undefined) return { outcome: 'unknown' }
  // Kept until the verification's life is over.
  const before = budgets.evaluatedCheck(id, operationId)
  if (before !== undefined && now < row.expires_at) {
    const sameCode = [...typed.values()].some((hash) => sameBytes(before.code_hash, hash))
    if (sameCode && before.mismatches < MISMATCHES) return JSON.parse(before.answer) as CheckAnswer
    budgets.countMismatch(id, operationId)
    return { outcome: 'mismatch' }
  }
  const hash = typed.get(row.code_key ?? '')
  const right = hash !== undefined && row.code_hash !== null && sameBytes(row.code_hash, hash)
  const failed = budgets.failedChecks(scope.projectId, row.number_hash, now - LONGEST_WINDOW_MS)
  const { status, attemptsAllowed } = verificationOf(row)
  const judgement = judge({ status, attempts: row.attempts, attemptsAllowed }, failed, right, now)
  switch (judgement.verdict) {
    case 'ended':
      return { outcome: 'answered', verified: false, status, attemptsLeft: 0, evaluated: false }
    case 'locked':
      return {
        outcome: 'locked',
        retryAfterSeconds: secondsUntil(judgement.until, now),
        attemptsLeft: attemptsAllowed - row.attempts,
      }
    case 'right':
      if (failed.inARow > 0) budgets.endStreak(scope.projectId, row.number_hash)
      store.addEvent(id, 'verification.approved', {}, now, { status: 'approved', attempts: 1 })
      break
    case 'wrong':
      budgets.addFailure(scope.projectId, row.number_hash, inARowAfterFailure(failed), now)
      store.addEvent(id, 'check.wrong', { attempt: row.attempts + 1 }, now, { attempts: 1 })
      if (judgement.last) store.end(id, 'max_attempts', now)
      break
  }
  const answer = answerTo(judgement, attemptsAllowed - row.attempts - 1)
  const [fingerprint] = typed.values()
  if (fingerprint !== undefined) {
    budgets.addEvaluatedCheck(id, operationId, fingerprint, JSON.stringify(answer))
  }
  return answer
}

const answerTo = (
  judgement: Extract<Judgement, { verdict: 'right' | 'wrong' }>,
  attemptsLeft: number,
): CheckAnswer => {
  const outcome = 'answered'
  if (judgement.verdict === 'right') {
    return { outcome, verified: true, status: 'approved', attemptsLeft: 0, evaluated: true }
  }
  return {
    outcome,
    verified: false,
    status: judgement.last ? 'max_attempts' : 'pending',
    attemptsLeft,
    evaluated: true,
  }
}

const sameBytes = (a: ArrayBuffer, b: Uint8Array<ArrayBuffer>): boolean =>
  a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b)
