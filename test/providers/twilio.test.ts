import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CODE, kindOf, message, providerMessage } from './messages.ts'
import {
  ACCOUNT,
  CONTENT,
  created,
  createdCall,
  GERMAN_CONTENT,
  OPTIONS,
  send,
  SERVICE,
  TOKEN,
  twilioWith,
} from './send-by-twilio.ts'
import { pathOf, problemsOf, SERVER } from './twilio-document.ts'

const MESSAGES = pathOf('Messages', ACCOUNT)
const CALLS = pathOf('Calls', ACCOUNT)
const NO_CALLBACKS = { reportUrl: undefined, callUrl: undefined }
const URLS = fc.webUrl({ withQueryParameters: true, validSchemes: ['https'] })

const CHANNELS = [
  ['sms', 'Messages'],
  ['whatsapp', 'Messages'],
  ['call', 'Calls'],
] as const

describe('twilio: the request', () => {
  it.each(CHANNELS)(
    'of a message by %s is a POST of a form to the %s resource, with Basic authentication',
    async (channel, resource) => {
      const { request } = await send(created, { channel })
      expect(request.url).toBe(`${SERVER}${pathOf(resource, ACCOUNT)}`)
      expect(request.method).toBe('POST')
      expect(request.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
      expect(request.headers.get('authorization')).toBe(`Basic ${btoa(`${ACCOUNT}:${TOKEN}`)}`)
      expect(request.redirect).toBe('manual')
    },
  )

  it.each([
    ['a number', '+12025550100', { From: '+12025550100' }],
    ['a name', 'Acme', { From: 'Acme' }],
    ['a name that begins as a messaging service', 'MGMotors', { From: 'MGMotors' }],
    ['a messaging service', SERVICE, { MessagingServiceSid: SERVICE }],
  ])("of a text message holds what Twilio's document asks for, from %s", async (_, sender, own) => {
    const { path, form } = await send(created, { changes: { sender } })
    expect(problemsOf(path, form)).toEqual([])
    expect(Object.fromEntries(form)).toEqual({
      ...own,
      To: '+12025550123',
      Body: message().text,
      ValidityPeriod: expect.stringMatching(/^(?:599|600)$/),
      StatusCallback: providerMessage('sms').reportUrl,
    })
  })

  it.each([
    ['a number', '+12025550100', { From: 'whatsapp:+12025550100' }],
    ['a messaging service', SERVICE, { MessagingServiceSid: SERVICE }],
  ])(
    "of a WhatsApp message holds what Twilio's document asks for, from %s",
    async (_, sender, own) => {
      const { path, form } = await send(created, { channel: 'whatsapp', changes: { sender } })
      expect(problemsOf(path, form)).toEqual([])
      expect(Object.fromEntries(form)).toEqual({
        ...own,
        To: 'whatsapp:+12025550123',
        ContentSid: CONTENT,
        ContentVariables: `{"1":"${CODE}"}`,
        StatusCallback: providerMessage('whatsapp').reportUrl,
      })
    },
  )

  it("of a call holds what Twilio's document asks for", async () => {
    const { path, form } = await send(createdCall, { channel: 'call' })
    expect(problemsOf(path, form)).toEqual([])
    expect(Object.fromEntries(form)).toEqual({
      To: '+12025550123',
      From: '+12025550100',
      Twiml: expect.stringContaining('<Gather'),
      Timeout: '30',
      StatusCallback: providerMessage('call').reportUrl,
      StatusCallbackEvent: 'completed',
    })
  })

  it.each(['sms', 'whatsapp', 'call'] as const)(
    'by %s asks for no report that could not come',
    async (channel) => {
      const { path, form } = await send(created, { channel, changes: { reportUrl: undefined } })
      expect(problemsOf(path, form)).toEqual([])
      expect([...form.keys()].filter((name) => name.startsWith('Status'))).toEqual([])
    },
  )

  it('is checked by a reader of that document that sees what is wrong', () => {
    const ofMessage = (text: string) => problemsOf(MESSAGES, new URLSearchParams(text))
    const ofCall = (text: string) => problemsOf(CALLS, new URLSearchParams(text))
    expect(ofMessage('To=1&From=a&Body=b')).toEqual([])
    expect(ofCall('To=1&From=a&Twiml=b')).toEqual([])
    expect(ofMessage('From=Acme&Body=b').join()).toContain('"To"')
    expect(ofMessage('To=1&Body=a')).toEqual(['not one of From, MessagingServiceSid'])
    expect(ofMessage('To=1&From=a')).toEqual(['not one of Body, MediaUrl, ContentSid'])
    expect(ofCall('To=1&From=a')).toEqual(['not one of Url, Twiml, ApplicationSid'])
    for (const wrong of [
      'MessagingServiceSid=MG1',
      'ContentSid=HX1',
      'ValidityPeriod=0',
      'ValidityPeriod=36001',
      'ValidityPeriod=soon',
      'RiskCheck=maybe',
      'Validity=5',
      'To=2',
      'StatusCallback=https://my_host/',
      'StatusCallback=there',
      `Body=${'b'.repeat(1601)}`,
    ]) {
      expect(ofMessage(`To=1&From=a&Body=b&${wrong}`)).not.toEqual([])
    }
    for (const wrong of [
      'Timeout=0',
      'Timeout=601',
      'Record=perhaps',
      'StatusCallbackEvent=completed&StatusCallbackEvent=hung-up',
      'Twiml=b',
      'Body=b',
    ]) {
      expect(ofCall(`To=1&From=a&Twiml=b&${wrong}`)).not.toEqual([])
    }
    expect(problemsOf('/2010-04-01/Texts.json', new URLSearchParams())).not.toEqual([])
  })

  it('carries any text and any callback URL as they are', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 160 })
    await fc.assert(
      fc.asyncProperty(texts, URLS, async (text, reportUrl) => {
        const { form } = await send(created, { changes: { text, reportUrl } })
        expect(form.get('Body')).toBe(text)
        expect(form.get('StatusCallback')).toBe(reportUrl)
        expect([...form.keys()].toSorted()).toEqual([
          'Body',
          'From',
          'StatusCallback',
          'To',
          'ValidityPeriod',
        ])
      }),
      { numRuns: 100 },
    )
  })

  it('carries any code to WhatsApp as it is', async () => {
    const codes = fc.oneof(fc.stringMatching(/^[0-9]{4,10}$/), fc.string({ unit: 'binary' }))
    await fc.assert(
      fc.asyncProperty(codes, URLS, async (code, reportUrl) => {
        const { form } = await send(created, { channel: 'whatsapp', changes: { code, reportUrl } })
        expect(JSON.parse(form.get('ContentVariables') ?? '')).toEqual({ 1: code })
        expect(form.get('StatusCallback')).toBe(reportUrl)
        expect([...form.keys()].toSorted()).toEqual([
          'ContentSid',
          'ContentVariables',
          'From',
          'StatusCallback',
          'To',
        ])
      }),
      { numRuns: 100 },
    )
  })

  it('names the WhatsApp template of the language, else the one for all others', async () => {
    const channel = 'whatsapp'
    const german = await send(created, { channel, changes: { language: 'de' } })
    expect(german.form.get('ContentSid')).toBe(GERMAN_CONTENT)
    const french = await send(created, { channel, changes: { language: 'fr' } })
    expect(french.form.get('ContentSid')).toBe(CONTENT)
  })

  describe('its ValidityPeriod and Timeout', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each([
      [600_000, '600', '30'],
      [59_999, '59', '30'],
      [20_000, '20', '20'],
      [1000, '1', '1'],
      [999, '1', '1'],
      [0, '1', '1'],
      [-5000, '1', '1'],
      [36_001_000, '36000', '30'],
    ])('are no longer than what is left of the code (%i ms)', async (left, validity, ringing) => {
      const changes = { expiresAt: Date.now() + left }
      expect((await send(created, { changes })).form.get('ValidityPeriod')).toBe(validity)
      const { form } = await send(createdCall, { channel: 'call', changes })
      expect(form.get('Timeout')).toBe(ringing)
    })
  })
})

describe('twilio: what it does not ask Twilio for', () => {
  it.each([
    ['a call that could not ask for its code', 'call', NO_CALLBACKS],
    ['a call whose prompt is too long', 'call', { brand: 'A'.repeat(4000) }],
    ['a WhatsApp message without any template', 'whatsapp', { language: 'fr' }],
  ] as const)('is %s', async (_, channel, changes) => {
    const whatsapp = {
      sender: SERVICE,
      contents: { other: undefined, byKey: new Map<string, string>() },
    }
    const provider = twilioWith({ ...OPTIONS, whatsapp })
    const { signal } = new AbortController()
    const receipt = await provider.send(providerMessage(channel, changes), signal)
    expect(kindOf(receipt)).toBe('misconfigured')
  })
})

describe('twilio: channels and senders', () => {
  const senders = (other: string | undefined, byKey: Record<string, string> = {}) => ({
    other,
    byKey: new Map(Object.entries(byKey)),
  })

  it('serves the channels for which it has senders', () => {
    expect(twilioWith().channels).toEqual(['sms', 'call', 'whatsapp'])
    expect(twilioWith({ ...OPTIONS, call: undefined }).channels).toEqual(['sms', 'whatsapp'])
    const calls = { ...OPTIONS, sms: undefined, whatsapp: undefined }
    expect(twilioWith(calls).channels).toEqual(['call'])
  })

  it("names the country's own sender, else the one for all others", () => {
    const provider = twilioWith({
      ...OPTIONS,
      sms: senders('Acme', { US: '+12025550101' }),
      call: senders(undefined, { US: '+12025550102' }),
    })
    expect(provider.senderOf('sms', 'US')).toBe('+12025550101')
    expect(provider.senderOf('sms', 'DE')).toBe('Acme')
    expect(provider.senderOf('sms', 'CA')).toBeUndefined()
    expect(provider.senderOf('call', 'US')).toBe('+12025550102')
    expect(provider.senderOf('call', 'DE')).toBeUndefined()
    expect(provider.senderOf('whatsapp', 'DE')).toBe('+12025550100')
  })

  it('names no sender for a channel that it does not serve', () => {
    const nothing = { ...OPTIONS, sms: undefined, call: undefined, whatsapp: undefined }
    for (const channel of ['sms', 'call', 'whatsapp'] as const) {
      expect(twilioWith(nothing).senderOf(channel, 'DE')).toBeUndefined()
    }
  })
})
