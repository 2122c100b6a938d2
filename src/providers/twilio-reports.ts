import type { CallbackReading, DeliveryReport, VendorRequest } from '../core/messenger.ts'
import { isSigned } from './twilio-signature.ts'

/**
 * What statuses of messages
 * (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values) and of calls
 * (https://www.twilio.com/docs/voice/api/call-resource#call-status-values) report; null: nothing
 * that the answer to the request did not say.
 */
const STATUSES: ReadonlyMap<string, DeliveryReport['status'] | null> = new Map([
  ['accepted', null],
  ['scheduled', null],
  ['queued', null],
  ['sending', null],
  ['initiated', null],
  ['ringing', null],
  ['in-progress', null],
  ['sent', 'sent'],
  ['partially_delivered', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  // Somebody picked up, perhaps a voicemail; whoever pressed a key was given the code by then.
  ['completed', 'undelivered'],
  ['undelivered', 'undelivered'],
  ['canceled', 'undelivered'],
  ['busy', 'undelivered'],
  ['no-answer', 'undelivered'],
  ['failed', 'failed'],
])

/** Nothing but these is kept of a report: it could quote the message. */
const ERROR_CODE = /^[1-9][0-9]{4}$/
/** What was taken from the account is negative. */
const PRICE = /^-?([0-9]{1,3}\.[0-9]{1,5})$/
const CURRENCY = /^[A-Za-z]{3}$/

/** Reads a status callback of a message or a call, once its signature is found good. */
export async function readReport(
  authToken: string,
  request: VendorRequest,
): Promise<CallbackReading> {
  if (!(await isSigned(authToken, request))) return { outcome: 'forged' }
  const form = formOf(request)
  const status = STATUSES.get(form?.get('MessageStatus') ?? form?.get('CallStatus') ?? '')
  if (form === undefined || status === undefined) return { outcome: 'unreadable' }
  if (status === null) return { outcome: 'reports', reports: [] }
  const code = matching(form, 'ErrorCode', ERROR_CODE)
  const report = {
    status,
    error: code === null ? null : `Twilio error ${code}`,
    price: matching(form, 'Price', PRICE)?.replace('-', '') ?? null,
    currency: matching(form, 'PriceUnit', CURRENCY)?.toUpperCase() ?? null,
  }
  return { outcome: 'reports', reports: [{ report }] }
}

/** Reads the fields of a form; undefined when it is none. */
export function formOf({ headers, body }: VendorRequest): URLSearchParams | undefined {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return undefined
  return new URLSearchParams(new TextDecoder().decode(body))
}

function matching(form: URLSearchParams, name: string, pattern: RegExp): string | null {
  const value = form.get(name)
  return value !== null && pattern.test(value) ? value : null
}
