import type { DeliveryReport } from '../core/messenger.ts'
import type { ReportAnswer } from '../core/ports.ts'
import {
  joinFacts,
  sameFacts,
  type Delivery,
  type DeliveryFacts,
  type DeliveryStatus,
} from '../core/verification.ts'
import { followUpOf, type LineState } from './follow-up.ts'
import { deliveryOf, type DeliveryRow } from './rows.ts'
import type { LineStore } from './store.ts'

/** Records what a provider reports of a try, in the transaction of its caller. */
export function receiveReport(
  line: LineState,
  { id, provider }: Pick<Delivery, 'id' | 'provider'>,
  report: DeliveryReport,
  now: number,
): ReportAnswer {
  line.store.expireOverdue(now)
  const row = line.store.deliveries.findOrAdd(id, now)
  if (row?.provider !== provider) return { outcome: 'unknown' }
  recordFacts(line, row, report, now)
  const followUp = followUpOf(line, id)
  return followUp === undefined ? { outcome: 'recorded' } : { outcome: 'recorded', followUp }
}

const isTaken = (status: DeliveryStatus): boolean => status === 'sent' || status === 'delivered'

/** Joins facts to what is known of a try; what they change becomes an event. */
function recordFacts(
  { store, budgets }: LineState,
  row: DeliveryRow,
  facts: DeliveryFacts,
  now: number,
): void {
  const before = deliveryOf(row)
  const after = joinFacts(before, facts)
  if (sameFacts(before, after)) return
  const { id, channel, provider } = before
  store.deliveries.change(id, { ...before, ...after }, now)
  // Given back while nobody had confirmed it.
  if (isTaken(after.status)) budgets.countSend(row.verification_id, row.operation_id)
  const { error, price, currency } = after
  const paid = price === null ? {} : { price, currency }
  // A price that follows is no event of its own.
  if (after.status === before.status) return store.drainAgain(row.verification_id)
  const data = { delivery: id, channel, provider, error, ...paid }
  store.addEvent(row.verification_id, `delivery.${after.status}`, data, now)
}

/** The sealed code of a call, and whom it speaks to. */
export interface CallCode {
  readonly verificationId: string
  readonly sealed: string
  readonly locale: string | null
  readonly country: string
  readonly text: string | undefined
}

/**
 * Hands out the code of a call to one request, while its verification is pending. Then the code has
 * been delivered: that somebody picked up means nothing, it may have been a voicemail.
 */
export function takeCallCode(
  line: LineState,
  { id, provider }: Pick<Delivery, 'id' | 'provider'>,
  operationId: string,
  now: number,
): CallCode | undefined {
  const { store } = line
  store.expireOverdue(now)
  const row = store.deliveries.findOrAdd(id, now)
  if (row?.channel !== 'call' || row.provider !== provider) return undefined
  const isOver = row.status === 'undelivered' || row.status === 'failed'
  if (isOver || (row.spoken_for ?? operationId) !== operationId) return undefined
  const sealed = store.sealedCode(row.verification_id)
  if (sealed === undefined) return undefined
  store.deliveries.markSpoken(id, operationId)
  recordFacts(line, row, { ...deliveryOf(row), status: 'delivered', error: null }, now)
  return callCode(store, row.verification_id, sealed)
}

function callCode(store: LineStore, verificationId: string, sealed: string): CallCode {
  const { locale, phone, message } = store.existing(verificationId).verification
  return { verificationId, sealed, locale, country: phone.country, text: message.text }
}
