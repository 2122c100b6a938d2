import type { Channel } from '../core/project.ts'
import type { FollowUp } from '../core/ports.ts'
import type { Budgets } from './budgets.ts'
import type { LineStore } from './store.ts'

/** What a decision of a line is made on. */
export interface LineState {
  readonly store: LineStore
  readonly budgets: Budgets
}

/**
 * What to send after a try was reported as failed: by the channels after its own, if it was of the
 * last message, which is settled, and nothing as new is under way. Another report about the same
 * message asks for the same operation again.
 */
export function followUpOf(
  { store, budgets }: LineState,
  deliveryId: string,
): FollowUp | undefined {
  const delivery = store.deliveries.find(deliveryId)
  if (delivery?.status !== 'failed' && delivery?.status !== 'undelivered') return undefined
  const { verification_id: id, operation_id: operationId } = delivery
  const { verification } = store.existing(id)
  if (verification.status !== 'pending' || verification.channel !== delivery.channel)
    return undefined
  const { channels } = verification
  const place = channels.indexOf(delivery.channel as Channel)
  const left = place < 0 ? [] : channels.slice(place + 1)
  if (left.length === 0 || !budgets.isSettledAndLatest(id, operationId)) return undefined
  if (store.deliveries.isAnyUnderWay(delivery)) return undefined
  return { verification, channels: left, operationId: `after ${operationId}` }
}
