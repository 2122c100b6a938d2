import { describe, expect, it } from 'vitest'
import { projectSettings } from '../../src/core/project.ts'

/** Names of the settings that are refused; none when all are good. */
function refused(settings: unknown): readonly string[] {
  const issues = projectSettings.safeParse(settings).error?.issues ?? []
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')],
  )
}

describe('projectSettings', () => {
  it('has the defaults of the table of limits', () => {
    expect(projectSettings.parse({})).toEqual({
      countries: [],
      codeLength: 6,
      codeLifeSeconds: 600,
      checksPerVerification: 5,
      sendsPerNumber: [
        { limit: 5, seconds: 600 },
        { limit: 10, seconds: 86_400 },
      ],
      secondsBetweenSends: { secret: 0, publishable: 30 },
      resend: 'same',
      sendsPerDay: 10_000,
      sendsPerCountryPerDay: 2000,
      lookUpsPerDay: 10_000,
      meterShards: 1,
      startsPerIp: [
        { limit: 10, seconds: 600 },
        { limit: 30, seconds: 86_400 },
      ],
      smsToFixedLines: false,
      customCodes: false,
      customMessages: false,
      templates: {},
      testNumbers: [],
      autoChannels: ['whatsapp', 'sms'],
      routes: [],
      neverShareSentence: false,
      authyCodeLength: 6,
      authyKeyInQuery: true,
      proofLifeSeconds: 300,
      authyLimitStatus: 429,
    })
  })

  const until = '2030-01-01T00:00:00Z'
  it.each([
    ['brand', 'Acme'],
    ['brand', 'Ж'.repeat(20)],
    ['brand', 'A&B 123, Inc'],
    ['countries', '*'],
    ['countries', ['EE', 'US']],
    ['codeLength', 4],
    ['codeLength', 10],
    ['codeLifeSeconds', 60],
    ['codeLifeSeconds', 600],
    ['checksPerVerification', 1],
    ['sendsPerNumber', [{ limit: 1, seconds: 60 }]],
    ['secondsBetweenSends', { publishable: 0 }],
    ['resend', 'new'],
    ['sendsPerDay', null],
    ['sendsPerCountryPerDay', 0],
    ['meterShards', 64],
    ['startsPerIp', []],
    ['templates', { login: '{{brand}}: {{code}}' }],
    ['templates', { login: { en: 'Code: {{code}}', 'pt-BR': 'Código: {{code}}' } }],
    ['testNumbers', [{ number: '+99912345', code: '4242', until }]],
    ['authyCodeLength', 4],
    ['proofLifeSeconds', 60],
    ['proofLifeSeconds', 3600],
    ['authyLimitStatus', 503],
    ['verigatorUsername', 'acme@example.com'],
  ])('takes %s = %j', (name, value) => {
    expect(refused({ [name]: value })).toEqual([])
  })

  it.each([
    ['countries', 'US'],
    ['codeLength', 3],
    ['codeLength', 11],
    ['codeLength', 6.5],
    ['codeLength', '6'],
    ['authyCodeLength', 11],
    ['proofLifeSeconds', 59],
    ['proofLifeSeconds', 3601],
    ['proofLifeSeconds', 90.5],
    ['proofLifeSeconds', null],
    ['authyLimitStatus', 500],
    ['authyKeyInQuery', 'no'],
    ['verigatorUsername', ''],
    ['verigatorUsername', 'acme:1'],
    ['verigatorUsername', 'Acme Ltd'],
    ['verigatorUsername', 'x'.repeat(129)],
    ['codeLifeSeconds', 601],
    ['codeLifeSeconds', 59],
    ['checksPerVerification', 0],
    ['checksPerVerification', 11],
    ['sendsPerNumber', []],
    ['resend', 'other'],
    ['sendsPerDay', -1],
    ['sendsPerDay', 10_000_001],
    ['sendsPerCountryPerDay', '2000'],
    ['meterShards', 0],
    ['meterShards', 65],
    ['smsToFixedLines', 'yes'],
    ['customCodes', 1],
    ['templates', []],
    ['testNumbers', {}],
    ['brandname', 'Acme'],
  ])('names %s when it is %j', (name, value) => {
    expect(refused({ [name]: value })).toEqual([name])
  })

  it.each([
    ['countries.0', { countries: ['us'] }],
    ['countries.1', { countries: ['US', 'EST'] }],
    ['sendsPerNumber.0.limit', { sendsPerNumber: [{ limit: 0, seconds: 60 }] }],
    ['sendsPerNumber.0.seconds', { sendsPerNumber: [{ limit: 1, seconds: 86_401 }] }],
    ['startsPerIp.0.seconds', { startsPerIp: [{ limit: 1, seconds: 59 }] }],
    ['secondsBetweenSends.publishable', { secondsBetweenSends: { publishable: -1 } }],
    ['secondsBetweenSends.secret', { secondsBetweenSends: { secret: 601 } }],
    ['testNumbers.0.number', { testNumbers: [{ number: '12025550123', code: '4242', until }] }],
    ['testNumbers.0.code', { testNumbers: [{ number: '+12025550123', code: '424', until }] }],
    ['testNumbers.0.until', { testNumbers: [{ number: '+12025550123', code: '4242' }] }],
    ['testNumbers.0.until', { testNumbers: [{ number: '+1202', code: '4242', until: '2030' }] }],
  ])('names %s', (name, settings) => {
    expect(refused(settings)).toEqual([name])
  })

  it.each([null, undefined, 'text', 7, []])('refuses %j for an object', (settings) => {
    expect(refused(settings)).toEqual([''])
  })

  it('names every setting that is bad', () => {
    expect(refused({ codeLength: 3, resend: '', unknown: 1 })).toEqual([
      'codeLength',
      'resend',
      'unknown',
    ])
  })
})

describe('projectSettings: a brand', () => {
  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['21 characters', 'A'.repeat(21)],
    ['a link', 'http://acme'],
    ['a domain', 'acme.com'],
    ['a short domain', 'bit.ly'],
    ['a domain in another script', 'пример.рф'],
    ['www.', 'www.acme'],
    ['a line feed', 'Ac\nme'],
    ['a carriage return', 'Ac\rme'],
    ['a tab', 'Ac\tme'],
    ['NUL', 'Ac\0me'],
    ['a line separator', 'Ac\u2028me'],
    ['a bidi override', 'Ac\u202eme'],
    ['a zero-width space', 'Ac\u200bme'],
    ['four digits', 'Acme 1234'],
    ['a placeholder', '{{code}}'],
    ['a brace', 'Ac}me'],
    ['a brace of full width', 'Ac｝me'],
    ['four digits in circles', 'Acme ①②③④'],
    ['a combining mark at the beginning', '\u0301Acme'],
    ['a voiced sound mark at the beginning', '\uff9eアクメ'],
    ['a variation selector', 'Ac\ufe0fme'],
    ['a blank Braille cell', 'Ac\u2800me'],
    ['half a surrogate pair', 'Ac\ud800me'],
    ['a domain with an ideographic dot', 'acme。com'],
    ['a domain of half-width characters', 'acme｡com'],
    ['a domain in Devanagari', 'कंपनी.भारत'],
    ['a domain in Chinese', '公司.中国'],
    ['the end of a domain', '.com'],
    ['the end of a domain in Chinese', '.中国'],
    ['the beginning of a domain', 'acme.中'],
    ['the beginning of www', 'www'],
    ['the end of a scheme', '/acme'],
    ['the beginning of a scheme', 'acme:'],
    ['a scheme', 'http'],
  ])('may not be %s', (_, text) => {
    expect(new Set(refused({ brand: text }))).toEqual(new Set(['brand']))
  })

  it('loses the spaces around it', () => {
    expect(projectSettings.parse({ brand: ' Acme ' }).brand).toBe('Acme')
  })

  it.each([
    ['Acme Inc.', 'Acme Inc'],
    ['Acme . ', 'Acme'],
  ])('loses a final stop: %j is %j', (text, name) => {
    expect(projectSettings.parse({ brand: text }).brand).toBe(name)
  })

  it.each([
    'Dr. Acme',
    'A.G. Acme',
    'モーニング娘。',
    '株式会社アクメ',
    '@acme',
    'Ac/me',
    'ACME: Ltd',
  ])('may be %j', (text) => {
    expect(projectSettings.parse({ brand: text }).brand).toBe(text)
  })
})

describe('projectSettings: a template', () => {
  it.each([
    ['no code', 'Your {{brand}} code'],
    ['two codes', '{{code}} {{code}}'],
    ['a code of another form', 'Your code: {{ code }}'],
    ['another placeholder', '{{code}} {{name}}'],
    ['a loose brace', '{{code}} {'],
    ['a link', '{{code}} https://acme'],
    ['a domain', '{{code}} at acme.com'],
    ['www.', '{{code}} www.acme'],
    ['a line break', '{{code}}\nacme'],
    ['a bidi override', '{{code}} \u202eacme'],
    ['a zero-width space', '{{code}} \u200bacme'],
    ['digits', '{{code}} call 1'],
    ['141 characters', `{{code}}${' '.repeat(133)}`],
  ])('may not hold %s', (_, text) => {
    expect(new Set(refused({ templates: { login: text } }))).toEqual(new Set(['templates.login']))
  })

  it.each([
    ['a scheme without slashes', '{{code}} HTTPS: acme'],
    ['a domain after the code', '{{code}}.com'],
    ['a domain after the brand', '{{brand}}.com {{code}}'],
    ['a domain before the brand', '{{code}} acme.{{brand}}'],
    ['a part of a domain before the brand', '{{code}} acme.中{{brand}}'],
    ['a scheme with the brand', '{{code}} {{brand}}://acme'],
    ['a decimal of two values', '{{code}}.{{minutes}}'],
    ['an ideographic dot before the brand', '{{code}}。{{brand}}'],
    ['a domain with an ideographic dot', '{{code}} acme。com'],
    ['a domain in Chinese', '{{code}} 公司.中国'],
    ['digits of full width', '{{code}} １２３４'],
    ['digits in circles', '{{code}} ①②③④'],
    ['Arabic digits', '{{code}} ١٢٣٤'],
    ['Thai digits', '{{code}} ๑๒๓๔'],
    ['a Latin letter at the code', 'A{{code}}'],
    ['a Cyrillic letter at the code', '{{code}}й'],
    ['a Devanagari vowel at the code', 'है{{code}}'],
    ['an ideographic zero at the code', '{{code}}〇'],
    ['a keycap at the code', '{{code}}\u20e3'],
    ['a Thai vowel sign at the code', '{{code}}\u0e35'],
    ['a letter at the brand', '{{brand}}s {{code}}'],
    ['values side by side', '{{code}}{{minutes}}'],
    ['braces of full width', '{{code}} ｛｛brand｝｝'],
    ['a variation selector', '{{code}} \ufe0f'],
    ['a Khmer inherent vowel', '{{code}} ក\u17b4'],
    ['half a surrogate pair', '{{code}} \ud83d'],
    ['more than three messages with a long brand', `{{code}}${' {{brand}}'.repeat(9)}`],
  ])('may not hold %s', (_, text) => {
    const names = ['templates.login', 'templates.other.th']
    expect(new Set(refused({ templates: { login: text, other: { th: text } } }))).toEqual(
      new Set(names),
    )
  })

  it.each([
    '您的验证码是{{code}}。',
    '您的{{brand}}验证码是{{code}}。请勿告诉他人。',
    '{{brand}}の認証コードは{{code}}です。有効期限は{{minutes}}分です。',
    '인증번호는 {{code}}입니다.',
    'รหัส{{brand}}ของคุณคือ{{code}}',
    'ລະຫັດ{{code}}ຂອງທ່ານ',
    'លេខកូដ{{code}}របស់អ្នក',
    'ကုဒ်{{code}}ဖြစ်သည်',
    'رمزك في {{brand}} هو {{code}}.',
    'आपका {{brand}} कोड है: {{code}}।',
    "{{brand}}'s code: {{code}} ({{minutes}}min)",
    `{{code}}${' {{brand}}'.repeat(8)}`,
    'Ihr {{brand}}-Code ist {{code}}. Er gilt {{minutes}} Min.',
  ])('may be %j', (text) => {
    expect(refused({ templates: { login: text, other: { zh: text } } })).toEqual([])
  })

  it.each([
    ['no language', {}],
    ['a language that we lack', { sw: '{{code}}' }],
    ['a tag in other letters', { 'pt-br': '{{code}}' }],
    ['no text', { en: null }],
  ])('may not have %s', (_, texts) => {
    const issues = projectSettings.safeParse({ templates: { login: texts } }).error?.issues ?? []
    expect(new Set(issues.map((issue) => issue.path.join('.')))).toEqual(
      new Set(['templates.login']),
    )
  })

  it('names the language whose text is bad, and says why', () => {
    const templates = { login: { en: '{{code}}', fr: '{{code}} acme.com', de: 'Code' } }
    const issues = projectSettings.safeParse({ templates }).error?.issues ?? []
    expect(issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([
      ['templates.login.fr', 'may not hold a link or a domain, nor make one of a value'],
      ['templates.login.de', 'must hold {{code}} exactly once'],
    ])
  })

  it.each(['Login', 'log in', '', 'a'.repeat(33), 'login!'])('may not be called %j', (name) => {
    expect(refused({ templates: { [name]: '{{code}}' } })).toEqual([`templates.${name}`])
  })
})
