import type { DeliveryReport } from '../core/messenger.ts'
import type { FollowUp, ReportAnswer } from '../core/ports.ts'
import { joinFacts, sameFacts, type DeliveryStatus } from '../core/verification.ts'
import type { Budgets } from './budgets.ts'
import { deliveryOf, type DeliveryRow } from './rows.ts'
import type { LineStore } from './store.ts'

/** Records what a provider reports of a try, in the transaction of its caller. */
export function receiveReport(
  { store, budgets }: { readonly store: LineStore; readonly budgets: Budgets },
  id: string,
  report: DeliveryReport,
  now: number,
): ReportAnswer {
  store.expireOverdue(now)
  const row = store.deliveries.findOrAdd(id, now)
  if (row === undefined) return { outcome: 'unknown' }
  const before = deliveryOf(row)
  const after = joinFacts(before, report)
  if (!sameFacts(before, after)) {
    store.deliveries.change(id, { ...before, ...after }, now)
    // Given back while nobody had confirmed it.
    if (isTaken(after.status)) budgets.countSend(row.verification_id, row.operation_id)
    const { provider } = before
    const { error, price, currency } = after
    const paid = price === null ? {} : { price, currency }
    const data = { delivery: id, provider, error, ...paid }
    store.addEvent(row.verification_id, `delivery.${after.status}`, data, now)
  }
  const followUp = followUpOf(store, row, after.status)
  return followUp === undefined ? { outcome: 'recorded' } : { outcome: 'recorded', followUp }
}

const isTaken = (status: DeliveryStatus): boolean => status === 'sent' || status === 'delivered'

/**
 * What to send after a failure: by the channels after it, if the last message went by this one and
 * none is under way. Another report of the same failure asks for the same operation again.
 */
function followUpOf(
  store: LineStore,
  delivery: DeliveryRow,
  status: DeliveryStatus,
): FollowUp | undefined {
  if (status !== 'failed' && status !== 'undelivered') return undefined
  const { verification } = store.existing(delivery.verification_id)
  if (verification.status !== 'pending' || verification.channel !== delivery.channel)
    return undefined
  const { channels } = verification
  const place = channels.indexOf(verification.channel)
  const left = place < 0 ? [] : channels.slice(place + 1)
  if (left.length === 0 || store.deliveries.isUnderWay(verification.id)) return undefined
  return { verification, channels: left, operationId: `after ${delivery.id}` }
}

/** The sealed code of a call, and whom it speaks to. */
export interface CallCode {
  readonly verificationId: string
  readonly sealed: string
  readonly locale: string | null
  readonly country: string
}

/** Hands out the code of a call, once, while its verification is pending. */
export function takeCallCode(store: LineStore, id: string, now: number): CallCode | undefined {
  store.expireOverdue(now)
  const row = store.deliveries.findOrAdd(id, now)
  if (row?.channel !== 'call' || row.spoken_at !== null) return undefined
  const sealed = store.sealedCode(row.verification_id)
  if (sealed === undefined) return undefined
  store.deliveries.markSpoken(id, now)
  store.addEvent(row.verification_id, 'call.answered', { delivery: id }, now)
  const { locale, phone } = store.existing(row.verification_id).verification
  return { verificationId: row.verification_id, sealed, locale, country: phone.country }
}
