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
      meterShards: 1,
      startsPerIp: [
        { limit: 10, seconds: 600 },
        { limit: 30, seconds: 86_400 },
      ],
      smsToFixedLines: false,
      customCodes: false,
      templates: {},
      testNumbers: [],
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
    ['testNumbers', [{ number: '+99912345', code: '4242', until }]],
  ])('takes %s = %j', (name, value) => {
    expect(refused({ [name]: value })).toEqual([])
  })

  it.each([
    ['countries', 'US'],
    ['codeLength', 3],
    ['codeLength', 11],
    ['codeLength', 6.5],
    ['codeLength', '6'],
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
  ])('may not be %s', (_, text) => {
    expect(new Set(refused({ brand: text }))).toEqual(new Set(['brand']))
  })

  it('loses the spaces around it', () => {
    expect(projectSettings.parse({ brand: ' Acme ' }).brand).toBe('Acme')
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

  it.each(['Login', 'log in', '', 'a'.repeat(33), 'login!'])('may not be called %j', (name) => {
    expect(refused({ templates: { [name]: '{{code}}' } })).toEqual([`templates.${name}`])
  })
})
