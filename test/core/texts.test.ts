import { SegmentedMessage } from 'sms-segments-calculator'
import { describe, expect, it } from 'vitest'
import page from '../../docs/languages.md?raw'
import { LANGUAGES } from '../../src/core/languages.ts'
import { renderText, type MessageFacts } from '../../src/core/message.ts'
import { isLink, projectSettings } from '../../src/core/project.ts'
import { TEXTS } from '../../src/core/texts.ts'
import { hasVoice, voiceOf } from '../../src/core/voice.ts'

const BRAND = 'ABCDEFGHIJKLMNOPQRST'

const plain = { brand: BRAND, code: '012345', neverShare: false }
const full = {
  ...plain,
  neverShare: true,
  appHash: 'FA+9qCX9VSu',
  domain: `${'a'.repeat(16)}.com`,
}

const partsOf = (facts: Omit<MessageFacts, 'minutes'>): number =>
  new SegmentedMessage(renderText({ ...facts, minutes: 10 })).segmentsCount

describe.each(LANGUAGES)('the text in %s', (language) => {
  const { message, neverShare } = TEXTS[language]

  it('says code, brand and minutes once each', () => {
    const names = message.match(/\{\{\w+\}\}/g)
    expect(names?.toSorted()).toEqual(['{{brand}}', '{{code}}', '{{minutes}}'])
  })

  it('keeps the rules for templates', () => {
    expect(projectSettings.safeParse({ templates: { login: message } }).error).toBeUndefined()
  })

  it('warns in one line, without digits, braces or links', () => {
    expect(neverShare).toMatch(/^[^\p{N}{}\p{C}]+$/u)
    expect(isLink(neverShare)).toBe(false)
  })

  it('is composed, so that it takes no more characters than it needs', () => {
    expect(message + neverShare).toBe((message + neverShare).normalize('NFC'))
  })

  it('takes one part with a long brand', () => {
    expect(partsOf({ ...plain, language })).toBe(1)
  })

  it('takes one part with the longest brand in Cyrillic and the longest code', () => {
    const facts = { ...plain, language, brand: 'Ж'.repeat(20), code: '0123456789' }
    expect(partsOf(facts)).toBe(1)
  })

  it('takes two parts at most with all that can follow it', () => {
    expect(partsOf({ ...full, language })).toBeLessThanOrEqual(2)
  })
})

describe.each(['ar', 'he'] as const)('the right-to-left text in %s', (language) => {
  const RIGHT_TO_LEFT = /[\p{sc=Arab}\p{sc=Hebr}]/u
  const { message } = TEXTS[language]

  it('has its own words between any two values', () => {
    for (const words of message.split(/\{\{\w+\}\}/).slice(1, -1)) {
      expect(words).toMatch(RIGHT_TO_LEFT)
    }
  })

  it('has one of its own letters before any letter of a brand', () => {
    expect(message.split('{{brand}}')[0]).toMatch(RIGHT_TO_LEFT)
  })

  it('needs no invisible marks', () => {
    expect(message).not.toMatch(/\p{Cf}/u)
  })
})

describe('docs/languages.md', () => {
  it('has the texts, their parts and the voices of all languages', () => {
    const [, table = ''] = page.split('## The table')
    const rows = table
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, tag]) => tag?.startsWith('`'))
      .map(([, tag, , ...cells]) => [tag, ...cells.slice(0, 4)])
    expect(rows).toEqual(
      LANGUAGES.map((language) => [
        `\`${language}\``,
        TEXTS[language].message,
        TEXTS[language].neverShare,
        `${partsOf({ ...plain, language })} / ${partsOf({ ...full, language })}`,
        hasVoice(language) ? `\`${voiceOf(language, 'US').language}\`` : 'no',
      ]),
    )
  })
})
