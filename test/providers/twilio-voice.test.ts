import * as fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/core/languages.ts'
import { brand as brandSchema } from '../../src/core/project.ts'
import { spokenCode, spokenPrompt, voiceOf } from '../../src/core/voice.ts'
import type { ProviderMessage } from '../../src/providers/provider.ts'
import { providerMessage } from './messages.ts'
import { createdCall, send, twilioWith } from './send-by-twilio.ts'

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
})

/** A document as a list of its verbs, without the declaration before them. */
function verbsOf(xml: string) {
  expect(XMLValidator.validate(xml)).toBe(true)
  const [declaration, root, ...more] = parser.parse(xml) as Record<string, any>[]
  expect(declaration).toHaveProperty('?xml')
  expect(more).toEqual([])
  return root?.['Response'] as Record<string, any>[]
}

const twimlOf = async (changes: Partial<ProviderMessage>) => {
  const { form } = await send(createdCall, { channel: 'call', changes })
  return form.get('Twiml') ?? ''
}

const say = (language: string, text: string) => ({
  Say: [{ '#text': text }],
  ':@': { '@_language': language },
})
const HANG_UP = { Hangup: [] }

const URLS = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['https'] })
const LANGUAGE = fc.constantFrom(...LANGUAGES)
const BRANDS = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(...Array.from(`&<>"'];#$\\-=!?[/ ab`)),
      minLength: 1,
      maxLength: 20,
    }),
    fc.constantFrom('&amp;', '&#65;', '<!-- -->', ']]>', '$&', '</Say><Hangup/>', '<![CDATA['),
  )
  .map((text) => brandSchema.safeParse(text))
  .filter((result) => result.success)
  .map((result) => result.data ?? '')

describe("twilio: a call's TwiML", () => {
  it('asks for a key, and hangs up when none comes', async () => {
    const voice = voiceOf('en', 'US')
    expect(verbsOf(await twimlOf({}))).toEqual([
      {
        Gather: [say(voice.language, spokenPrompt(voice, 'Acme'))],
        ':@': {
          '@_numDigits': '1',
          '@_finishOnKey': '',
          '@_timeout': '8',
          '@_action': providerMessage('call').callUrl,
          '@_method': 'POST',
        },
      },
      HANG_UP,
    ])
  })

  it('gives any brand, language and URL back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(BRANDS, LANGUAGE, URLS, async (brand, language, callUrl) => {
        const [gather, hangUp, ...more] = verbsOf(await twimlOf({ brand, language, callUrl }))
        const voice = voiceOf(language, 'US')
        expect(gather?.['Gather']).toEqual([say(voice.language, spokenPrompt(voice, brand))])
        expect(gather?.[':@']).toMatchObject({ '@_action': callUrl })
        expect([hangUp, ...more]).toEqual([HANG_UP])
      }),
      { numRuns: 300 },
    )
  })

  it('is well-formed whatever the brand, without what XML cannot hold', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(texts, async (brand) => {
        const twiml = await twimlOf({ brand })
        expect(twiml).not.toMatch(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u)
        expect(verbsOf(twiml)).toHaveLength(2)
      }),
      { numRuns: 300 },
    )
    const broken = await twimlOf({ brand: 'A\u0000\uFFFE\uD800cme' })
    expect(broken).toBe(await twimlOf({ brand: 'Acme' }))
  })

  it('is the same whatever the code, which it does not hold in any form', async () => {
    const codes = fc.stringMatching(/^[0-9]{4,10}$/)
    const expiresAt = Date.now() + 3_600_000
    const bodyWith = async (code: string) => {
      const changes = { code, text: `${code} is your Acme code.`, expiresAt }
      return (await send(createdCall, { channel: 'call', changes })).form.toString()
    }
    const without = await bodyWith('')
    await fc.assert(
      fc.asyncProperty(codes, async (code) => {
        const body = await bodyWith(code)
        expect(body).toBe(without)
        const decoded = decodeURIComponent(body.replaceAll('+', ' '))
        for (const gap of [' ', ', ', ',', '. ', '-']) {
          expect(decoded).not.toContain(Array.from(code).join(gap))
        }
        const unlike = ['+12025550123', '+12025550100'].every((number) => !number.includes(code))
        if (unlike) expect(decoded).not.toContain(code)
      }),
      { numRuns: 200 },
    )
  })
})

describe('twilio: what is said to who pressed a key', () => {
  const { voice } = twilioWith()

  it('is the code, digit by digit and twice, before it hangs up', () => {
    const spoken = voice?.speak({ code: '918273', language: 'en', country: 'US' })
    const { language } = voiceOf('en', 'US')
    const sentence = say(language, spokenCode(voiceOf('en', 'US'), '918273'))
    expect(spoken?.contentType).toBe('text/xml')
    expect(verbsOf(spoken?.body ?? '')).toEqual([
      sentence,
      { Pause: [], ':@': { '@_length': '1' } },
      sentence,
      HANG_UP,
    ])
    expect(spoken?.body).toMatch(/9\D+1\D+8\D+2\D+7\D+3/)
  })

  it('is nothing without a code', () => {
    expect(verbsOf(voice?.speak(undefined).body ?? '')).toEqual([HANG_UP])
  })

  it('gives any code back as it was, in every language', () => {
    const codes = fc.stringMatching(/^[0-9]{4,10}$/)
    fc.assert(
      fc.property(codes, LANGUAGE, (code, language) => {
        const [first, , second] = verbsOf(
          voice?.speak({ code, language, country: 'US' }).body ?? '',
        )
        const own = voiceOf(language, 'US')
        expect(first).toEqual(say(own.language, spokenCode(own, code)))
        expect(second).toEqual(first)
      }),
    )
  })
})
