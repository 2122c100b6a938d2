import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toXml, type XmlMembers } from '../../src/http/xml.ts'
import { fromXml } from '../support/xml.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

describe('toXml', () => {
  it('writes what Ruby on Rails would', () => {
    const members = { seconds_to_expire: 599, success: true, carrier: null, is_x: false, a: '' }
    expect(toXml('hash', members)).toBe(
      `${HEAD}<hash><seconds-to-expire type="integer">599</seconds-to-expire>` +
        '<success type="boolean">true</success><carrier nil="true"/>' +
        '<is-x type="boolean">false</is-x><a/></hash>',
    )
  })

  it.each([
    ['&<>"\'', '&amp;&lt;&gt;&quot;&apos;'],
    [']]><!--', ']]&gt;&lt;!--'],
    ['a\u0000\u0008b\uFFFE\uFFFF\ud800c\udc00', 'abc'],
    ['a\r\nb\tc', 'a&#13;\nb\tc'],
    ['\u{1F600}', '\u{1F600}'],
    ['001', '001'],
  ])('writes the text %j', (text, written) => {
    expect(toXml('errors', { message: text })).toBe(
      `${HEAD}<errors><message>${written}</message></errors>`,
    )
  })

  it('is accepted by a strict parser, which reads the same values, for any text (T-33)', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('<', '>', '&', ']', '"', "'", '\r', '\n', '\u0000', ';') }),
      fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units)),
    )
    const value = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null))
    const name = fc.stringMatching(/^[a-z][a-z_]{0,12}$/)
    const members = fc.dictionary(name, value, { minKeys: 1, noNullPrototype: true })
    fc.assert(
      fc.property(members, fc.constantFrom('hash', 'errors'), (given: XmlMembers, root) => {
        const kept = Object.entries(given).map(([key, one]) => [
          key,
          typeof one === 'string' ? withoutIllegal(one) : one,
        ])
        expect(fromXml(toXml(root, given))).toEqual({ root, members: Object.fromEntries(kept) })
      }),
      { numRuns: 2000 },
    )
  })
})

/** XML 1.0, production 2, point by point. */
const withoutIllegal = (text: string): string =>
  Array.from(text)
    .filter((character) => {
      const point = character.codePointAt(0) ?? 0
      return (
        [0x9, 0xa, 0xd].includes(point) ||
        (point >= 0x20 && point <= 0xd7ff) ||
        (point >= 0xe000 && point <= 0xfffd) ||
        point >= 0x10000
      )
    })
    .join('')
