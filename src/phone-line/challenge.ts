import { checksLockedUntil, LONGEST_WINDOW_MS, secondsUntil } from '../core/limits.ts'
import type { Challenge } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import type { Budgets } from './budgets.ts'
import type { LineChallenge } from './protocol.ts'
import type { LineStore } from './store.ts'

/** Begins a verification by an authenticator app, in the transaction of its caller. */
export function decideChallenge(
  { store, budgets }: { readonly store: LineStore; readonly budgets: Budgets },
  scope: Scope,
  challenge: LineChallenge,
  now: number,
): Challenge {
  store.expireOverdue(now)
  const pending = store.pending(scope, challenge, now)
  const same = pending?.channel === 'totp' ? pending : undefined
  const lockedUntil = checksLockedUntil(
    budgets.failedChecks(scope.projectId, challenge.phone.hash, now - LONGEST_WINDOW_MS),
  )
  // One that nobody could check in its life is not worth beginning.
  if (lockedUntil >= (same?.expires_at ?? now + challenge.lifeSeconds * 1000)) {
    const retryAfterSeconds = secondsUntil(lockedUntil, now)
    return { outcome: 'refused', code: 'too_many_failed_checks', retryAfterSeconds }
  }
  if (same === undefined) {
    if (pending !== undefined) store.end(pending.id, 'canceled', now)
    const { newId, purpose, facade } = challenge
    const nothingSent = { channels: [], locale: null, metadata: {}, message: {} }
    store.insert(scope, { ...challenge, ...nothingSent, channel: 'totp' }, undefined, now)
    store.addEvent(newId, 'verification.started', { purpose, facade }, now)
  }
  const { verification } = store.existing(same?.id ?? challenge.newId)
  return { outcome: 'begun', verification }
}
