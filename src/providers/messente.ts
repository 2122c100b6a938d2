import * as z from 'zod'
import type { FailureKind } from '../core/messenger.ts'
import { basicAuthorization } from './basic-authorization.ts'
import { callVendor, kindOfStatus, type VendorAnswer } from './call-vendor.ts'
import { readMessenteReport } from './messente-report.ts'
import { failed, secondsLeft, type ProviderMessage, type Receipt } from './provider.ts'
import { channelsOf, messageSenders, type MessageSenders, senderOn } from './text-and-whatsapp.ts'
import { baseUrl, required, senders } from './variables.ts'
import type { Vendor } from './vendor.ts'
import {
  type ApprovedTemplate,
  authenticationTemplate,
  templateLanguage,
  templateLanguages,
  templateName,
} from './whatsapp-template.ts'

export interface MessenteOptions {
  readonly username: string
  /** Signs delivery reports too. */
  readonly password: string
  readonly senders: MessageSenders
  readonly baseUrl: string
}

const variables = z
  .object({
    MESSENTE_USERNAME: required.regex(/^[^:]*$/, 'holds a colon'),
    MESSENTE_PASSWORD: required,
    MESSENTE_FROM: senders.optional(),
    MESSENTE_WHATSAPP_FROM: required.optional(),
    MESSENTE_WHATSAPP_TEMPLATE: templateName.optional(),
    MESSENTE_WHATSAPP_LANGUAGES: templateLanguages,
    MESSENTE_BASE_URL: baseUrl.prefault('https://api.messente.com'),
  })
  .transform((values, context): MessenteOptions => ({
    username: values.MESSENTE_USERNAME,
    password: values.MESSENTE_PASSWORD,
    senders: messageSenders(
      'MESSENTE_',
      {
        FROM: values.MESSENTE_FROM,
        WHATSAPP_FROM: values.MESSENTE_WHATSAPP_FROM,
        WHATSAPP_TEMPLATE: values.MESSENTE_WHATSAPP_TEMPLATE,
        WHATSAPP_LANGUAGES: values.MESSENTE_WHATSAPP_LANGUAGES,
      },
      context,
    ),
    baseUrl: values.MESSENTE_BASE_URL,
  }))

/**
 * Sends text and WhatsApp messages by Messente's Omnichannel API, one message a request: otpost
 * falls back by itself (https://messente.com/documentation/omnichannel-api/api-reference).
 */
export const messente: Vendor<MessenteOptions> = {
  name: 'messente',
  variables,
  create(options, fetcher) {
    const url = `${options.baseUrl}/v1/omnimessage`
    const headers = {
      authorization: basicAuthorization(options.username, options.password),
      'content-type': 'application/json',
      accept: 'application/json',
    }
    return {
      name: 'messente',
      channels: channelsOf(options.senders),
      senderOf: (channel, country) => senderOn(options.senders, channel, country),
      async send(message, signal) {
        const content = contentOf(message, options.senders)
        if (content === undefined) {
          return failed('misconfigured', `no sender for ${message.delivery.channel}`)
        }
        const body = JSON.stringify({
          to: message.to,
          ...(message.reportUrl === undefined ? {} : { dlr_url: message.reportUrl }),
          text_store: 'nostore',
          priority: 'high',
          messages: [{ sender: message.sender, ttl: secondsLeft(message), ...content }],
        })
        return callVendor(
          fetcher,
          { url, init: { method: 'POST', headers, body }, signal },
          receiptOf,
        )
      },
      readReport: (request) => readMessenteReport(options.password, request),
    }
  },
}

/** What a channel wants besides; undefined when it has no sender. */
function contentOf(message: ProviderMessage, { sms, whatsapp }: MessageSenders) {
  const { channel } = message.delivery
  if (channel === 'sms' && sms !== undefined) return smsOf(message)
  return channel === 'whatsapp' && whatsapp !== undefined
    ? whatsappOf(message, whatsapp)
    : undefined
}

/** Anything but `off` may write letters of other scripts in those of GSM 03.38. */
const smsOf = ({ text }: ProviderMessage) => ({ channel: 'sms', text, autoconvert: 'off' })

function whatsappOf(message: ProviderMessage, approved: ApprovedTemplate) {
  const language = templateLanguage(approved, message.language)
  const template = authenticationTemplate(approved.name, language, message.code)
  // Messente's `index` is an integer (https://github.com/messente/messente-api-java, openapi.yaml).
  const components = template.components.map((component) =>
    component.index === undefined ? component : { ...component, index: Number(component.index) },
  )
  return { channel: 'whatsapp', template: { ...template, components } }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const accepted = z.object({
  omnimessage_id: z.string(),
  messages: z.array(z.object({ message_id: z.string() })).catch([]),
})

const refused = z.object({
  errors: z
    .array(
      z.object({ code: z.string().regex(/^10[1-7]$/), source: z.string().nullish().catch(null) }),
    )
    .min(1),
})

type Fault = z.infer<typeof refused>['errors'][number]

function receiptOf({ status, body }: VendorAnswer): Receipt {
  const isAnswered = status >= 200 && status < 300
  const message = isAnswered ? accepted.safeParse(body).data : undefined
  if (message !== undefined) {
    const id = message.messages[0]?.message_id ?? ''
    return { sent: true, messageId: UUID.test(id) ? id : null, segments: null }
  }
  const faults = refused.safeParse(body).data?.errors ?? []
  const [first] = faults
  if (first === undefined) {
    if (isAnswered) return failed('unknown', 'an answer that is no message')
    return failed(kindOfStatus(status), `HTTP ${status}`)
  }
  // A gateway or a server in trouble says nothing of the number, whatever it writes.
  const isClear = isAnswered || (status >= 400 && status < 500 && status !== 429)
  const kind = isClear ? kindOfFaults(faults) : kindOfStatus(status)
  return failed(kind, `HTTP ${status}, Messente error ${first.code}`)
}

/** Only when nothing but the number is wrong: a sender's fault must not condemn it. */
const kindOfFaults = (faults: readonly Fault[]): FailureKind =>
  faults.map(kindOfFault).find((kind) => kind !== 'bad_number') ?? 'bad_number'

const INTERNAL_SERVER_ERROR = '104'
const INVALID_DATA = '105'

function kindOfFault({ code, source }: Fault): FailureKind {
  if (code === INTERNAL_SERVER_ERROR) return 'unreachable'
  return code === INVALID_DATA && /^[/.$]*to$/.test(source ?? '') ? 'bad_number' : 'misconfigured'
}
