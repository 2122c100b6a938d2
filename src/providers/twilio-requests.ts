import { closestTag, isOfLanguage, type Language } from '../core/languages.ts'
import { secondsLeft, type ProviderMessage } from './provider.ts'
import { isMessagingService, type TwilioOptions, type TwilioWhatsApp } from './twilio-options.ts'
import { promptForKey } from './twilio-voice.ts'
import type { Choice } from './variables.ts'

export type TwilioRequest =
  | { readonly resource: 'Messages' | 'Calls'; readonly form: URLSearchParams }
  /** Why this message cannot be asked for. */
  | { readonly problem: string }

const LONGEST_VALIDITY_SECONDS = 36_000
const LONGEST_TWIML = 4000
/** Half of Twilio's default, so that fewer voicemails answer. */
const RING_SECONDS = 30

/**
 * Writes what is posted to Twilio's Messages resource
 * (https://www.twilio.com/docs/messaging/api/message-resource) or to its Calls resource
 * (https://www.twilio.com/docs/voice/api/call-resource).
 */
export function requestOf(options: TwilioOptions, message: ProviderMessage): TwilioRequest {
  switch (message.delivery.channel) {
    case 'sms':
      return textMessage(message)
    case 'whatsapp':
      return whatsappMessage(options.whatsapp, message)
    case 'call':
      return call(message)
  }
}

function textMessage(message: ProviderMessage): TwilioRequest {
  const form = new URLSearchParams({
    To: message.to,
    ...from(message.sender),
    Body: message.text,
    // A message that comes too late is dropped.
    ValidityPeriod: String(Math.min(LONGEST_VALIDITY_SECONDS, secondsLeft(message))),
    ...statusCallback(message),
  })
  return { resource: 'Messages', form }
}

function whatsappMessage(
  whatsapp: TwilioWhatsApp | undefined,
  message: ProviderMessage,
): TwilioRequest {
  const content = whatsapp && contentFor(whatsapp.contents, message.language)
  if (content === undefined) return { problem: 'no content template in that language' }
  const form = new URLSearchParams({
    To: `whatsapp:${message.to}`,
    ...from(message.sender, 'whatsapp:'),
    ContentSid: content,
    ContentVariables: JSON.stringify({ 1: message.code }),
    ...statusCallback(message),
  })
  return { resource: 'Messages', form }
}

function call(message: ProviderMessage): TwilioRequest {
  if (message.callUrl === undefined)
    return { problem: 'no URL where the call could ask for the code' }
  const twiml = promptForKey(message, message.callUrl)
  if (twiml.length > LONGEST_TWIML) return { problem: 'a prompt longer than Twilio takes' }
  const form = new URLSearchParams({
    To: message.to,
    From: message.sender,
    Twiml: twiml,
    Timeout: String(Math.min(RING_SECONDS, secondsLeft(message))),
    ...statusCallback(message),
  })
  // That it was initiated, rings or was answered says nothing of the code.
  if (form.has('StatusCallback')) form.append('StatusCallbackEvent', 'completed')
  return { resource: 'Calls', form }
}

const from = (sender: string, prefix = ''): Record<string, string> =>
  isMessagingService(sender) ? { MessagingServiceSid: sender } : { From: `${prefix}${sender}` }

const statusCallback = ({ reportUrl }: ProviderMessage): Record<string, string> =>
  reportUrl === undefined ? {} : { StatusCallback: reportUrl }

function contentFor({ other, byKey }: Choice, language: Language): string | undefined {
  const tag = closestTag([...byKey.keys()], language)
  const closest = tag === undefined ? undefined : byKey.get(tag)
  return tag !== undefined && isOfLanguage(tag, language) ? closest : (other ?? closest)
}
