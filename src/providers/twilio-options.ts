import * as z from 'zod'
import { baseUrl, choice, required, senders, type Choice } from './variables.ts'

export interface TwilioOptions {
  readonly accountSid: string
  readonly authToken: string
  readonly baseUrl: string
  /** Senders of text messages; a messaging service stands for all countries. */
  readonly sms: Choice | undefined
  /** Numbers from which calls come. */
  readonly call: Choice | undefined
  readonly whatsapp: TwilioWhatsApp | undefined
}

export interface TwilioWhatsApp {
  /** A number or a messaging service. */
  readonly sender: string
  /** Content templates by language; the code is variable 1 of each. */
  readonly contents: Choice
}

const NUMBER = /^\+[1-9][0-9]{6,14}$/
const SERVICE = /^MG[0-9a-fA-F]{32}$/
const CONTENT = /^HX[0-9a-fA-F]{32}$/
const LANGUAGE_TAG = /^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/

/** Whether a sender is a messaging service: it chooses among its own senders. */
export const isMessagingService = (sender: string): boolean => SERVICE.test(sender)

const valuesOf = ({ other, byKey }: Choice): readonly string[] =>
  other === undefined ? [...byKey.values()] : [other, ...byKey.values()]

const callers = choice(/^[A-Z]{2}$/, 'country').refine(
  (numbers) => valuesOf(numbers).every((number) => NUMBER.test(number)),
  'may hold numbers only, each with + and country code',
)

const contents = choice(LANGUAGE_TAG, 'language').refine(
  (sids) => valuesOf(sids).every((sid) => CONTENT.test(sid)),
  'may hold SIDs of content templates only: HX and 32 hex digits',
)

/** The variables of an account, for messages and for look-ups. */
export const account = {
  TWILIO_ACCOUNT_SID: z.string('is missing').regex(/^AC[0-9a-zA-Z]+$/, 'does not begin with AC'),
  TWILIO_AUTH_TOKEN: required.regex(/^[!-~]*$/, 'holds a character that no token has'),
}

const environment = z
  .object({
    ...account,
    TWILIO_FROM: senders.optional(),
    TWILIO_MESSAGING_SERVICE_SID: z
      .string()
      .regex(/^MG/, 'does not begin with MG')
      .regex(SERVICE, 'is not MG and 32 hex digits')
      .optional(),
    TWILIO_VOICE_FROM: callers.optional(),
    TWILIO_WHATSAPP_FROM: z
      .string()
      .refine(
        (sender) => NUMBER.test(sender) || SERVICE.test(sender),
        'is neither a number with + and country code nor the SID of a messaging service',
      )
      .optional(),
    TWILIO_WHATSAPP_CONTENT_SID: contents.optional(),
    TWILIO_BASE_URL: baseUrl.prefault('https://api.twilio.com'),
    /** Whether it is there; what it must look like is no matter of one vendor. */
    PUBLIC_URL: z.unknown().optional(),
  })
  .superRefine((value, context) => {
    const need = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    const sms = value.TWILIO_FROM ?? value.TWILIO_MESSAGING_SERVICE_SID
    const sender = value.TWILIO_WHATSAPP_FROM
    const content = value.TWILIO_WHATSAPP_CONTENT_SID
    if (sender === undefined && content !== undefined) {
      need('TWILIO_WHATSAPP_FROM', 'is missing, but TWILIO_WHATSAPP_CONTENT_SID needs it')
    }
    if (sender !== undefined && content === undefined) {
      need('TWILIO_WHATSAPP_CONTENT_SID', 'is missing, but TWILIO_WHATSAPP_FROM needs it')
    }
    if (value.TWILIO_VOICE_FROM !== undefined && !value.PUBLIC_URL) {
      need(
        'PUBLIC_URL',
        'is missing or of this machine, but TWILIO_VOICE_FROM needs it: calls ask there for the code',
      )
    }
    if ((sms ?? value.TWILIO_VOICE_FROM ?? sender ?? content) === undefined) {
      need('TWILIO_FROM', 'is missing, and so is TWILIO_MESSAGING_SERVICE_SID: set one of them')
    }
  })

type Environment = z.infer<typeof environment>

export const variables = environment.transform((value): TwilioOptions => ({
  accountSid: value.TWILIO_ACCOUNT_SID,
  authToken: value.TWILIO_AUTH_TOKEN,
  baseUrl: value.TWILIO_BASE_URL,
  sms: textSenders(value),
  call: value.TWILIO_VOICE_FROM,
  whatsapp: whatsappOf(value),
}))

/** A messaging service stands for the countries that have no sender of their own. */
function textSenders({
  TWILIO_MESSAGING_SERVICE_SID: sid,
  TWILIO_FROM: from,
}: Environment): Choice | undefined {
  return sid === undefined ? from : { other: sid, byKey: from?.byKey ?? new Map() }
}

function whatsappOf(value: Environment): TwilioWhatsApp | undefined {
  const { TWILIO_WHATSAPP_FROM: sender, TWILIO_WHATSAPP_CONTENT_SID: templates } = value
  if (sender === undefined || templates === undefined) return undefined
  return { sender, contents: templates }
}
