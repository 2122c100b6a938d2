import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../../src/core/languages.ts'
import { fill, waitIn } from '../../../src/widget/browser/words.ts'
import english from '../../../src/widget/texts/en.json'
import packed from '../../../src/widget/generated/texts.json.txt'

const tables = JSON.parse(packed) as Record<string, Record<string, string>>

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted()

/** A sentence of the widget stands in one or two lines of 24rem. */
const LONGEST = 110

describe.each(LANGUAGES)('the texts in %s', (language) => {
  const table = tables[language] ?? {}

  it('say all that the English ones say', () => {
    expect(Object.keys(table)).toEqual(Object.keys(english))
    for (const [name, text] of Object.entries(english)) {
      expect(placeholders(table[name] ?? '')).toEqual(placeholders(text))
    }
  })

  it('are short, clean, and no English left over', () => {
    for (const text of Object.values(table)) {
      expect(text.length).toBeLessThanOrEqual(LONGEST)
      expect(text).toBe(text.trim().normalize('NFC'))
      expect(text).not.toMatch(/ {2}|[<>&"'|]|[0-9]/)
    }
    const same = Object.entries(english).filter(([name, text]) => table[name] === text)
    // Names of things may be the same in two languages; sentences are not.
    expect(language === 'en' ? 0 : same.filter(([, text]) => text.endsWith('.')).length).toBe(0)
  })

  it('tell a time to wait in their own words', () => {
    // Some languages have words for one and for two seconds.
    for (const seconds of [5, 21, 59, 600, 86_400]) {
      const said = fill(table['wait'] ?? '', { time: waitIn(language, seconds) })
      expect(said).toMatch(/\p{Nd}/u)
      expect(said).not.toContain('{')
    }
  })
})

it('has no language twice but for zh, which is zh-CN', () => {
  const written = Object.entries(tables).map(
    ([tag, table]) => [JSON.stringify(table), tag] as const,
  )
  expect(new Map(written).size).toBe(LANGUAGES.length - 1)
  expect(tables['zh']).toEqual(tables['zh-CN'])
})
