/** Languages in which messages are written: the tags of Authy's API, and six more. */
// oxfmt-ignore
export const LANGUAGES = [
  'af', 'ar', 'ca', 'zh', 'zh-CN', 'zh-HK', 'hr', 'cs', 'da', 'nl', 'en', 'fi', 'fr', 'de', 'el',
  'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'ms', 'nb', 'pl', 'pt-BR', 'pt', 'ro', 'ru', 'es', 'sv',
  'tl', 'th', 'tr', 'vi', 'et', 'lv', 'lt', 'uk', 'bg', 'sk',
] as const

export type Language = (typeof LANGUAGES)[number]

/** By language, language and script, or language and region, as Intl.Locale writes them. */
const BY_TAG: ReadonlyMap<string, Language> = new Map<string, Language>([
  ...LANGUAGES.map((tag) => [tag, tag] as const),
  ['zh-Hans', 'zh-CN'],
  ['zh-Hant', 'zh-HK'],
  ['zh-TW', 'zh-HK'],
  ['zh-MO', 'zh-HK'],
  ['yue', 'zh-HK'],
  ['yue-Hans', 'zh-CN'],
  ['yue-CN', 'zh-CN'],
  ['no', 'nb'],
  ['nn', 'nb'],
  ['fil', 'tl'],
])

/** Reads a tag of any case, with dashes or underscores; undefined when it is malformed. */
function parse(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'))
  } catch {
    return undefined
  }
}

/** Looks up as RFC 4647 (3.4) does, and a region also where a script stands before it. */
const lookUp = ({ language, script, region }: Intl.Locale): Language | undefined =>
  BY_TAG.get(`${language}-${script}`) ?? BY_TAG.get(`${language}-${region}`) ?? BY_TAG.get(language)

/** Finds the language of a BCP 47 tag; undefined when it is malformed or not among ours. */
export function languageOf(locale: string): Language | undefined {
  const parsed = parse(locale)
  return parsed && lookUp(parsed)
}

/** Finds what most people of a country read, by CLDR's likely subtags. */
function languageOfCountry(country: string): Language | undefined {
  const parsed = parse(`und-${country}`)
  return parsed && lookUp(parsed.maximize())
}

/** Chooses the language of a locale, else of a country (`ZZ` for none), else English. */
export const chooseLanguage = (locale: string | null, country: string): Language =>
  (locale === null ? undefined : languageOf(locale)) ?? languageOfCountry(country) ?? 'en'

/** Whether a tag, as a vendor writes it, is of the same language, whatever the region. */
export const isOfLanguage = (tag: string, language: Language): boolean =>
  parse(tag)?.language === new Intl.Locale(language).language

/** Chooses which of some tags, as vendors write them (`en_US`), suits a language best. */
export function closestTag(tags: readonly string[], language: Language): string | undefined {
  const wanted = new Intl.Locale(language)
  const { script } = wanted.maximize()
  const distance = (tag: string): number => {
    const locale = parse(tag)
    if (locale === undefined) return 5
    if (locale.baseName === wanted.baseName) return 0
    const found = lookUp(locale)
    if (found === language) return 1
    if (locale.language === wanted.language) return locale.maximize().script === script ? 2 : 3
    return found === 'en' ? 4 : 5
  }
  return tags
    .map((tag) => ({ tag, distance: distance(tag) }))
    .toSorted((one, other) => one.distance - other.distance)[0]?.tag
}
