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
import { jsonOf } from './report-fields.ts'
import { baseUrl, choice, required, type Choice } from './variables.ts'
import type { Vendor } from './vendor.ts'
import { fromHex, verifyHmac } from './verify-hmac.ts'
import {
  type ApprovedTemplate,
  authenticationTemplate,
  templateLanguage,
  templateLanguages,
  templateName,
} from './whatsapp-template.ts'

export interface MetaOptions {
  readonly token: string
  /** Ids of the numbers that send, by country. */
  readonly phoneNumberId: Choice
  readonly template: ApprovedTemplate
  /** Signs reports. */
  readonly appSecret: string
  /** Proves that it is Meta that tries the URL. */
  readonly verifyToken: string
  readonly baseUrl: string
}

const PHONE_NUMBER_ID = /^[0-9]{5,20}$/

const phoneNumberId = choice(/^[A-Z]{2}$/, 'country').superRefine(({ other, byKey }, context) => {
  const ids = [...(other === undefined ? [] : [other]), ...byKey.values()]
  if (!ids.every((id) => PHONE_NUMBER_ID.test(id))) {
    context.addIssue('holds more than digits: the id of a number, not the number, is meant')
  }
})

const variables = z
  .object({
    META_TOKEN: required.regex(/^[!-~]+$/, 'holds more than letters, digits and signs'),
    META_PHONE_NUMBER_ID: phoneNumberId,
    META_TEMPLATE: templateName,
    META_TEMPLATE_LANGUAGES: templateLanguages,
    META_APP_SECRET: required,
    META_VERIFY_TOKEN: required,
    // https://developers.facebook.com/docs/graph-api/changelog
    META_BASE_URL: baseUrl.default('https://graph.facebook.com/v26.0'),
  })
  .transform((all): MetaOptions => ({
    token: all.META_TOKEN,
    phoneNumberId: all.META_PHONE_NUMBER_ID,
    template: { name: all.META_TEMPLATE, languages: all.META_TEMPLATE_LANGUAGES },
    appSecret: all.META_APP_SECRET,
    verifyToken: all.META_VERIFY_TOKEN,
    baseUrl: all.META_BASE_URL,
  }))

const errorCode = z.int().min(0).max(199_999)

const accepted = z.object({
  messages: z
    .array(
      z.object({
        id: z.string().startsWith('wamid.'),
        message_status: z.string().nullish().catch('?'),
      }),
    )
    .length(1),
})

const refused = z.object({ error: z.object({ code: errorCode.optional().catch(undefined) }) })

/**
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes;
 * other codes are read from the HTTP status. What Meta will not bring to this person, whether for
 * want of WhatsApp or by its policy, can still go out by text message.
 */
const KINDS: Readonly<Record<number, FailureKind>> = {
  0: 'misconfigured',
  1: 'unreachable',
  2: 'unreachable',
  3: 'misconfigured',
  4: 'throttled',
  10: 'misconfigured',
  190: 'misconfigured',
  80007: 'throttled',
  130403: 'not_on_channel',
  130429: 'throttled',
  130472: 'not_on_channel',
  131000: 'unreachable',
  131016: 'unreachable',
  131021: 'not_on_channel',
  131026: 'not_on_channel',
  131045: 'misconfigured',
  131047: 'not_on_channel',
  131048: 'throttled',
  131049: 'not_on_channel',
  131050: 'not_on_channel',
  // Too many messages from us to this person, who can still get a text message.
  131056: 'not_on_channel',
  131057: 'unreachable',
  131064: 'throttled',
  133000: 'misconfigured',
  133004: 'unreachable',
  133010: 'misconfigured',
}

/** Permissions and templates have ranges of codes, and are the operator's to put right. */
const isOfOperator = (code: number): boolean =>
  (code >= 200 && code <= 299) || (code >= 132_000 && code <= 132_999)

/** Sends an authentication template by WhatsApp's Cloud API. */
export const meta: Vendor<MetaOptions> = {
  name: 'meta',
  variables,
  create: (options, fetcher) => ({
    name: 'meta',
    channels: ['whatsapp'],
    senderOf: (channel, country) =>
      channel === 'whatsapp'
        ? (options.phoneNumberId.byKey.get(country) ?? options.phoneNumberId.other)
        : undefined,
    async send(message, signal) {
      // A route's own sender becomes part of a path.
      if (!PHONE_NUMBER_ID.test(message.sender)) {
        return failed('misconfigured', "the sender is no id of one of Meta's numbers")
      }
      const headers = {
        authorization: `Bearer ${options.token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      }
      const body = JSON.stringify(bodyOf(message, options))
      const url = `${options.baseUrl}/${message.sender}/messages`
      const init = { method: 'POST', headers, body }
      return callVendor(fetcher, { url, init, signal }, receiptOf)
    },
    echoesTokens: true,
    readReport: (request) =>
      request.method === 'GET' ? readChallenge(request, options) : readReport(request, options),
  }),
}

function bodyOf(message: ProviderMessage, options: MetaOptions) {
  const { template } = options
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: message.to.slice(1),
    type: 'template',
    template: authenticationTemplate(
      template.name,
      templateLanguage(template, message.language),
      message.code,
    ),
    // Comes back with every report: Meta has one URL for all messages.
    biz_opaque_callback_data: message.reportToken,
  }
}

/** Keeps no id: a `wamid` is the recipient's number in base64, with some bytes around it. */
function receiptOf({ status, body }: VendorAnswer): Receipt {
  const error = refused.safeParse(body).data?.error
  const succeeded = status >= 200 && status < 300
  if (error !== undefined || !succeeded) {
    const kind = kindOf(error?.code) ?? (succeeded ? 'unknown' : kindOfStatus(status))
    return failed(kind, detailOf(status, error?.code))
  }
  const message = accepted.safeParse(body).data?.messages[0]
  if (message === undefined) return failed('unknown', 'an answer that is no message')
  // https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-pacing
  if ((message.message_status ?? 'accepted') !== 'accepted') {
    return failed('unknown', 'Meta holds the message back')
  }
  return { sent: true, messageId: null, segments: null }
}

const kindOf = (code: number | undefined): FailureKind | undefined =>
  code === undefined
    ? undefined
    : (KINDS[code] ?? (isOfOperator(code) ? 'misconfigured' : undefined))

const detailOf = (status: number, code: number | undefined): string =>
  code === undefined ? `HTTP ${status}` : `HTTP ${status}, Meta error ${code}`

/** Answers Meta's trial of the URL (https://developers.facebook.com/docs/graph-api/webhooks/getting-started). */
async function readChallenge(
  { url }: VendorRequest,
  { verifyToken }: MetaOptions,
): Promise<CallbackReading> {
  const query = new URL(url).searchParams
  const authentic = await isSame(query.get('hub.verify_token') ?? '', verifyToken)
  if (query.get('hub.mode') !== 'subscribe' || !authentic) return { outcome: 'forged' }
  const text = query.get('hub.challenge') ?? ''
  return /^[A-Za-z0-9_-]{1,100}$/.test(text)
    ? { outcome: 'challenge', text }
    : { outcome: 'unreadable' }
}

/** Compares digests, so that the time that it takes says nothing of the text. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(text)))
  const [a, b] = await Promise.all([digest(given), digest(expected)])
  return a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), 0) === 0
}

/** A list whose items are null where they are something else: one does not spoil the others. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item.nullable().catch(null)).catch([])

const webhook = z.object({
  entry: listOf(
    z.object({
      changes: listOf(z.object({ value: z.object({ statuses: listOf(z.unknown()) }) })),
    }),
  ),
})

const STATUSES = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  failed: 'failed',
} as const satisfies Record<string, DeliveryReport['status']>

/** Others than ours have no token: the same numbers may serve another application too. */
const statusOfOurs = z.object({
  biz_opaque_callback_data: z.string().min(1).max(512),
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  errors: listOf(z.object({ code: errorCode.optional().catch(undefined) })),
})

async function readReport(
  { headers, body }: VendorRequest,
  { appSecret }: MetaOptions,
): Promise<CallbackReading> {
  const [, hex = ''] =
    /^sha256=([0-9a-f]{64})$/.exec(headers.get('x-hub-signature-256') ?? '') ?? []
  if (!(await verifyHmac('SHA-256', appSecret, fromHex(hex), body))) return { outcome: 'forged' }
  const content = webhook.safeParse(jsonOf(body)).data
  if (content === undefined) return { outcome: 'unreadable' }
  const reports = content.entry
    .flatMap((entry) => entry?.changes ?? [])
    .flatMap((change) => change?.value.statuses ?? [])
    .flatMap((item) => statusOfOurs.safeParse(item).data ?? [])
    .map(({ biz_opaque_callback_data: token, status, errors }) => ({
      token,
      report: { ...reportOf(errors[0]?.code), status: STATUSES[status] },
    }))
  return { outcome: 'reports', reports }
}

/** Prices are in Meta's monthly account only. */
const reportOf = (code: number | undefined): Omit<DeliveryReport, 'status'> => ({
  error: code === undefined ? null : `Meta error ${code}`,
  price: null,
  currency: null,
})
