import { Webhook } from 'standardwebhooks'
import * as z from 'zod'
import type { CallbackReading, VendorRequest } from '../core/messenger.ts'
import { CHANNELS, type Channel } from '../core/project.ts'
import { callVendor, kindOfStatus, type VendorAnswer } from './call-vendor.ts'
import { failed, type ProviderMessage, type Receipt } from './provider.ts'
import { jsonOf, priceOf } from './report-fields.ts'
import { required } from './variables.ts'
import type { Vendor } from './vendor.ts'
import { fromBase64 } from './verify-hmac.ts'

export interface WebhookOptions {
  readonly url: string
  /** `whsec_…`: all sign, any verifies. */
  readonly secrets: readonly string[]
  readonly channels: readonly Channel[]
}

const SECRET_PREFIX = 'whsec_'
/** Seven digits are a number without its prefixes; a code may be shorter, and then counts whole. */
const SHORTEST_QUOTE = 7
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])$/

const url = required.superRefine((text, context) => {
  if (!URL.canParse(text)) {
    context.addIssue('is no URL')
    return
  }
  const { protocol, hostname, username, password } = new URL(text)
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname))) {
    context.addIssue('is no https URL')
  }
  if (username !== '' || password !== '') context.addIssue('holds a user name or a password')
  if (text.includes('#')) context.addIssue('holds a fragment, which is never sent')
})

const isSecret = (text: string): boolean => {
  const size = text.startsWith(SECRET_PREFIX)
    ? (fromBase64(text.slice(SECRET_PREFIX.length))?.length ?? 0)
    : 0
  return size >= 24 && size <= 64
}

const secrets = required
  .transform((text) => text.split(/[\s,]+/).filter((item) => item !== ''))
  .refine(
    (list) => list.length > 0 && list.every(isSecret),
    'holds something else than whsec_ and 24 to 64 bytes in base64',
  )

const channels = z.string().transform((text, context): readonly Channel[] => {
  const names = text.split(',').map((item) => item.trim())
  const known = CHANNELS.filter((channel) => names.includes(channel))
  if (names.every((name) => CHANNELS.some((channel) => channel === name))) return known
  context.addIssue(`holds something else than ${CHANNELS.join(', ')}`)
  return z.NEVER
})

const variables = z
  .object({
    WEBHOOK_URL: url,
    WEBHOOK_SECRET: secrets,
    WEBHOOK_CHANNELS: channels.default(['sms']),
  })
  .transform((all): WebhookOptions => ({
    url: all.WEBHOOK_URL,
    secrets: all.WEBHOOK_SECRET,
    channels: all.WEBHOOK_CHANNELS,
  }))

/** What a gateway may say went wrong: words only, since they are kept. */
const error = z.enum(['bad_number', 'not_on_channel', 'throttled', 'misconfigured', 'unreachable'])

const answer = z.object({
  message_id: z.string().nullish().catch(null),
  status: z
    .enum(['accepted', 'queued', 'sent', 'delivered', 'read', 'undelivered', 'failed', 'unknown'])
    .nullish(),
  error: error.nullish(),
})

/** What is said of a message that did not go out. */
const NOT_SENT: ReadonlySet<string> = new Set(['failed', 'undelivered'])

const refused = z.object({ error })

const report = z.object({
  status: z.enum(['queued', 'sent', 'delivered', 'read', 'undelivered', 'failed', 'unknown']),
  error: error.nullish().catch(null),
  price: z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(null),
  currency: z.string().nullish().catch(null),
})

/**
 * Hands messages to a gateway of the operator's own, signed by Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export const webhook: Vendor<WebhookOptions> = {
  name: 'webhook',
  variables,
  create(options, fetcher) {
    const signers = options.secrets.map((secret) => new Webhook(secret))
    return {
      name: 'webhook',
      channels: options.channels,
      // The gateway chooses, unless a route does.
      senderOf: (channel) => (options.channels.includes(channel) ? '' : undefined),
      send(message, signal) {
        const body = JSON.stringify(bodyOf(message))
        const headers = {
          ...signatureOf(signers, message.delivery.id, body),
          'content-type': 'application/json',
          accept: 'application/json',
        }
        const init = { method: 'POST', headers, body }
        const hidden = [...options.secrets, message.code, message.to, message.reportToken]
        return callVendor(fetcher, { url: options.url, init, signal }, (read) =>
          receiptOf(read, hidden),
        )
      },
      readReport: async (request) => readReport(request, signers),
    }
  },
}

const bodyOf = (message: ProviderMessage) => ({
  verification_id: message.verificationId,
  attempt_id: message.delivery.id,
  to: message.to,
  channel: message.delivery.channel,
  locale: message.language,
  brand: message.brand,
  text: message.text,
  code: message.code,
  expires_at: new Date(message.expiresAt).toISOString(),
  ...(message.sender === '' ? {} : { sender: message.sender }),
  ...(message.reportUrl === undefined ? {} : { report_url: message.reportUrl }),
})

/** Signs with every secret, so that the gateway may change its own at any moment of a rotation. */
function signatureOf(signers: readonly Webhook[], id: string, body: string) {
  const now = new Date()
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signers.map((signer) => signer.sign(id, now, body)).join(' '),
  }
}

/** Takes a 2xx without a body for sent; one that is not in the agreed form may be from a proxy. */
function receiptOf({ status, body, empty }: VendorAnswer, hidden: readonly string[]): Receipt {
  if (status < 200 || status > 299) {
    const said = refused.safeParse(body).data?.error
    return failed(said ?? kindOfStatus(status), `HTTP ${status}${said ? ', by the gateway' : ''}`)
  }
  const read = answer.safeParse(empty ? {} : body).data
  if (read === undefined) return failed('unknown', 'an answer that is no receipt')
  if (read.status === 'unknown') return failed('unknown', `HTTP ${status}, status unknown`)
  if (NOT_SENT.has(read.status ?? '') || read.error) {
    return failed(read.error ?? 'unreachable', `HTTP ${status}, status failed`)
  }
  return { sent: true, messageId: idOf(read.message_id, hidden), segments: null }
}

/** Keeps an id that is short and quotes no secret, be it without its prefix: `+1`, `whsec_`. */
function idOf(id: string | null | undefined, hidden: readonly string[]): string | null {
  if (!id || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) return null
  const plain = id.replaceAll(/[-_]/g, '')
  return hidden.some((secret) => plain.includes(secret.slice(-SHORTEST_QUOTE))) ? null : id
}

function readReport(
  { headers, body }: VendorRequest,
  signers: readonly Webhook[],
): CallbackReading {
  // A byte order mark is signed too.
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(body)
  if (!signers.some((signer) => isSigned(signer, headers, text))) return { outcome: 'forged' }
  const read = report.safeParse(jsonOf(text)).data
  if (read === undefined) return { outcome: 'unreadable' }
  const { status, error: said, price, currency } = read
  if (status === 'queued') return { outcome: 'reports', reports: [] }
  const fields = { error: said ? `Gateway error ${said}` : null, ...priceOf(price, currency) }
  return {
    outcome: 'reports',
    reports: [{ report: { status: status === 'read' ? 'delivered' : status, ...fields } }],
  }
}

/** Verifies by the library, which allows five minutes between the clocks. */
function isSigned(signer: Webhook, headers: Headers, text: string): boolean {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  const signed = Object.fromEntries(names.map((name) => [name, headers.get(name) ?? '']))
  try {
    signer.verify(text, signed, { jsonParse: false })
    return true
  } catch {
    return false
  }
}
