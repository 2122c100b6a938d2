import { messente } from '../../src/providers/messente.ts'
import { type Answer, message, sendBy } from './json-vendor.ts'

export const USERNAME = 'user-of-the-api'
export const PASSWORD = 'api_password'
export const MESSAGE_ID = '3e28ec48-d620-4191-a96e-d91ba8ecc949'
export const OMNIMESSAGE_ID = 'd7248cda-6c1a-4436-acf5-aaf249bb67d3'

export const VARIABLES = {
  MESSENTE_USERNAME: USERNAME,
  MESSENTE_PASSWORD: PASSWORD,
  MESSENTE_FROM: 'Acme,US=+12025550100',
  MESSENTE_WHATSAPP_FROM: '+37255500000',
  MESSENTE_WHATSAPP_TEMPLATE: 'otp',
  MESSENTE_WHATSAPP_LANGUAGES: 'en_US,et',
}

export const OPTIONS = messente.variables.parse(VARIABLES)

/** Sends a message to a Messente that gives one answer. */
export const send = (
  answer: Answer,
  outbound = message(),
  signal?: AbortSignal,
  options = OPTIONS,
) => sendBy((fetcher) => messente.create(options, fetcher), answer, outbound, signal)

export const accepted = () =>
  Response.json(
    {
      omnimessage_id: OMNIMESSAGE_ID,
      to: '+37255512345',
      messages: [{ message_id: MESSAGE_ID, channel: 'sms', sender: 'Acme' }],
    },
    { status: 201 },
  )
