import XmlBuilder from 'fast-xml-builder'
import type { OutboundMessage, Spoken } from '../core/messenger.ts'
import { xmlText } from '../core/text.ts'
import { spokenCode, spokenPrompt, voiceOf } from '../core/voice.ts'

/** How long a call waits for a key after it has spoken. */
const WAIT_SECONDS = 8

/** One of TwiML's verbs (https://www.twilio.com/docs/voice/twiml), as the builder takes it. */
type Verb = Readonly<Record<string, unknown>>

const builder = new XmlBuilder({
  preserveOrder: true,
  ignoreAttributes: false,
  suppressEmptyNode: true,
})

const DECLARATION: Verb = {
  '?xml': [],
  ':@': { '@_version': '1.0', '@_encoding': 'UTF-8' },
}
const PAUSE: Verb = { Pause: [], ':@': { '@_length': '1' } }
const HANG_UP: Verb = { Hangup: [] }

const response = (...verbs: readonly Verb[]): string =>
  builder.build([DECLARATION, { Response: verbs }])

const say = (language: string, text: string): Verb => ({
  Say: [{ '#text': xmlText(text) }],
  ':@': { '@_language': language },
})

/**
 * Asks for a key, and only who pressed one is brought to the code: a voicemail hears none. Without
 * `finishOnKey=""` the key # would count for no key at all
 * (https://www.twilio.com/docs/voice/twiml/gather#finishonkey).
 */
export function promptForKey(
  { language, country, brand }: Pick<OutboundMessage, 'language' | 'country' | 'brand'>,
  callUrl: string,
): string {
  const voice = voiceOf(language, country)
  const attributes = {
    '@_numDigits': '1',
    '@_finishOnKey': '',
    '@_timeout': String(WAIT_SECONDS),
    '@_action': callUrl,
    '@_method': 'POST',
  }
  const prompt = say(voice.language, spokenPrompt(voice, brand))
  return response({ Gather: [prompt], ':@': attributes }, HANG_UP)
}

/** Says a code twice; hangs up without one. */
export function speakCode(spoken: Spoken | undefined): string {
  if (spoken === undefined) return response(HANG_UP)
  const voice = voiceOf(spoken.language, spoken.country)
  const sentence = say(voice.language, spokenCode(voice, spoken.code, spoken.text))
  return response(sentence, PAUSE, sentence, HANG_UP)
}
