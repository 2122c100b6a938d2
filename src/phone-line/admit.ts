import { canUnseal, type CodeKeys } from '../core/keys.ts'
import {
  checksLockedUntil,
  LONGEST_WINDOW_MS,
  nextSendAt,
  secondsUntil,
  type SendHistory,
} from '../core/limits.ts'
import type { Admission } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import type { Budgets } from './budgets.ts'
import { firstChannel, type KeptCode, type LineSend } from './protocol.ts'
import type { VerificationRow } from './rows.ts'
import type { LineStore } from './store.ts'

/** A code that was made, hashed and sealed before the decision that may use it. */
export interface Candidate {
  /** The verification that the code is bound to. */
  readonly id: string
  readonly code: string
  readonly kept: KeptCode
}

type Refused = Extract<Admission, { outcome: 'refused' }>

export type AdmitAnswer =
  | Exclude<Admission, { outcome: 'admitted' }>
  | (Omit<Extract<Admission, { outcome: 'admitted' }>, 'code'> & {
      /** The code that is kept; absent when the candidate's is used. */
      readonly sealed: string | undefined
    })
  /** Another verification is pending than the candidate was made for. */
  | { readonly outcome: 'changed' }

/** The verification that a send would go to: one with a code of its own that is still pending. */
export function pendingFor(store: LineStore, scope: Scope, send: LineSend, now: number) {
  const row = store.pending(scope, send, now)
  return row?.channel === 'totp' ? undefined : row
}

/** Decides one message to a number, in the transaction of its caller. */
export function decideAdmission(
  line: { readonly store: LineStore; readonly budgets: Budgets; readonly keys: CodeKeys },
  scope: Scope,
  send: LineSend,
  candidate: Candidate,
  now: number,
): AdmitAnswer {
  const { store, budgets, keys } = line
  const since = now - LONGEST_WINDOW_MS
  const history = budgets.sendHistory(scope, send.phone.hash, since)
  const earlier = budgets.sendOf(scope.projectId, send.operationId)
  if (earlier !== undefined) return admittedBefore(store, earlier.verification_id, send, history)

  store.expireOverdue(now)
  const pending = pendingFor(store, scope, send, now)
  if (send.verificationId !== undefined && send.verificationId !== pending?.id) {
    return { outcome: 'refused', code: 'verification_ended' }
  }
  if ((pending?.id ?? send.newId) !== candidate.id) return { outcome: 'changed' }

  const expiresAt = pending?.expires_at ?? now + send.lifeSeconds * 1000
  const lockedUntil = checksLockedUntil(
    budgets.failedChecks(scope.projectId, send.phone.hash, since),
  )
  // A code that nobody could check in its life is not worth a message.
  if (lockedUntil >= expiresAt) {
    return refuse(store, pending, 'too_many_failed_checks', lockedUntil, now)
  }
  const opensAt = nextSendAt(history, send.policy)
  if (opensAt > now) return refuse(store, pending, 'too_many_sends', opensAt, now)

  const sealed = pending === undefined ? undefined : keptCode(keys, pending, send)
  if (pending === undefined) {
    const byApp = store.pending(scope, send, now)
    if (byApp !== undefined) store.end(byApp.id, 'canceled', now)
    store.insert(scope, { ...send, channel: firstChannel(send) }, candidate.kept, now)
    const started = { purpose: send.purpose, facade: send.facade }
    store.addEvent(candidate.id, 'verification.started', started, now)
  } else if (sealed === undefined) {
    store.replaceCode(candidate.id, candidate.kept)
  }
  const replaced = sealed === undefined ? pending : undefined
  return { ...writeIntent(line, scope, send, candidate.id, history, now, replaced), sealed }
}

/**
 * An operation is admitted once. The same call again (its ids are the same), because its answer was
 * lost on the way, gets that answer; another request under the same operation sends nothing.
 */
function admittedBefore(
  store: LineStore,
  id: string,
  send: LineSend,
  history: SendHistory,
): AdmitAnswer {
  const record = store.record(id)
  if (record === undefined) return { outcome: 'refused', code: 'verification_ended' }
  const { verification } = record
  const opensAt = nextSendAt(history, send.policy)
  const sealed = store.sealedCode(id)
  const { deliveries } = send
  const isSameCall = deliveries.some(
    ({ id: planned }) => store.deliveries.find(planned) !== undefined,
  )
  if (isSameCall && sealed !== undefined) {
    return { outcome: 'admitted', verification, deliveries, nextSendAt: opensAt, sealed }
  }
  const delivery = store.deliveries.ofOperation(send.operationId)
  return { outcome: 'repeated', verification, delivery, nextSendAt: opensAt }
}

/** The sealed code of a pending verification, when it is to be sent again and can be opened. */
function keptCode(keys: CodeKeys, pending: VerificationRow, send: LineSend): string | undefined {
  if (send.freshCode || send.code !== undefined || pending.code_sealed === null) return undefined
  return canUnseal(keys, pending.code_sealed) ? pending.code_sealed : undefined
}

function writeIntent(
  { store, budgets }: { readonly store: LineStore; readonly budgets: Budgets },
  scope: Scope,
  send: LineSend,
  id: string,
  history: SendHistory,
  now: number,
  replaced: VerificationRow | undefined,
): Omit<Extract<Admission, { outcome: 'admitted' }>, 'code'> {
  budgets.addSend(scope, id, send, now, replaced)
  store.countSend(id, send)
  const [first] = send.deliveries
  if (first !== undefined) store.deliveries.add(id, send.operationId, first, now)
  const after = { ...history, own: [...history.own, now], all: [...history.all, now] }
  // Never the sends of all projects: one project would learn of the others.
  const admitted = { channel: firstChannel(send), sends24h: after.own.length }
  store.addEvent(id, 'send.admitted', admitted, now)
  return {
    outcome: 'admitted',
    verification: store.existing(id).verification,
    deliveries: send.deliveries,
    nextSendAt: nextSendAt(after, send.policy),
  }
}

/** Declines a message, and tells the timeline once why. */
function refuse(
  store: LineStore,
  pending: VerificationRow | undefined,
  code: 'too_many_sends' | 'too_many_failed_checks',
  until: number,
  now: number,
): Refused {
  const retryAfterSeconds = secondsUntil(until, now)
  if (pending !== undefined && store.lastEventType(pending.id) !== 'send.refused') {
    store.addEvent(pending.id, 'send.refused', { reason: code, retryAfterSeconds }, now)
  }
  return { outcome: 'refused', code, retryAfterSeconds }
}
