import * as z from 'zod'
import type { FailureKind, OutboundMessage } from '../core/ports.ts'
import { callVendor, type VendorAnswer } from './call-vendor.ts'
import { failed, type Provider, type Receipt } from './provider.ts'

export interface TwilioOptions {
  readonly accountSid: string
  readonly authToken: string
  /** A number or name, or a messaging service that chooses one. */
  readonly sender: { readonly From: string } | { readonly MessagingServiceSid: string }
  readonly baseUrl: string
}

/** Nothing else that a vendor writes is kept: it could quote the message. */
const MESSAGE_ID = /^(?:SM|MM)[0-9a-f]{32}$/
const errorCode = z.int().min(10_000).max(99_999)

const accepted = z.object({
  sid: z.string(),
  status: z.string().optional(),
  error_code: errorCode.nullish().catch(null),
  num_segments: z.coerce.number().int().min(0).nullish().catch(null),
})

const refused = z.object({ code: errorCode })

/** https://www.twilio.com/docs/api/errors; other codes are read from the HTTP status. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  20003: 'misconfigured',
  20429: 'throttled',
  21211: 'bad_number',
  21408: 'misconfigured',
  21606: 'misconfigured',
  21610: 'bad_number',
  21614: 'bad_number',
}

const LONGEST_VALIDITY_SECONDS = 36_000

/**
 * Sends text messages by Twilio's Messages resource
 * (https://www.twilio.com/docs/messaging/api/message-resource).
 */
export function twilio(options: TwilioOptions, fetcher: typeof fetch): Provider {
  const { accountSid, authToken, baseUrl, sender } = options
  const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`
  const authorization = `Basic ${btoa(`${accountSid}:${authToken}`)}`
  return {
    name: 'twilio',
    channels: ['sms'],
    send(message, signal) {
      const body = new URLSearchParams({
        To: message.to,
        ...sender,
        Body: message.text,
        ValidityPeriod: String(validitySeconds(message)),
      })
      const init = { method: 'POST', headers: { authorization, accept: 'application/json' }, body }
      return callVendor(fetcher, { url, init, signal }, receiptOf)
    },
  }
}

/** The remaining life of the code, so that a message that comes too late is dropped. */
const validitySeconds = (message: OutboundMessage): number =>
  Math.min(
    LONGEST_VALIDITY_SECONDS,
    Math.max(1, Math.floor((message.expiresAt - Date.now()) / 1000)),
  )

function receiptOf({ status, body }: VendorAnswer): Receipt {
  if (status >= 200 && status < 300) return successOf(body)
  const code = refused.safeParse(body).data?.code
  const detail = code === undefined ? `HTTP ${status}` : `HTTP ${status}, Twilio error ${code}`
  return failed((code === undefined ? undefined : KINDS[code]) ?? kindOfStatus(status), detail)
}

function successOf(body: unknown): Receipt {
  const message = accepted.safeParse(body).data
  if (message === undefined) return failed('unknown', 'an answer that is no message')
  const { sid, status, error_code: code, num_segments: segments } = message
  if (status === 'failed' || status === 'undelivered') {
    return failed(KINDS[code ?? 0] ?? 'unreachable', `status ${status}, Twilio error ${code ?? 0}`)
  }
  return { sent: true, messageId: MESSAGE_ID.test(sid) ? sid : null, segments: segments ?? null }
}

const kindOfStatus = (status: number): FailureKind => {
  if (status === 429) return 'throttled'
  // A gateway that gave up may have passed the message on.
  if (status === 502 || status === 504) return 'unknown'
  if (status >= 500) return 'unreachable'
  return 'misconfigured'
}
