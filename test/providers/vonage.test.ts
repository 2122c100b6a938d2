import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closestTag } from '../../src/core/languages.ts'
import { vonage } from '../../src/providers/vonage.ts'
import { message, REPORT_URL } from './json-vendor.ts'
import { CODE, kindOf } from './messages.ts'
import { accepted, KEY, OPTIONS, SECRET, send, VARIABLES } from './send-by-vonage.ts'
import { issuesOf } from './variables-of.ts'

describe('vonage: its variables', () => {
  it('become options', () => {
    expect(OPTIONS).toEqual({
      apiKey: KEY,
      apiSecret: SECRET,
      signatureSecret: VARIABLES.VONAGE_SIGNATURE_SECRET,
      senders: {
        sms: { other: 'Acme', byKey: new Map([['US', '+12025550100']]) },
        whatsapp: { from: '37255500000', name: 'otp', languages: ['en_US', 'et'] },
      },
      baseUrl: 'https://api.nexmo.com',
    })
  })

  it.each([
    ['VONAGE_API_KEY', undefined, 'is missing'],
    ['VONAGE_API_KEY', '', 'is empty'],
    ['VONAGE_API_KEY', 'a:b', 'holds a colon'],
    ['VONAGE_API_SECRET', undefined, 'is missing'],
    ['VONAGE_API_SECRET', ' ', 'is empty'],
    ['VONAGE_SIGNATURE_SECRET', undefined, 'is missing'],
    ['VONAGE_SIGNATURE_SECRET', '', 'is empty'],
    ['VONAGE_FROM', '', 'holds an empty value'],
    ['VONAGE_FROM', 'Acme,Other', 'holds two values without a country'],
    ['VONAGE_WHATSAPP_FROM', undefined, 'is missing, but VONAGE_WHATSAPP_TEMPLATE is set'],
    ['VONAGE_WHATSAPP_FROM', 'Acme', 'is no phone number in international form'],
    ['VONAGE_WHATSAPP_FROM', '0055500000', 'is no phone number in international form'],
    ['VONAGE_WHATSAPP_TEMPLATE', undefined, 'is missing, but VONAGE_WHATSAPP_FROM is set'],
    [
      'VONAGE_WHATSAPP_TEMPLATE',
      'My Code',
      'is no name of a template, which is of lower-case letters, digits and _',
    ],
    ['VONAGE_WHATSAPP_LANGUAGES', 'en_US,english', 'holds what is no language code of Meta'],
    ['VONAGE_BASE_URL', 'ftp://api.nexmo.com', 'is no http or https URL without ? and #'],
  ])('name %s when it is %j: %s', (name, value, issue) => {
    expect(issuesOf(vonage, { ...VARIABLES, [name]: value })).toEqual([`${name}: ${issue}`])
  })

  it('name VONAGE_FROM when there is no sender at all', () => {
    const { VONAGE_API_KEY, VONAGE_API_SECRET, VONAGE_SIGNATURE_SECRET } = VARIABLES
    const bare = { VONAGE_API_KEY, VONAGE_API_SECRET, VONAGE_SIGNATURE_SECRET }
    expect(issuesOf(vonage, bare)).toEqual([
      'VONAGE_FROM: is missing, and so is VONAGE_WHATSAPP_FROM: set one of them',
    ])
  })

  it.each([
    ['sms', { VONAGE_WHATSAPP_FROM: undefined, VONAGE_WHATSAPP_TEMPLATE: undefined }],
    ['whatsapp', { VONAGE_FROM: undefined }],
    ['sms, whatsapp', {}],
  ])('make a provider of %s', (channels, changes) => {
    const options = vonage.variables.parse({ ...VARIABLES, ...changes })
    expect(vonage.create(options, fetch).channels.join(', ')).toBe(channels)
  })
})

describe('vonage: its senders', () => {
  it.each([
    ['sms', 'EE', 'Acme'],
    ['sms', 'US', '+12025550100'],
    ['sms', 'CA', undefined],
    ['whatsapp', 'CA', '37255500000'],
    ['call', 'EE', undefined],
  ] as const)('are, for %s in %s, %j', (channel, country, sender) => {
    expect(vonage.create(OPTIONS, fetch).senderOf(channel, country)).toBe(sender)
  })

  it.each(['sms', 'whatsapp', 'call'] as const)('are needed for %s', async (channel) => {
    const senders = { sms: undefined, whatsapp: undefined }
    const provider = vonage.create({ ...OPTIONS, senders }, fetch)
    const receipt = await provider.send(message(channel), new AbortController().signal)
    expect(kindOf(receipt)).toBe('misconfigured')
  })
})

describe('vonage: the request', () => {
  it.each(['sms', 'whatsapp'] as const)(
    'is a POST of JSON to the Messages API, with Basic authentication (%s)',
    async (channel) => {
      const { request } = await send(accepted, message(channel))
      expect(request.url).toBe('https://api.nexmo.com/v1/messages')
      expect(request.method).toBe('POST')
      expect(request.headers.get('content-type')).toBe('application/json')
      expect(request.headers.get('authorization')).toBe(`Basic ${btoa(`${KEY}:${SECRET}`)}`)
    },
  )

  it('writes credentials in UTF-8', async () => {
    const options = { ...OPTIONS, apiSecret: 'käse€' }
    const { request } = await send(accepted, message(), undefined, options)
    const [, written = ''] = request.headers.get('authorization')?.split(' ') ?? []
    expect(new TextDecoder().decode(Uint8Array.fromBase64(written))).toBe(`${KEY}:käse€`)
  })

  it('holds a text message', async () => {
    const { body } = await send(accepted, message('sms'))
    expect(body).toEqual({
      message_type: 'text',
      channel: 'sms',
      to: '37255512345',
      from: 'Acme',
      text: message().text,
      ttl: expect.any(Number),
      client_ref: message().delivery.id,
      webhook_url: REPORT_URL,
      webhook_version: 'v1',
      sms: { encoding_type: 'auto' },
    })
  })

  it('holds a WhatsApp message', async () => {
    const { body } = await send(accepted, message('whatsapp'))
    const parameters = [{ type: 'text', text: CODE }]
    expect(body).toEqual({
      message_type: 'custom',
      channel: 'whatsapp',
      to: '37255512345',
      from: '37255500000',
      client_ref: message().delivery.id,
      webhook_url: REPORT_URL,
      webhook_version: 'v1',
      custom: {
        type: 'template',
        template: {
          name: 'otp',
          language: { code: 'en_US' },
          components: [
            { type: 'body', parameters },
            { type: 'button', sub_type: 'url', index: '0', parameters },
          ],
        },
      },
    })
  })

  it.each(['en', 'et', 'ja'] as const)(
    'asks for the template in what suits %s',
    async (language) => {
      const { body } = await send(accepted, message('whatsapp', { language }))
      expect(body.custom.template.language.code).toBe(closestTag(['en_US', 'et'], language))
    },
  )

  it.each(['sms', 'whatsapp'] as const)(
    'asks for no reports that cannot arrive (%s)',
    async (channel) => {
      const { body } = await send(accepted, message(channel, { reportUrl: undefined }))
      expect(Object.keys(body)).not.toContain('webhook_url')
      expect(Object.keys(body)).not.toContain('webhook_version')
    },
  )

  it.each([
    ['+12025550100', '12025550100'],
    ['12025550100', '12025550100'],
    ['Acme', 'Acme'],
    ['Acme+1', 'Acme+1'],
    ['+Acme', '+Acme'],
  ])('writes the sender %j as %j', async (sender, from) => {
    const { body } = await send(accepted, message('sms', { sender }))
    expect(body.from).toBe(from)
  })

  it('carries any text, sender and code as they are', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 160 })
    await fc.assert(
      fc.asyncProperty(text, text, async (written, other) => {
        const sms = await send(accepted, message('sms', { text: written, sender: `s${other}` }))
        expect(sms.body).toMatchObject({ text: written, from: `s${other}`, to: '37255512345' })
        expect(Object.keys(sms.body)).toHaveLength(10)
        const outbound = message('whatsapp', { code: written, brand: other, text: other })
        const { body } = await send(accepted, outbound)
        const [first, second] = body.custom.template.components
        expect(first.parameters).toEqual([{ type: 'text', text: written }])
        expect(second.parameters).toEqual([{ type: 'text', text: written }])
        expect(Object.keys(body)).toHaveLength(8)
      }),
      { numRuns: 100 },
    )
  })

  describe('its ttl', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each([
      [600_000, 600],
      [59_999, 59],
      [20_000, 20],
      [19_999, 20],
      [0, 20],
      [-5000, 20],
      [700_000_000, 604_800],
    ])('is what is left of the code, in seconds, at least 20 (%i ms)', async (left, seconds) => {
      const { body } = await send(accepted, message('sms', { expiresAt: Date.now() + left }))
      expect(body.ttl).toBe(seconds)
    })
  })
})
