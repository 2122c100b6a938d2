import { describe, expect, it } from 'vitest'
import { changeSettings, describeSettings } from '../../src/cli/settings.ts'

describe('changeSettings', () => {
  it.each([
    ['codeLength=8', { codeLength: 8 }],
    ['brand=My shop', { brand: 'My shop' }],
    ['brand="42"', { brand: '42' }],
    ['sendsPerDay=null', { sendsPerDay: null }],
    ['smsToFixedLines=true', { smsToFixedLines: true }],
    ['countries=*', { countries: '*' }],
    ['countries="*"', { countries: '*' }],
    ['countries=ee,LV', { countries: ['EE', 'LV'] }],
    ['countries=[]', { countries: [] }],
    ['templates={"sms":"{{code}} = a"}', { templates: { sms: '{{code}} = a' } }],
  ])('reads %s', (assignment, settings) => {
    expect(changeSettings({}, [assignment])).toEqual(settings)
  })

  it('removes a name, also one that it does not know', () => {
    expect(changeSettings({ codeLength: 8, old: 1, brand: 'A' }, ['codeLength=', 'old='])).toEqual({
      brand: 'A',
    })
  })

  it.each([
    ['codeLength=99', /^ {2}codeLength: /m],
    ['codeLength=many', /^ {2}codeLength: /m],
    ['brand=https://x.example', /^ {2}brand: may not look like a link/m],
    ['secondsBetweenSends={"secret":-1}', /^ {2}secondsBetweenSends\.secret: /m],
    ['countries=["ee"]', /^ {2}countries(?:\.0)?: .*write countries=EE,FI/m],
    ['countries=["XX"]', /^ {2}countries: XX is no country/m],
    [
      'routes=[{"channel":"sms","providers":["pigeon"]}]',
      /^ {2}routes: pigeon is no provider; there are inbox, twilio/m,
    ],
    ['routes=[{"channel":"sms","countries":["XX"],"providers":["twilio"]}]', /XX is no country/],
    ['countries=XX', /^No country has the code XX/],
    ['__proto__={}', /^ {2}__proto__: is no setting/m],
    ['constructor=1', /^ {2}constructor: is no setting/m],
    ['codeLength', /^codeLength is no setting: write name=value/],
    ['=8', /^=8 is no setting: write name=value/],
  ])('refuses %s', (assignment, message) => {
    expect(() => changeSettings({}, [assignment])).toThrow(message)
  })
})

describe('describeSettings', () => {
  it('writes what can be typed again, and marks the defaults', () => {
    const lines = describeSettings({ countries: ['EE'], brand: 'A' })
    expect(lines.slice(0, 3)).toEqual(['brand="A"', 'countries=["EE"]', 'codeLength=6  (default)'])
  })

  it('shows settings that are not valid as they are stored', () => {
    expect(describeSettings({ codeLength: 99 })).toEqual([
      expect.stringMatching(/not valid: codeLength: /),
      'codeLength=99',
    ])
  })
})
