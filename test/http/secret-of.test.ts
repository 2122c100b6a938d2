import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretOf } from '../../src/http/facade.ts'

describe('secretOf', () => {
  it.each([
    ['Bearer', 'Bearer sk_live_abc', 'sk_live_abc'],
    ['bearer in small letters', 'bearer sk_live_abc', 'sk_live_abc'],
    ['Bearer with spaces around', 'Bearer   sk_live_abc  ', 'sk_live_abc'],
    ['Basic with an empty password', `Basic ${btoa('sk_live_abc:')}`, 'sk_live_abc'],
    ['Basic with a password', `Basic ${btoa('sk_live_abc:x:y')}`, 'sk_live_abc'],
    ['Basic without a colon', `Basic ${btoa('sk_live_abc')}`, 'sk_live_abc'],
    ['BASIC in capitals', `BASIC ${btoa('sk_live_abc:')}`, 'sk_live_abc'],
    ['Basic without padding', `Basic ${btoa('sk_live_abc:').replaceAll('=', '')}`, 'sk_live_abc'],
    ['Basic with an empty user name', `Basic ${btoa(':sk_live_abc')}`, ''],
  ])('reads %s', (_, header, secret) => {
    expect(secretOf(header)).toBe(secret)
  })

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['a bare key', 'sk_live_abc'],
    ['another scheme', 'Digest sk_live_abc'],
    ['a longer scheme', 'Bearers sk_live_abc'],
    ['two keys', 'Bearer sk_live_abc sk_live_def'],
    ['no space', 'Bearersk_live_abc'],
    ['something before the scheme', 'x Bearer sk_live_abc'],
    ['bad Base64', 'Basic ***'],
    ['Base64 of a wrong length', 'Basic a'],
    ['Base64 beyond ASCII', 'Basic \u00e9'],
  ])('reads nothing from %s', (_, header) => {
    expect(secretOf(header)).toBeUndefined()
  })

  it('never throws', () => {
    const piece = fc.constantFrom(
      'Basic ',
      'Bearer ',
      'basic',
      ' ',
      ':',
      '=',
      'a',
      'Zm9v',
      '\u0000',
    )
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: piece }),
      fc.string({ unit: 'binary' }).map((text) => `Basic ${text}`),
      fc.base64String().map((text) => `Basic ${text}`),
    )
    fc.assert(
      fc.property(header, (text) => {
        expect(typeof secretOf(text)).toMatch(/^(?:string|undefined)$/)
      }),
      { numRuns: 5000 },
    )
  })
})
