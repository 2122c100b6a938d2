import * as z from 'zod'
import type {
  CallbackReading,
  DeliveryReport,
  FailureKind,
  VendorRequest,
} from '../core/messenger.ts'
import { bytesOf } from '../core/text.ts'
import { callVendor, kindOfStatus, type VendorAnswer } from './call-vendor.ts'
import { failed, type ProviderMessage, type Receipt } from './provider.ts'
import { jsonOf, priceOf } from './report-fields.ts'
import { baseUrl, required, senderFor, senders, type Choice, isName } from './variables.ts'
import type { Vendor } from './vendor.ts'
import { fromBase64 } from './verify-hmac.ts'

export interface TelnyxOptions {
  readonly apiKey: string
  /** Ed25519, 32 bytes: reports are signed with it. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly from: Choice
  /** Owns the names that send. */
  readonly messagingProfileId: string | undefined
  readonly baseUrl: string
}

const TOLERANCE_SECONDS = 300

const publicKey = required.transform((text, context) => {
  const bytes = fromBase64(text)
  if (bytes?.length === 32) return bytes
  context.addIssue('is no public key: 32 bytes in base64')
  return z.NEVER
})

const variables = z
  .object({
    TELNYX_API_KEY: required.regex(/^[!-~]+$/, 'holds more than letters, digits and signs'),
    TELNYX_PUBLIC_KEY: publicKey,
    TELNYX_FROM: senders,
    TELNYX_MESSAGING_PROFILE_ID: z.guid('is no id of a profile').optional(),
    TELNYX_BASE_URL: baseUrl.default('https://api.telnyx.com'),
  })
  .superRefine(({ TELNYX_FROM: { other, byKey }, TELNYX_MESSAGING_PROFILE_ID: id }, context) => {
    if (id !== undefined || ![other ?? '', ...byKey.values()].some(isName)) return
    const message = 'is missing: TELNYX_FROM holds a name, and a profile owns it'
    context.addIssue({ code: 'custom', path: ['TELNYX_MESSAGING_PROFILE_ID'], message })
  })
  .transform((all): TelnyxOptions => ({
    apiKey: all.TELNYX_API_KEY,
    publicKey: all.TELNYX_PUBLIC_KEY,
    from: all.TELNYX_FROM,
    messagingProfileId: all.TELNYX_MESSAGING_PROFILE_ID,
    baseUrl: all.TELNYX_BASE_URL,
  }))

/** Nothing else that a vendor writes is kept: it could quote the message. */
const MESSAGE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ERROR_CODE = /^[1-4][0-9]{4}$/

const errors = z.array(z.unknown()).nullish().catch(null)
const addressees = z
  .array(z.object({ status: z.string().nullish().catch(null) }))
  .nullish()
  .catch(null)

const accepted = z.object({
  data: z.object({
    id: z.string(),
    parts: z.int().min(1).max(99).nullish().catch(null),
    to: addressees,
    errors,
  }),
})

const refused = z.object({ errors })

/**
 * https://developers.telnyx.com/docs/messaging/messages/error-codes; other codes are read from the
 * HTTP status. Landlines (40001) and those who answered STOP (40300) may still be called.
 */
const KINDS: Readonly<Record<string, FailureKind>> = {
  10001: 'misconfigured',
  10007: 'unreachable',
  10008: 'unknown',
  10009: 'misconfigured',
  10010: 'misconfigured',
  10011: 'throttled',
  20100: 'misconfigured',
  40001: 'not_on_channel',
  40011: 'throttled',
  40012: 'bad_number',
  40016: 'throttled',
  40018: 'throttled',
  40300: 'not_on_channel',
  40310: 'bad_number',
  40318: 'throttled',
}

/** Sends text messages by Telnyx (https://developers.telnyx.com/api-reference/messages/send-a-message). */
export const telnyx: Vendor<TelnyxOptions> = {
  name: 'telnyx',
  variables,
  create: (options, fetcher) => ({
    name: 'telnyx',
    channels: ['sms'],
    senderOf: (channel, country) =>
      channel === 'sms' ? senderFor(options.from, country) : undefined,
    send(message, signal) {
      const headers = {
        authorization: `Bearer ${options.apiKey}`,
        'content-type': 'application/json',
        accept: 'application/json',
      }
      const body = JSON.stringify(bodyOf(message, options))
      const url = `${options.baseUrl}/v2/messages`
      const init = { method: 'POST', headers, body }
      return callVendor(fetcher, { url, init, signal }, receiptOf)
    },
    readReport: (request) => readReport(request, options.publicKey),
  }),
}

/** A number brings the profile that it belongs to; naming another one would be an error. */
const bodyOf = (message: ProviderMessage, { messagingProfileId }: TelnyxOptions) => ({
  from: message.sender,
  to: message.to,
  text: message.text,
  ...(isName(message.sender) && messagingProfileId !== undefined
    ? { messaging_profile_id: messagingProfileId }
    : {}),
  type: 'SMS',
  encoding: 'auto',
  ...(message.reportUrl === undefined ? {} : { webhook_url: message.reportUrl }),
  use_profile_webhooks: false,
})

function receiptOf({ status, body }: VendorAnswer): Receipt {
  if (status >= 200 && status < 300) return successOf(status, body)
  const code = codeOf(refused.safeParse(body).data?.errors)
  const kind = code === undefined ? undefined : KINDS[code]
  return failed(kind ?? kindOfStatus(status), detailOf(status, code))
}

function successOf(status: number, body: unknown): Receipt {
  const data = accepted.safeParse(body).data?.data
  if (data === undefined) return failed('unknown', 'an answer that is no message')
  const { id, parts, to, errors: wrong } = data
  const state = statusOf(to?.[0]?.status)
  if ((wrong ?? []).length > 0 || state === 'failed' || state === 'undelivered') {
    const code = codeOf(wrong)
    const kind = code === undefined ? undefined : KINDS[code]
    return failed(kind ?? 'unreachable', detailOf(status, code))
  }
  return { sent: true, messageId: MESSAGE_ID.test(id) ? id : null, segments: parts ?? null }
}

const detailOf = (status: number, code: string | undefined): string =>
  code === undefined ? `HTTP ${status}` : `HTTP ${status}, Telnyx error ${code}`

/** The first of some errors that has a code. */
function codeOf(list: readonly unknown[] | null | undefined): string | undefined {
  const withCode = z.object({ code: z.coerce.string().regex(ERROR_CODE) })
  return list?.map((error) => withCode.safeParse(error).data?.code).find((code) => code)
}

const event = z.object({
  data: z.object({
    event_type: z.string(),
    payload: z
      .object({
        to: addressees,
        errors,
        cost: z.object({ amount: z.unknown(), currency: z.unknown() }).nullish().catch(null),
      })
      .optional(),
  }),
})

/** Reads a webhook (https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks). */
async function readReport(
  request: VendorRequest,
  key: TelnyxOptions['publicKey'],
): Promise<CallbackReading> {
  if (!(await isSigned(request, key))) return { outcome: 'forged' }
  const data = event.safeParse(jsonOf(request.body)).data?.data
  if (data === undefined) return { outcome: 'unreadable' }
  const { event_type: type, payload } = data
  if (type !== 'message.sent' && type !== 'message.finalized') {
    return { outcome: 'reports', reports: [] }
  }
  const code = codeOf(payload?.errors)
  const report: DeliveryReport = {
    status: type === 'message.sent' ? 'sent' : statusOf(payload?.to?.[0]?.status),
    error: code === undefined ? null : `Telnyx error ${code}`,
    ...priceOf(payload?.cost?.amount, payload?.cost?.currency),
  }
  return { outcome: 'reports', reports: [{ report }] }
}

/** `delivery_unconfirmed` is unknown too: the carrier says nothing. */
const STATUSES: Readonly<Record<string, DeliveryReport['status']>> = {
  scheduled: 'sent',
  queued: 'sent',
  sending: 'sent',
  sent: 'sent',
  delivered: 'delivered',
  delivery_failed: 'undelivered',
  expired: 'undelivered',
  sending_failed: 'failed',
  cancelled: 'failed',
}

const statusOf = (status: string | null | undefined): DeliveryReport['status'] =>
  (status && Object.hasOwn(STATUSES, status) && STATUSES[status]) || 'unknown'

/** Verifies the signature over time and body, so that an old report cannot come again. */
async function isSigned(
  { headers, body }: VendorRequest,
  publicKeyBytes: TelnyxOptions['publicKey'],
): Promise<boolean> {
  const timestamp = headers.get('telnyx-timestamp') ?? ''
  const signature = fromBase64(headers.get('telnyx-signature-ed25519') ?? '')
  if (!/^[0-9]{1,12}$/.test(timestamp) || signature?.length !== 64) return false
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const signed = await new Blob([bytesOf(`${timestamp}|`), body]).arrayBuffer()
  const algorithm = { name: 'Ed25519' }
  const key = await crypto.subtle.importKey('raw', publicKeyBytes, algorithm, false, ['verify'])
  return crypto.subtle.verify(algorithm, key, signature, signed)
}
