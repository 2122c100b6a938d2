import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { message } from './messages.ts'
import { ACCOUNT, created, OPTIONS, send, TOKEN } from './send-by-twilio.ts'
import document from './twilio-create-message.json'

interface Property {
  readonly type: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly enum?: readonly string[]
}

/** What is wrong with a form, by Twilio's own OpenAPI document. */
function problemsOf(form: URLSearchParams): readonly string[] {
  const properties: Readonly<Record<string, Property>> = document.properties
  const limits: Readonly<
    Record<string, { maxLength?: number; minimum?: number; maximum?: number }>
  > = document.limitsOfDescriptions
  const missing = document.required.filter((name) => !form.has(name))
  const sender = form.has('From') !== form.has('MessagingServiceSid') ? [] : ['sender']
  const wrong = [...form].filter(([name, value]) => {
    const property = properties[name]
    if (property === undefined || form.getAll(name).length > 1) return true
    const { minLength = 0, maxLength = Infinity } = { ...property, ...limits[name] }
    const { minimum = -Infinity, maximum = Infinity } = limits[name] ?? {}
    const isNumber = /^[0-9]+$/.test(value)
    return (
      (property.type === 'integer' && !isNumber) ||
      (property.type === 'boolean' && !['true', 'false'].includes(value)) ||
      (isNumber && (Number(value) < minimum || Number(value) > maximum)) ||
      (property.pattern !== undefined && !RegExp(property.pattern).test(value)) ||
      (property.enum !== undefined && !property.enum.includes(value)) ||
      value.length < minLength ||
      value.length > maxLength
    )
  })
  return [...missing, ...sender, ...wrong.map(([name]) => name)]
}

describe('twilio: the request', () => {
  it('is a POST of a form to the Messages resource, with Basic authentication', async () => {
    const { request } = await send(created)
    expect(request.url).toBe(document.server + document.path.replace('{AccountSid}', ACCOUNT))
    expect(request.method).toBe(document.method)
    expect(request.headers.get('content-type')).toMatch(RegExp(`^${document.contentType}`))
    expect(request.headers.get('authorization')).toBe(`Basic ${btoa(`${ACCOUNT}:${TOKEN}`)}`)
    expect(request.redirect).toBe('manual')
  })

  it.each([
    ['a number', { From: '+12025550100' }],
    ['a name', { From: 'Acme' }],
    ['a messaging service', { MessagingServiceSid: 'MG00112233445566778899aabbccddeeff' }],
  ])("holds what Twilio's document asks for, from %s", async (_, sender) => {
    const { form } = await send(created, { options: { ...OPTIONS, sender } })
    expect(problemsOf(form)).toEqual([])
    expect(Object.fromEntries(form)).toMatchObject({
      ...sender,
      To: '+12025550123',
      Body: message().text,
    })
  })

  it('is checked by a reader of that document that sees what is wrong', () => {
    const problems = (text: string) => problemsOf(new URLSearchParams(text))
    expect(problems('From=Acme')).toEqual(['To'])
    expect(problems('To=1&Body=a')).toEqual(['sender'])
    expect(problems('To=1&From=a&MessagingServiceSid=MG1')).toEqual([
      'sender',
      'MessagingServiceSid',
    ])
    expect(problems('To=1&From=a&ValidityPeriod=0')).toEqual(['ValidityPeriod'])
    expect(problems('To=1&From=a&ValidityPeriod=36001')).toEqual(['ValidityPeriod'])
    expect(problems('To=1&From=a&Validity=5')).toEqual(['Validity'])
    expect(problems(`To=1&From=a&Body=${'b'.repeat(1601)}`)).toEqual(['Body'])
  })

  it('carries any text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 160 }), async (text) => {
        const { form } = await send(created, { outbound: message({ text }) })
        expect(form.get('Body')).toBe(text)
        expect([...form.keys()].toSorted()).toEqual(['Body', 'From', 'To', 'ValidityPeriod'])
      }),
      { numRuns: 100 },
    )
  })

  describe('its ValidityPeriod', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each([
      [600_000, '600'],
      [59_999, '59'],
      [1000, '1'],
      [999, '1'],
      [0, '1'],
      [-5000, '1'],
      [36_001_000, '36000'],
    ])('is what is left of the code, in seconds (%i ms)', async (left, seconds) => {
      const { form } = await send(created, { outbound: message({ expiresAt: Date.now() + left }) })
      expect(form.get('ValidityPeriod')).toBe(seconds)
    })
  })
})
