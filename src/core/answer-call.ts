import { chooseLanguage } from './languages.ts'
import type { Ports } from './ports.ts'
import { unknownToken, type VendorCall } from './receive-reports.ts'
import { Refusal } from './refusal.ts'
import { hasVoice } from './voice.ts'

/** What a call is to say next, in its provider's own language. */
export interface CallAnswer {
  readonly contentType: string
  readonly body: string
}

/**
 * Says the code to whoever pressed a key in a call: once, and while the verification is pending;
 * after that the call ends without a word.
 */
export async function answerCall(ports: Ports, call: VendorCall): Promise<CallAnswer> {
  const voice = ports.vendors.voice(call.provider)
  if (voice === undefined) {
    throw new Refusal('route_not_found', { detail: 'No provider of this name calls phones.' })
  }
  const deliveryId = await ports.vendors.deliveryOf('call', call.token ?? '')
  if (deliveryId === undefined) throw unknownToken()
  const request = await call.request()
  if (!(await voice.isAuthentic(request))) throw new Refusal('forged_callback')
  if (!voice.hasKey(request)) return voice.speak(undefined)
  const spoken = await ports.lines.speak(deliveryId, call.provider, crypto.randomUUID())
  if (spoken === undefined) return voice.speak(undefined)
  const { code, locale, country, text } = spoken
  const language = chooseLanguage(locale, country)
  // A text whose language nobody named, or no voice speaks, would not be understood.
  const isSpeakable = locale !== null && hasVoice(language)
  return voice.speak({ code, country, language, text: isSpeakable ? text : undefined })
}
