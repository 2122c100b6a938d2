import * as fc from 'fast-check'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { wrong, type Answer } from '../../support/api.ts'
import { fromXml, type Members } from '../../support/xml.ts'
import { stopClock } from '../native/support.ts'
import { authyAccount, begun, NUMBER, type Told } from './support.ts'

/** What an answer says, whatever its format; in XML an error is flat. */
function saidBy(answer: Answer, format: string): { status: number; members: Members } {
  const { status, text, body, headers } = answer
  if (format === 'xml') {
    expect(headers.get('content-type')).toBe('application/xml; charset=utf-8')
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><(?:hash|errors)>/)
    const { root, members } = fromXml(text)
    expect(root).toBe(status === 200 ? 'hash' : 'errors')
    return { status, members }
  }
  expect(headers.get('content-type')).toBe('application/json')
  const { errors, ...members } = body
  expect(errors).toEqual(status === 200 ? undefined : { message: body['message'] as string })
  return { status, members }
}

const inBoth = async (ask: (told: Told) => Promise<Answer>) => {
  const json = saidBy(await ask({ format: 'json' }), 'json')
  const xml = saidBy(await ask({ format: 'xml' }), 'xml')
  return { json, xml }
}

describe('JSON and XML', () => {
  it('say the same of a whole story', async () => {
    stopClock()
    const { begin, guess, state, info, right } = await begun({
      environment: { ...env },
      settings: { customCodes: true },
    })
    const steps: readonly ((told: Told) => Promise<Answer>)[] = [
      (told) => begin({}, told),
      (told) => state(NUMBER, told),
      (told) => info(NUMBER, told),
      (told) => guess(wrong(right), told),
      (told) => guess('', told),
    ]
    for (const step of steps) {
      const { json, xml } = await inBoth(step)
      expect(xml).toEqual(json)
    }
    expect(saidBy(await guess(right, { format: 'xml' }), 'xml')).toEqual({
      status: 200,
      members: { message: 'Verification code is correct.', success: true },
    })
  })

  it('say the same whatever was sent', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { call } = await authyAccount({ environment: { ...env }, settings: { countries: [] } })
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('<', '&', ']', '>', '\r', '\u0000', "'", '"') }),
    )
    const name = fc.constantFrom('country_code', 'phone_number', 'via', 'locale', 'custom_message')
    const fields = fc.dictionary(name, text, { noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(fields, async (json) => {
        const base = { ...NUMBER, via: 'call', custom_message: '{{code}}' }
        const both = await inBoth((told) =>
          call('POST', 'verification/start', { ...told, json: { ...base, ...json } }),
        )
        expect(both.xml.status).toBe(both.json.status)
        expect(both.xml.members).toEqual({
          ...both.json.members,
          message: writableXml(String(both.json.members['message'])),
        })
      }),
      { numRuns: 300 },
    )
  })
})

const writableXml = (text: string): string =>
  text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
