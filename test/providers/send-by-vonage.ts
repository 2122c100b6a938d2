import { vonage } from '../../src/providers/vonage.ts'
import { type Answer, message, sendBy } from './json-vendor.ts'

export const KEY = 'a1b2c3d4'
export const SECRET = 'secret-of-the-api-77aa'
export const SIGNATURE_SECRET = 'Kz7signature-of-reports'
export const MESSAGE_ID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'

export const VARIABLES = {
  VONAGE_API_KEY: KEY,
  VONAGE_API_SECRET: SECRET,
  VONAGE_SIGNATURE_SECRET: SIGNATURE_SECRET,
  VONAGE_FROM: 'Acme,US=+12025550100',
  VONAGE_WHATSAPP_FROM: '+37255500000',
  VONAGE_WHATSAPP_TEMPLATE: 'otp',
  VONAGE_WHATSAPP_LANGUAGES: 'en_US,et',
}

export const OPTIONS = vonage.variables.parse(VARIABLES)

/** Sends a message to a Vonage that gives one answer. */
export const send = (
  answer: Answer,
  outbound = message(),
  signal?: AbortSignal,
  options = OPTIONS,
) => sendBy((fetcher) => vonage.create(options, fetcher), answer, outbound, signal)

export const accepted = () => Response.json({ message_uuid: MESSAGE_ID }, { status: 202 })
