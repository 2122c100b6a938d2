import { languageOf, type Language } from '../../core/languages.ts'
import english from '../texts/en.json'

export type Texts = typeof english
export type TextName = keyof Texts

/** The sentences of one language. */
export interface Words {
  readonly language: Language
  readonly texts: Texts
}

export const ENGLISH: Words = { language: 'en', texts: english }

/** A page that waits longer for its language gets English. */
const PATIENCE_MILLISECONDS = 4000

const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar', 'he'])

/** Chooses the first language that there are texts for; undefined when there is none. */
export function firstLanguage(tags: readonly (string | null | undefined)[]): Language | undefined {
  for (const tag of tags) {
    const language = tag ? languageOf(tag) : undefined
    if (language !== undefined) return language
  }
  return undefined
}

export const directionOf = (language: Language): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'

const loading = new Map<string, Promise<Words>>()

/** Loads the sentences of a language from a deployment, once; English when that fails. */
export function loadWords(language: Language, api: string): Promise<Words> {
  if (language === 'en') return Promise.resolve(ENGLISH)
  const url = `${api}/widget/texts/${language}.json`
  const words = loading.get(url) ?? fetchWords(language, url)
  loading.set(url, words)
  return words
}

async function fetchWords(language: Language, url: string): Promise<Words> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS)
    const response = await fetch(url, { credentials: 'omit', signal })
    if (!response.ok) return ENGLISH
    // A cached table may be older than this script: what it lacks is said in English.
    const texts = { ...english, ...((await response.json()) as Partial<Texts>) }
    return { language, texts }
  } catch {
    loading.delete(url)
    return ENGLISH
  }
}

/** Writes values in the place of their names. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)

/** Writes a count in the digits of a language. */
export const countIn = (language: Language, count: number): string =>
  new Intl.NumberFormat(language).format(count)

/** Writes a time to wait in its largest unit, rounded up: Intl knows the plurals. */
export function waitIn(language: Language, seconds: number): string {
  const [unit, size] =
    seconds < 100
      ? (['second', 1] as const)
      : seconds < 5400
        ? (['minute', 60] as const)
        : (['hour', 3600] as const)
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.ceil(seconds / size))
}
