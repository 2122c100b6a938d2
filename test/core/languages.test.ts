import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  LANGUAGES,
  chooseLanguage,
  closestTag,
  languageOf,
  type Language,
} from '../../src/core/languages.ts'

describe('LANGUAGES', () => {
  it("holds the 35 of Authy's API and six more, each once", () => {
    expect(new Set(LANGUAGES).size).toBe(41)
  })
})

describe('languageOf', () => {
  it.each(LANGUAGES)('knows %s in any case, with a dash or an underscore', (tag) => {
    const spellings = [tag, tag.toLowerCase(), tag.toUpperCase(), tag.replace('-', '_')]
    expect(new Set(spellings.map(languageOf))).toEqual(new Set([tag]))
  })

  it.each(LANGUAGES)('knows %s as Intl.Locale writes it', (tag) => {
    expect(languageOf(new Intl.Locale(tag).toString())).toBe(tag)
  })

  it.each([
    ['en-US', 'en'],
    ['en_GB', 'en'],
    ['es-MX', 'es'],
    ['es-419', 'es'],
    ['pt-PT', 'pt'],
    ['pt-Latn-BR', 'pt-BR'],
    ['de-CH-1996', 'de'],
    ['en-u-ca-buddhist', 'en'],
    ['fr-x-private', 'fr'],
    ['no', 'nb'],
    ['no-NO', 'nb'],
    ['nn', 'nb'],
    ['nn-NO', 'nb'],
    ['fil', 'tl'],
    ['fil-PH', 'tl'],
    ['tl-PH', 'tl'],
    ['iw', 'he'],
    ['in', 'id'],
    ['mo', 'ro'],
    ['zh-TW', 'zh-HK'],
    ['zh-Hant', 'zh-HK'],
    ['zh-Hant-TW', 'zh-HK'],
    ['zh-hant-cn', 'zh-HK'],
    ['zh-MO', 'zh-HK'],
    ['zh-Hans', 'zh-CN'],
    ['zh-Hans-HK', 'zh-CN'],
    ['zh-SG', 'zh'],
    ['cmn-Hant', 'zh-HK'],
    ['yue', 'zh-HK'],
    ['yue-CN', 'zh-CN'],
  ])('looks up %s as %s', (locale, language) => {
    expect(languageOf(locale)).toBe(language)
  })

  it.each(['sw', 'fa-IR', 'sr-Latn', 'be', 'gsw', 'und', 'art-x-klingon'])(
    'does not know %s',
    (locale) => {
      expect(languageOf(locale)).toBeUndefined()
    },
  )

  it.each([
    '',
    'e',
    '-',
    'en-',
    '_en',
    'en--US',
    'en us',
    'en-US.UTF-8',
    '*',
    'еn',
    'en\0',
    '中文',
  ])('says nothing of the malformed %j', (locale) => {
    expect(languageOf(locale)).toBeUndefined()
  })

  it('never throws, and answers one of the languages or nothing', () => {
    const answers = [...LANGUAGES, undefined]
    const parts = fc.constantFrom('en', 'ZH', 'hant', 'TW', 'x', 'u', '1996', '-', '_', '', '\0')
    const tags = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts).map((list) => list.join('-')),
    )
    fc.assert(
      fc.property(tags, (tag) => {
        expect(answers).toContain(languageOf(tag))
      }),
    )
  })
})

describe('chooseLanguage', () => {
  it.each([
    ['EE', 'et'],
    ['LV', 'lv'],
    ['LT', 'lt'],
    ['UA', 'uk'],
    ['BG', 'bg'],
    ['SK', 'sk'],
    ['US', 'en'],
    ['GB', 'en'],
    ['DE', 'de'],
    ['AT', 'de'],
    ['BR', 'pt-BR'],
    ['PT', 'pt'],
    ['MX', 'es'],
    ['CN', 'zh-CN'],
    ['TW', 'zh-HK'],
    ['HK', 'zh-HK'],
    ['MO', 'zh-HK'],
    ['SG', 'en'],
    ['PH', 'tl'],
    ['NO', 'nb'],
    ['IL', 'he'],
    ['ID', 'id'],
    ['IN', 'hi'],
    ['SA', 'ar'],
    ['JP', 'ja'],
    ['MD', 'ro'],
    ['RS', 'en'],
    ['IR', 'en'],
    ['KE', 'en'],
    ['ZZ', 'en'],
    ['XX', 'en'],
    ['001', 'en'],
    ['', 'en'],
    ['nowhere', 'en'],
  ])('takes the language of country %j: %s', (country, language) => {
    expect(chooseLanguage(null, country)).toBe(language)
  })

  it.each([
    ['fr-CA', 'EE', 'fr'],
    ['zh-TW', 'US', 'zh-HK'],
    ['sw', 'EE', 'et'],
    ['!', 'EE', 'et'],
    ['sw', 'KE', 'en'],
  ])('takes locale %j before country %s: %s', (locale, country, language) => {
    expect(chooseLanguage(locale, country)).toBe(language)
  })
})

describe('closestTag', () => {
  it.each<[Language, readonly string[], string]>([
    ['pt-BR', ['pt_PT', 'pt_BR'], 'pt_BR'],
    ['pt', ['pt_BR', 'pt_PT'], 'pt_PT'],
    ['pt', ['en', 'pt_BR'], 'pt_BR'],
    ['pt-BR', ['en', 'pt'], 'pt'],
    ['en', ['et', 'en_US', 'en'], 'en'],
    ['en', ['et', 'en_US', 'en_GB'], 'en_US'],
    ['es', ['en', 'es_AR'], 'es_AR'],
    ['nb', ['da', 'no'], 'no'],
    ['tl', ['en', 'fil'], 'fil'],
    ['he', ['en', 'iw'], 'iw'],
    ['zh', ['zh_HK', 'zh_CN'], 'zh_CN'],
    ['zh-HK', ['zh_CN', 'zh_TW'], 'zh_TW'],
    ['zh-HK', ['en', 'zh_CN'], 'zh_CN'],
    ['zh-CN', ['zh_HK', 'zh'], 'zh'],
    ['et', ['fr', 'en_GB', 'en'], 'en_GB'],
    ['et', ['fr', 'de'], 'fr'],
    ['et', ['not a tag', 'fr'], 'not a tag'],
    ['et', ['not a tag', 'et_EE'], 'et_EE'],
  ])('chooses for %s from %j: %s', (language, tags, expected) => {
    expect(closestTag(tags, language)).toBe(expected)
  })

  it('has nothing to choose from an empty list', () => {
    expect(closestTag([], 'en')).toBeUndefined()
  })
})
