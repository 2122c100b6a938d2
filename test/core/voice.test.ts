import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/core/languages.ts'
import { brand } from '../../src/core/project.ts'
import { hasVoice, spokenCode, spokenPrompt, voiceOf } from '../../src/core/voice.ts'

const spoken = LANGUAGES.filter(hasVoice)
const languages = fc.constantFrom(...LANGUAGES)

describe('hasVoice', () => {
  it('is true of all languages but those that Twilio does not speak', () => {
    expect(LANGUAGES.filter((language) => !hasVoice(language))).toEqual(['hr', 'et', 'lt'])
  })
})

describe('voiceOf', () => {
  it.each(spoken)('has one that speaks %s', (language) => {
    // Names by which engines know Arabic, Mandarin and Cantonese.
    const others: Readonly<Record<string, string>> = { arb: 'ar', 'cmn-CN': 'zh', 'yue-HK': 'zh' }
    const { language: tag } = voiceOf(language, 'US')
    expect(new Intl.Locale(others[tag] ?? tag).language).toBe(new Intl.Locale(language).language)
  })

  it.each([
    ['en', 'en-GB'],
    ['zh', 'cmn-CN'],
    ['zh-CN', 'cmn-CN'],
    ['zh-HK', 'yue-HK'],
    ['pt', 'pt-PT'],
    ['pt-BR', 'pt-BR'],
    ['ar', 'arb'],
    ['tl', 'fil-PH'],
  ] as const)('speaks %s as %s', (language, tag) => {
    expect(voiceOf(language, 'US').language).toBe(tag)
  })

  it('speaks Mandarin in Taiwan, where people read what they read in Hong Kong', () => {
    expect(voiceOf('zh-HK', 'TW').language).toBe('zh-TW')
    expect(voiceOf('zh-HK', 'HK').language).toBe('yue-HK')
  })

  it.each(['hr', 'et', 'lt'] as const)('speaks English for %s', (language) => {
    expect(voiceOf(language, 'US')).toEqual(voiceOf('en', 'US'))
  })

  it.each(spoken)(
    'names the brand once in the prompt and the code once after it: %s',
    (language) => {
      const { prompt, code } = voiceOf(language, 'US')
      expect(prompt.match(/\{\{\w+\}\}/g)).toEqual(['{{brand}}'])
      expect(code.match(/\{\{\w+\}\}/g)).toEqual(['{{code}}'])
    },
  )
})

describe('spokenPrompt', () => {
  it('asks to press a key', () => {
    expect(spokenPrompt(voiceOf('en', 'US'), 'Acme')).toBe('Acme. Press any key to hear your code.')
  })

  it('says no digit but those of the brand', () => {
    const brands = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => brand.safeParse(text).success)
    fc.assert(
      fc.property(languages, fc.oneof(brands, fc.constant("$& 3M $' 7")), (language, name) => {
        const prompt = spokenPrompt(voiceOf(language, 'US'), name)
        expect(prompt).toContain(name)
        expect(prompt.replace(name, '')).not.toMatch(/[\p{N}{}]/u)
      }),
    )
  })
})

describe('spokenCode', () => {
  it('says the digits one by one, those at the beginning too', () => {
    expect(spokenCode(voiceOf('en', 'US'), '004712')).toBe('Your code is: 0, 0, 4, 7, 1, 2.')
  })

  it("says a text of the caller's own instead, with nothing read into the code", () => {
    const text = 'Su código para Owl Bank es {{code}}'
    expect(spokenCode(voiceOf('es', 'ES'), '0047', text)).toBe(
      'Su código para Owl Bank es 0, 0, 4, 7',
    )
  })

  it('says all digits in order and no others, in any language', () => {
    fc.assert(
      fc.property(languages, fc.stringMatching(/^[0-9]{4,10}$/), (language, code) => {
        const sentence = spokenCode(voiceOf(language, 'US'), code)
        expect(sentence.match(/\p{N}+/gu)).toEqual(code.split(''))
      }),
    )
  })
})
