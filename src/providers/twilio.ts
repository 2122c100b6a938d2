import type { VoiceScript } from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'
import { basicAuthorization } from './basic-authorization.ts'
import { callVendor } from './call-vendor.ts'
import { failed, type Provider } from './provider.ts'
import { receiptOf } from './twilio-answers.ts'
import { variables, type TwilioOptions } from './twilio-options.ts'
import { formOf, readReport } from './twilio-reports.ts'
import { requestOf } from './twilio-requests.ts'
import { isSigned } from './twilio-signature.ts'
import { speakCode } from './twilio-voice.ts'
import { senderFor } from './variables.ts'
import type { Vendor } from './vendor.ts'

/** Sends text messages, calls and WhatsApp messages by Twilio (https://www.twilio.com/docs). */
export const twilio: Vendor<TwilioOptions> = { name: 'twilio', variables, create }

function create(options: TwilioOptions, fetcher: typeof fetch): Provider {
  const { accountSid, authToken, baseUrl } = options
  const account = `${baseUrl}/2010-04-01/Accounts/${accountSid}`
  const authorization = basicAuthorization(accountSid, authToken)
  return {
    name: 'twilio',
    channels: channelsOf(options),
    senderOf: (channel, country) => senderOf(options, channel, country),
    async send(message, signal) {
      const request = requestOf(options, message)
      if ('problem' in request) return failed('misconfigured', request.problem)
      const headers = { authorization, accept: 'application/json' }
      const init = { method: 'POST', headers, body: request.form }
      const url = `${account}/${request.resource}.json`
      return callVendor(fetcher, { url, init, signal }, receiptOf)
    },
    readReport: (request) => readReport(authToken, request),
    voice: voiceScript(authToken),
  }
}

const channelsOf = ({ sms, call, whatsapp }: TwilioOptions): readonly Channel[] => [
  ...(sms === undefined ? [] : (['sms'] as const)),
  ...(call === undefined ? [] : (['call'] as const)),
  ...(whatsapp === undefined ? [] : (['whatsapp'] as const)),
]

function senderOf(options: TwilioOptions, channel: Channel, country: string): string | undefined {
  if (channel === 'whatsapp') return options.whatsapp?.sender
  const senders = options[channel]
  return senders && senderFor(senders, country)
}

const voiceScript = (authToken: string): VoiceScript => ({
  isAuthentic: (request) => isSigned(authToken, request),
  hasKey: (request) => Boolean(formOf(request)?.get('Digits')),
  speak: (spoken) => ({ contentType: 'text/xml', body: speakCode(spoken) }),
})
