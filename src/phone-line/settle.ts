import type { Scope, Try } from '../core/ports.ts'
import { movesForward, type DeliveryStatus, type VerificationRecord } from '../core/verification.ts'
import type { Budgets } from './budgets.ts'
import type { VerificationRow } from './rows.ts'
import type { LineStore } from './store.ts'

interface LineState {
  readonly store: LineStore
  readonly budgets: Budgets
}

/**
 * Records what providers answered to an admitted send. When none confirmed it, it is given back;
 * when it certainly failed, a code that it replaced is good again; and when nothing that was ever
 * sent can have arrived, the verification has failed.
 */
export function settleSend(
  { store, budgets }: LineState,
  scope: Scope,
  id: string,
  operationId: string,
  tries: readonly Try[],
  now: number,
): VerificationRecord | undefined {
  const row = store.current(scope, id, now)
  if (row === undefined) return undefined
  for (const attempt of tries) settleTry(store, row, operationId, attempt, now)
  if (tries.every((attempt) => attempt.status !== 'sent')) {
    budgets.giveBackSend(scope.projectId, operationId)
  }
  if (row.status === 'pending' && tries.every((attempt) => attempt.status === 'failed')) {
    const replaced = budgets.replacedCode(scope.projectId, operationId)
    if (replaced !== undefined) store.replaceCode(id, replaced)
    if (!store.mayHaveArrived(id)) store.end(id, 'failed', now)
  }
  budgets.forgetReplaced(scope.projectId, operationId)
  return store.record(id)
}

function settleTry(
  store: LineStore,
  row: VerificationRow,
  operationId: string,
  attempt: Try,
  now: number,
): void {
  if (store.delivery(attempt.deliveryId) === undefined) {
    const planned = { id: attempt.deliveryId, provider: attempt.provider }
    store.addDelivery(row.id, operationId, row.channel, planned, now)
  }
  const before = store.delivery(attempt.deliveryId)
  if (before === undefined || !movesForward(before.status as DeliveryStatus, attempt.status)) return
  store.moveDelivery(attempt, now)
  const { deliveryId, provider, error } = attempt
  const data = { delivery: deliveryId, provider, error }
  store.addEvent(row.id, `delivery.${attempt.status}`, data, now)
}

/** Marks tries whose Worker died: nobody knows whether a message went out, nobody sends another. */
export function settleLostIntents(store: LineStore, begunBefore: number, now: number): void {
  for (const lost of store.lostIntents(begunBefore)) {
    const error = 'outcome lost'
    const unknown = { deliveryId: lost.id, status: 'unknown', error } as const
    store.moveDelivery({ ...unknown, providerMessageId: null, segments: null }, now)
    const data = { delivery: lost.id, provider: lost.provider, error }
    store.addEvent(lost.verification_id, 'delivery.unknown', data, now)
  }
}
