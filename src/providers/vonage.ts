import * as z from 'zod'
import type { FailureKind } from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'
import { basicAuthorization } from './basic-authorization.ts'
import { callVendor, kindOfStatus, type VendorAnswer } from './call-vendor.ts'
import { failed, secondsLeft, type ProviderMessage, type Receipt } from './provider.ts'
import { channelsOf, messageSenders, type MessageSenders, senderOn } from './text-and-whatsapp.ts'
import { baseUrl, required, senders } from './variables.ts'
import type { Vendor } from './vendor.ts'
import { errorCodeOf, readVonageReport } from './vonage-report.ts'
import {
  type ApprovedTemplate,
  authenticationTemplate,
  templateLanguage,
  templateLanguages,
  templateName,
} from './whatsapp-template.ts'

export interface VonageOptions {
  readonly apiKey: string
  readonly apiSecret: string
  /** Signs delivery reports. */
  readonly signatureSecret: string
  readonly senders: MessageSenders
  readonly baseUrl: string
}

const withoutPlus = (number: string): string => number.replace(/^\+/, '')

const variables = z
  .object({
    VONAGE_API_KEY: required.regex(/^[^:]*$/, 'holds a colon'),
    VONAGE_API_SECRET: required,
    VONAGE_SIGNATURE_SECRET: required,
    VONAGE_FROM: senders.optional(),
    VONAGE_WHATSAPP_FROM: z
      .string()
      .trim()
      .regex(/^\+?[1-9][0-9]{6,14}$/, 'is no phone number in international form')
      .transform(withoutPlus)
      .optional(),
    VONAGE_WHATSAPP_TEMPLATE: templateName.optional(),
    VONAGE_WHATSAPP_LANGUAGES: templateLanguages,
    VONAGE_BASE_URL: baseUrl.prefault('https://api.nexmo.com'),
  })
  .transform((values, context): VonageOptions => ({
    apiKey: values.VONAGE_API_KEY,
    apiSecret: values.VONAGE_API_SECRET,
    signatureSecret: values.VONAGE_SIGNATURE_SECRET,
    senders: messageSenders(
      'VONAGE_',
      {
        FROM: values.VONAGE_FROM,
        WHATSAPP_FROM: values.VONAGE_WHATSAPP_FROM,
        WHATSAPP_TEMPLATE: values.VONAGE_WHATSAPP_TEMPLATE,
        WHATSAPP_LANGUAGES: values.VONAGE_WHATSAPP_LANGUAGES,
      },
      context,
    ),
    baseUrl: values.VONAGE_BASE_URL,
  }))

/**
 * Sends text and WhatsApp messages by Vonage's Messages API
 * (https://developer.vonage.com/en/api/messages).
 */
export const vonage: Vendor<VonageOptions> = {
  name: 'vonage',
  variables,
  create(options, fetcher) {
    const url = `${options.baseUrl}/v1/messages`
    const headers = {
      authorization: basicAuthorization(options.apiKey, options.apiSecret),
      'content-type': 'application/json',
      accept: 'application/json',
    }
    return {
      name: 'vonage',
      channels: channelsOf(options.senders),
      senderOf: (channel, country) => senderOn(options.senders, channel, country),
      async send(message, signal) {
        const { channel } = message.delivery
        const content = contentOf(message, options.senders)
        if (content === undefined) return failed('misconfigured', `no sender for ${channel}`)
        const body = JSON.stringify({ ...envelopeOf(message), ...content })
        const init = { method: 'POST', headers, body }
        return callVendor(fetcher, { url, init, signal }, (answer) => receiptOf(answer, channel))
      },
      readReport: (request) => readVonageReport(options, request),
    }
  },
}

/** What every channel wants; numbers are written without a plus. */
const envelopeOf = (message: ProviderMessage) => ({
  to: withoutPlus(message.to),
  from: /^\+[0-9]+$/.test(message.sender) ? withoutPlus(message.sender) : message.sender,
  client_ref: message.delivery.id,
  ...(message.reportUrl === undefined
    ? {}
    : { webhook_url: message.reportUrl, webhook_version: 'v1' }),
})

const smsOf = (message: ProviderMessage) => ({
  channel: 'sms',
  message_type: 'text',
  text: message.text,
  ttl: secondsToLive(message),
  sms: { encoding_type: 'auto' },
})

/** Custom messages are Meta's own: those of type `template` have no parameters for a button. */
const whatsappOf = (message: ProviderMessage, template: ApprovedTemplate) => ({
  channel: 'whatsapp',
  message_type: 'custom',
  custom: {
    type: 'template',
    template: authenticationTemplate(
      template.name,
      templateLanguage(template, message.language),
      message.code,
    ),
  },
})

/** What a channel wants besides; undefined when it has no sender. */
function contentOf(message: ProviderMessage, { sms, whatsapp }: MessageSenders) {
  const { channel } = message.delivery
  if (channel === 'sms' && sms !== undefined) return smsOf(message)
  return channel === 'whatsapp' && whatsapp !== undefined
    ? whatsappOf(message, whatsapp)
    : undefined
}

const SHORTEST_TTL_SECONDS = 20
const LONGEST_TTL_SECONDS = 604_800

/**
 * Says how long the code still lives, within what Vonage takes: a code with less than 20 seconds
 * left may arrive too late (https://developer.vonage.com/en/api/sms, `ttl`).
 */
const secondsToLive = (message: ProviderMessage): number =>
  Math.min(LONGEST_TTL_SECONDS, Math.max(SHORTEST_TTL_SECONDS, secondsLeft(message)))

const MESSAGE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const accepted = z.object({ message_uuid: z.string() })

const refused = z.object({
  detail: z.string().catch(''),
  invalid_parameters: z.array(z.object({ name: z.string() })).catch([]),
})

function receiptOf({ status, body }: VendorAnswer, channel: Channel): Receipt {
  const isAnswered = status >= 200 && status < 300
  const message = isAnswered ? accepted.safeParse(body).data : undefined
  if (message !== undefined) {
    const { message_uuid: id } = message
    return { sent: true, messageId: MESSAGE_ID.test(id) ? id : null, segments: null }
  }
  const code = errorCodeOf(body)
  if (isAnswered) {
    const kind = kindOfCode(code, channel) ?? 'unknown'
    return failed(kind, `an answer that is no message${code ? `: Vonage error ${code}` : ''}`)
  }
  const detail = code === undefined ? `HTTP ${status}` : `HTTP ${status}, Vonage error ${code}`
  // A gateway or a server in trouble says nothing of the number, whatever it writes.
  const isClear = status >= 400 && status < 500 && status !== 429
  const known = isClear ? kindOfCode(code, channel) : undefined
  if (known !== undefined) return failed(known, detail)
  return failed(status === 422 && blamesOnlyTo(body) ? 'bad_number' : kindOfStatus(status), detail)
}

/** https://developer.vonage.com/en/api-errors/messages; others are read from the HTTP status. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  1000: 'throttled',
  1030: 'unreachable',
  // Vonage bars the number, or it opted out there: somebody else may reach it, and Vonage others.
  1050: 'misconfigured',
  1100: 'unreachable',
  1170: 'bad_number',
  1240: 'misconfigured',
  1331: 'unreachable',
  1430: 'bad_number',
}

/** No user of the network, no suitable device, no recipient for the channel. */
const NOT_ON_WHATSAPP: ReadonlySet<number> = new Set([1300, 1310, 1430])

function kindOfCode(code: number | undefined, channel: Channel): FailureKind | undefined {
  if (code === undefined) return undefined
  return channel === 'whatsapp' && NOT_ON_WHATSAPP.has(code) ? 'not_on_channel' : KINDS[code]
}

/** Whether `to` is all that Vonage finds wrong: a sender's fault must not condemn the number. */
function blamesOnlyTo(body: unknown): boolean {
  const { detail = '', invalid_parameters: parameters = [] } = refused.safeParse(body).data ?? {}
  const listed = parameters.map(({ name }) => name)
  const quoted = [...detail.matchAll(/[`'"]([a-z][\w.]*)[`'"]/gi)].map(([, name]) => name)
  const names = listed.length > 0 ? listed : quoted
  return names.length > 0 && names.every((name) => name === 'to')
}
