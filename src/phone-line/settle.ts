import type { Scope } from '../core/project.ts'
import type { Try } from '../core/messenger.ts'
import type { Settled } from '../core/ports.ts'
import { joinFacts, sameFacts } from '../core/verification.ts'
import { followUpOf, type LineState } from './follow-up.ts'
import { deliveryOf, type DeliveryRow, type VerificationRow } from './rows.ts'
import type { LineStore } from './store.ts'

/**
 * Records what providers answered to an admitted send. When none confirmed it, it is given back;
 * when it certainly failed, a code that it replaced is good again; and when nothing that was ever
 * sent can have arrived, the verification has failed.
 */
export function settleSend(
  line: LineState,
  scope: Scope,
  id: string,
  operationId: string,
  tries: readonly Try[],
  now: number,
): Settled | undefined {
  const { store, budgets } = line
  const row = store.current(scope, id, now)
  if (row === undefined) return undefined
  for (const attempt of tries) settleTry(store, row, operationId, attempt, now)
  const taken = tries.find((attempt) => attempt.status === 'sent')
  const wasTaken = taken !== undefined || store.deliveries.wasTaken(operationId)
  if (!wasTaken) budgets.giveBackSend(scope.projectId, operationId)
  // A report alone never ends a verification, but it may tell that a refused message went out.
  const allRefused = tries.every((attempt) => attempt.status === 'failed')
  const isLost = allRefused && !store.deliveries.mayHaveArrived({ operationId })
  if (row.status === 'pending' && isLost) {
    const replaced = budgets.replacedCode(scope.projectId, operationId)
    if (replaced !== undefined) store.replaceCode(id, replaced)
    if (!store.deliveries.mayHaveArrived({ verificationId: id })) store.end(id, 'failed', now)
  }
  budgets.settle(id, operationId)
  const isElsewhere = taken !== undefined && taken.channel !== row.channel
  if (isElsewhere && budgets.isSettledAndLatest(id, operationId)) {
    store.useChannel(id, taken.channel)
  }
  // A report that it failed may have come before; with one channel there is nothing to follow.
  const mayFollow = taken !== undefined && row.channels.includes(',')
  const followUp = mayFollow ? followUpOf(line, taken.deliveryId) : undefined
  return { record: store.existing(id), ...(followUp === undefined ? {} : { followUp }) }
}

function settleTry(
  store: LineStore,
  row: VerificationRow,
  operationId: string,
  attempt: Try,
  now: number,
): void {
  const { deliveryId, channel, provider, error } = attempt
  let known = store.deliveries.find(deliveryId)
  if (known === undefined) {
    store.deliveries.add(row.id, operationId, { id: deliveryId, channel, provider }, now)
    known = existing(store.deliveries.find(deliveryId))
  }
  const before = deliveryOf(known)
  const after = {
    ...joinFacts(before, { ...before, status: attempt.status, error }),
    providerMessageId: before.providerMessageId ?? attempt.providerMessageId,
    segments: before.segments ?? attempt.segments,
  }
  const isNew =
    !sameFacts(before, after) ||
    before.providerMessageId !== after.providerMessageId ||
    before.segments !== after.segments
  if (!isNew) return
  store.deliveries.change(deliveryId, after, now)
  // A report was faster: the try is further on already.
  if (sameFacts(before, after)) return store.drainAgain(row.id)
  const data = { delivery: deliveryId, channel, provider, error: after.error }
  store.addEvent(row.id, `delivery.${after.status}`, data, now)
}

function existing(row: DeliveryRow | undefined): DeliveryRow {
  if (row === undefined) throw new Error('A delivery is gone in its own transaction')
  return row
}

/** Marks tries whose Worker died: nobody knows whether a message went out, nobody sends another. */
export function settleLostIntents(
  { store, budgets }: LineState,
  begunBefore: number,
  now: number,
): void {
  for (const lost of store.deliveries.lostIntents(begunBefore)) {
    const error = 'outcome lost'
    store.deliveries.change(lost.id, { ...deliveryOf(lost), status: 'unknown', error }, now)
    const data = { delivery: lost.id, channel: lost.channel, provider: lost.provider, error }
    store.addEvent(lost.verification_id, 'delivery.unknown', data, now)
    budgets.settle(lost.verification_id, lost.operation_id)
  }
}
