import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closestTag } from '../../src/core/languages.ts'
import { messente } from '../../src/providers/messente.ts'
import { message, NUMBER, REPORT_URL } from './json-vendor.ts'
import { CODE, kindOf } from './messages.ts'
import { accepted, OPTIONS, PASSWORD, send, USERNAME, VARIABLES } from './send-by-messente.ts'
import { issuesOf } from './variables-of.ts'

describe('messente: its variables', () => {
  it('become options', () => {
    expect(OPTIONS).toEqual({
      username: USERNAME,
      password: PASSWORD,
      senders: {
        sms: { other: 'Acme', byKey: new Map([['US', '+12025550100']]) },
        whatsapp: { from: '+37255500000', name: 'otp', languages: ['en_US', 'et'] },
      },
      baseUrl: 'https://api.messente.com',
    })
  })

  it.each([
    ['MESSENTE_USERNAME', undefined, 'is missing'],
    ['MESSENTE_USERNAME', '', 'is empty'],
    ['MESSENTE_USERNAME', 'a:b', 'holds a colon'],
    ['MESSENTE_PASSWORD', undefined, 'is missing'],
    ['MESSENTE_PASSWORD', ' ', 'is empty'],
    ['MESSENTE_FROM', '', 'holds an empty value'],
    ['MESSENTE_FROM', 'Acme,Other', 'holds two values without a country'],
    ['MESSENTE_WHATSAPP_FROM', undefined, 'is missing, but MESSENTE_WHATSAPP_TEMPLATE is set'],
    ['MESSENTE_WHATSAPP_FROM', '', 'is empty'],
    ['MESSENTE_WHATSAPP_TEMPLATE', undefined, 'is missing, but MESSENTE_WHATSAPP_FROM is set'],
    [
      'MESSENTE_WHATSAPP_TEMPLATE',
      'My Code',
      'is no name of a template, which is of lower-case letters, digits and _',
    ],
    ['MESSENTE_WHATSAPP_LANGUAGES', 'en_US,english', 'holds what is no language code of Meta'],
    ['MESSENTE_BASE_URL', 'ftp://api.messente.com', 'is no http or https URL without ? and #'],
  ])('name %s when it is %j: %s', (name, value, issue) => {
    expect(issuesOf(messente, { ...VARIABLES, [name]: value })).toEqual([`${name}: ${issue}`])
  })

  it('name MESSENTE_FROM when there is no sender at all', () => {
    const bare = { MESSENTE_USERNAME: USERNAME, MESSENTE_PASSWORD: PASSWORD }
    expect(issuesOf(messente, bare)).toEqual([
      'MESSENTE_FROM: is missing, and so is MESSENTE_WHATSAPP_FROM: set one of them',
    ])
  })

  it.each([
    ['sms', { MESSENTE_WHATSAPP_FROM: undefined, MESSENTE_WHATSAPP_TEMPLATE: undefined }],
    ['whatsapp', { MESSENTE_FROM: undefined }],
    ['sms, whatsapp', {}],
  ])('make a provider of %s', (channels, changes) => {
    const options = messente.variables.parse({ ...VARIABLES, ...changes })
    expect(messente.create(options, fetch).channels.join(', ')).toBe(channels)
  })
})

describe('messente: its senders', () => {
  it.each([
    ['sms', 'EE', 'Acme'],
    ['sms', 'US', '+12025550100'],
    ['sms', 'CA', undefined],
    ['whatsapp', 'CA', '+37255500000'],
    ['call', 'EE', undefined],
  ] as const)('are, for %s in %s, %j', (channel, country, sender) => {
    expect(messente.create(OPTIONS, fetch).senderOf(channel, country)).toBe(sender)
  })

  it.each(['sms', 'whatsapp', 'call'] as const)('are needed for %s', async (channel) => {
    const senders = { sms: undefined, whatsapp: undefined }
    const provider = messente.create({ ...OPTIONS, senders }, fetch)
    const receipt = await provider.send(message(channel), new AbortController().signal)
    expect(kindOf(receipt)).toBe('misconfigured')
  })
})

describe('messente: the request', () => {
  it.each(['sms', 'whatsapp'] as const)(
    'is a POST of JSON to the Omnichannel API, with Basic authentication (%s)',
    async (channel) => {
      const { request } = await send(accepted, message(channel))
      expect(request.url).toBe('https://api.messente.com/v1/omnimessage')
      expect(request.method).toBe('POST')
      expect(request.headers.get('content-type')).toBe('application/json')
      expect(request.headers.get('authorization')).toBe(`Basic ${btoa(`${USERNAME}:${PASSWORD}`)}`)
    },
  )

  it('holds a text message', async () => {
    const { body } = await send(accepted, message('sms'))
    expect(body).toEqual({
      to: NUMBER,
      dlr_url: REPORT_URL,
      text_store: 'nostore',
      priority: 'high',
      messages: [
        {
          channel: 'sms',
          sender: 'Acme',
          text: message().text,
          ttl: expect.any(Number),
          autoconvert: 'off',
        },
      ],
    })
  })

  it('holds a WhatsApp message', async () => {
    const { body } = await send(accepted, message('whatsapp'))
    const parameters = [{ type: 'text', text: CODE }]
    expect(body).toEqual({
      to: NUMBER,
      dlr_url: REPORT_URL,
      text_store: 'nostore',
      priority: 'high',
      messages: [
        {
          channel: 'whatsapp',
          sender: '37255500000',
          ttl: expect.any(Number),
          template: {
            name: 'otp',
            language: { code: 'en_US' },
            components: [
              { type: 'body', parameters },
              { type: 'button', sub_type: 'url', index: 0, parameters },
            ],
          },
        },
      ],
    })
  })

  it.each(['en', 'et', 'ja'] as const)(
    'asks for the template in what suits %s',
    async (language) => {
      const { body } = await send(accepted, message('whatsapp', { language }))
      const tag = closestTag(['en_US', 'et'], language)
      expect(body.messages[0].template.language.code).toBe(tag)
    },
  )

  it.each(['sms', 'whatsapp'] as const)(
    'asks for no reports that cannot arrive (%s)',
    async (channel) => {
      const { body } = await send(accepted, message(channel, { reportUrl: undefined }))
      expect(Object.keys(body)).not.toContain('dlr_url')
    },
  )

  it('carries any text, sender and code as they are', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 160 })
    await fc.assert(
      fc.asyncProperty(text, text, async (written, sender) => {
        const sms = await send(accepted, message('sms', { text: written, sender }))
        expect(sms.body.to).toBe(NUMBER)
        expect(sms.body.messages).toHaveLength(1)
        expect(sms.body.messages[0]).toMatchObject({ text: written, sender })
        expect(Object.keys(sms.body.messages[0])).toHaveLength(5)
        const outbound = message('whatsapp', { code: written, brand: sender, text: sender })
        const { body } = await send(accepted, outbound)
        const [first, second] = body.messages[0].template.components
        expect(first.parameters).toEqual([{ type: 'text', text: written }])
        expect(second.parameters).toEqual([{ type: 'text', text: written }])
        expect(Object.keys(body)).toHaveLength(5)
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
      [1000, 1],
      [999, 1],
      [0, 1],
      [-5000, 1],
    ])('is what is left of the code, in seconds (%i ms)', async (left, seconds) => {
      for (const channel of ['sms', 'whatsapp'] as const) {
        const { body } = await send(accepted, message(channel, { expiresAt: Date.now() + left }))
        expect(body.messages[0].ttl).toBe(seconds)
      }
    })
  })
})
