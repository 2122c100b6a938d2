import { describe, expect, it } from 'vitest'
import {
  authenticationTemplate,
  templateLanguage,
  templateLanguages,
  templateName,
} from '../../src/providers/whatsapp-template.ts'

describe('authenticationTemplate', () => {
  it('holds the code in the text and for the button', () => {
    expect(authenticationTemplate('otp', 'en_US', '123456')).toEqual({
      name: 'otp',
      language: { code: 'en_US' },
      components: [
        { type: 'body', parameters: [{ type: 'text', text: '123456' }] },
        {
          type: 'button',
          sub_type: 'url',
          index: '0',
          parameters: [{ type: 'text', text: '123456' }],
        },
      ],
    })
  })
})

describe('templateLanguages', () => {
  it.each([
    [undefined, ['en_US']],
    ['et', ['et']],
    ['en_US,et, pt_BR ,fil', ['en_US', 'et', 'pt_BR', 'fil']],
  ])('reads %j', (text, languages) => {
    expect(templateLanguages.parse(text)).toEqual(languages)
  })

  it.each(['', 'en-US', 'en_us', 'EN', 'english', 'en_US,', ',', 'en_US et'])(
    'refuses %j',
    (text) => {
      expect(templateLanguages.safeParse(text).error?.issues[0]?.message).toBe(
        'holds what is no language code of Meta',
      )
    },
  )
})

describe('templateLanguage', () => {
  it('is the only one that there is', () => {
    expect(templateLanguage({ name: 'otp', languages: ['et'] }, 'ja')).toBe('et')
  })

  it('is American English where nothing is known', () => {
    expect(templateLanguage({ name: 'otp', languages: [] }, 'ja')).toBe('en_US')
  })
})

describe('templateName', () => {
  it.each([
    ['otp_code_2', true],
    ['', false],
    ['OTP', false],
    ['otp-code', false],
    ['o'.repeat(513), false],
  ])('says whether Meta would take %j', (name, taken) => {
    expect(templateName.safeParse(name).success).toBe(taken)
  })
})
