import * as z from 'zod'
import type { FailureKind } from '../core/messenger.ts'
import { kindOfStatus, type VendorAnswer } from './call-vendor.ts'
import { failed, type Receipt } from './provider.ts'

/** Nothing else that a vendor writes is kept: it could quote the message. */
const ID = /^(?:SM|MM|CA)[0-9a-f]{32}$/
const errorCode = z.int().min(10_000).max(99_999)

const accepted = z.object({
  sid: z.string(),
  status: z.string().optional().catch(undefined),
  error_code: errorCode.nullish().catch(null),
  num_segments: z.coerce.number().int().min(0).max(99).nullish().catch(null),
})

const refused = z.object({ code: errorCode })

/** Statuses of messages and calls that end without the phone. */
const LOST: ReadonlySet<string> = new Set([
  'failed',
  'undelivered',
  'canceled',
  'busy',
  'no-answer',
])

/**
 * What Twilio's codes mean (https://www.twilio.com/docs/api/errors); others are read from the HTTP
 * status. Who takes no text messages (a landline, who wrote STOP) takes calls, and who is not on
 * WhatsApp takes text messages.
 */
const KINDS: ReadonlyMap<number, FailureKind> = new Map([
  [20003, 'misconfigured'],
  [20429, 'throttled'],
  // Numbers.
  [21211, 'bad_number'],
  [21265, 'bad_number'],
  [21610, 'not_on_channel'],
  [21614, 'not_on_channel'],
  [21635, 'not_on_channel'],
  [30005, 'bad_number'],
  [30006, 'not_on_channel'],
  // Countries, senders, and combinations of both.
  [21408, 'misconfigured'],
  [21606, 'misconfigured'],
  [21612, 'misconfigured'],
  [21659, 'misconfigured'],
  // Queues.
  [21611, 'throttled'],
  [30001, 'throttled'],
  // Calls.
  [13223, 'bad_number'],
  [13224, 'not_on_channel'],
  [13226, 'bad_number'],
  [21201, 'misconfigured'],
  [21210, 'misconfigured'],
  [21214, 'not_on_channel'],
  [21215, 'misconfigured'],
  [21216, 'misconfigured'],
  [21217, 'bad_number'],
  // WhatsApp (https://www.twilio.com/docs/whatsapp/api/error-code-mapping).
  [63003, 'not_on_channel'],
  [63014, 'not_on_channel'],
  [63024, 'not_on_channel'],
  [63032, 'not_on_channel'],
  [63033, 'not_on_channel'],
  [63049, 'not_on_channel'],
  [63007, 'misconfigured'],
  [63013, 'misconfigured'],
  [63015, 'misconfigured'],
  [63016, 'misconfigured'],
  [63021, 'misconfigured'],
  [63027, 'misconfigured'],
  [63028, 'misconfigured'],
  [63017, 'throttled'],
  [63018, 'throttled'],
  [63038, 'throttled'],
])

/** Reads the answer to a message or a call that was asked for. */
export function receiptOf({ status, body }: VendorAnswer): Receipt {
  if (status >= 200 && status < 300) return successOf(body)
  const code = refused.safeParse(body).data?.code
  return failed(kindOf(code) ?? kindOfStatus(status), `HTTP ${status}${suffix(code)}`)
}

function successOf(body: unknown): Receipt {
  const message = accepted.safeParse(body).data
  if (message === undefined) return failed('unknown', 'an answer that is no message and no call')
  const { sid, status, error_code: code, num_segments: segments } = message
  if (status !== undefined && LOST.has(status)) {
    return failed(kindOf(code) ?? 'unreachable', `status ${status}${suffix(code)}`)
  }
  return { sent: true, messageId: ID.test(sid) ? sid : null, segments: segments ?? null }
}

const kindOf = (code: number | null | undefined): FailureKind | undefined => KINDS.get(code ?? 0)

const suffix = (code: number | null | undefined): string =>
  typeof code === 'number' ? `, Twilio error ${code}` : ''
