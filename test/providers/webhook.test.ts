import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { webhook } from '../../src/providers/webhook.ts'
import { CODE, kindOf } from './messages.ts'
import {
  hang,
  issuesOf,
  make,
  messageFor,
  NUMBER,
  refuseNetwork,
  sendBy,
  setClock,
  UNCLEAR,
  type Answer,
} from './play-vendor.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OLD_SECRET = `whsec_${btoa('o'.repeat(32))}`
const VARIABLES = { WEBHOOK_URL: 'https://gateway.example.com/send?a=1', WEBHOOK_SECRET: SECRET }

const outboundOf = (changes: Parameters<typeof messageFor>[0] = {}) =>
  messageFor({ sender: '', ...changes })

const send = (answer: Answer, options: Parameters<typeof sendBy>[3] = {}, variables = VARIABLES) =>
  sendBy(webhook, variables, answer, { outbound: outboundOf(), ...options })

const says = (status: number, body: unknown) => () => Response.json(body, { status })

describe('webhook: its variables', () => {
  it('are a URL, secrets and channels', () => {
    const both = { WEBHOOK_SECRET: `${SECRET}, ${OLD_SECRET}`, WEBHOOK_CHANNELS: 'call, sms' }
    expect(webhook.variables.parse({ ...VARIABLES, ...both })).toEqual({
      url: VARIABLES.WEBHOOK_URL,
      secrets: [SECRET, OLD_SECRET],
      channels: ['sms', 'call'],
    })
    expect(webhook.variables.parse(VARIABLES)).toMatchObject({
      secrets: [SECRET],
      channels: ['sms'],
    })
  })

  const notSecret = 'holds something else than whsec_ and 24 to 64 bytes in base64'
  it.each([
    ['WEBHOOK_URL', undefined, 'is missing'],
    ['WEBHOOK_URL', '', 'is empty'],
    ['WEBHOOK_URL', 'gateway.example.com', 'is no URL'],
    ['WEBHOOK_URL', 'http://gateway.example.com/', 'is no https URL'],
    ['WEBHOOK_URL', 'http://localhost.example.com/', 'is no https URL'],
    ['WEBHOOK_URL', 'http://127.0.0.1.example.com/', 'is no https URL'],
    ['WEBHOOK_URL', 'http://10.0.0.1/', 'is no https URL'],
    ['WEBHOOK_URL', 'file:///etc/passwd', 'is no https URL'],
    ['WEBHOOK_URL', 'https://user@example.com/', 'holds a user name or a password'],
    ['WEBHOOK_URL', 'https://:word@example.com/', 'holds a user name or a password'],
    ['WEBHOOK_URL', 'https://example.com/#top', 'holds a fragment, which is never sent'],
    ['WEBHOOK_URL', 'https://example.com/#', 'holds a fragment, which is never sent'],
    ['WEBHOOK_SECRET', undefined, 'is missing'],
    ['WEBHOOK_SECRET', ',', notSecret],
    ['WEBHOOK_SECRET', SECRET.slice('whsec_'.length), notSecret],
    ['WEBHOOK_SECRET', `whsec_${btoa('x'.repeat(23))}`, notSecret],
    ['WEBHOOK_SECRET', `whsec_${btoa('x'.repeat(65))}`, notSecret],
    ['WEBHOOK_SECRET', `whsec_${btoa('x'.repeat(25)).replace(/=+$/, '')}`, notSecret],
    ['WEBHOOK_SECRET', `${SECRET} secret`, notSecret],
    ['WEBHOOK_CHANNELS', '', 'holds something else than sms, call, whatsapp'],
    ['WEBHOOK_CHANNELS', 'sms,fax', 'holds something else than sms, call, whatsapp'],
  ])('complain of %s when it is %j', (name, value, message) => {
    expect(issuesOf(webhook, { ...VARIABLES, [name]: value })).toContain(`${name} ${message}`)
  })

  it.each(['http://localhost:8080/send', 'http://127.1/', 'http://[::1]:8080/'])(
    'allow plain HTTP to the machine itself (%s)',
    (url) => {
      expect(issuesOf(webhook, { ...VARIABLES, WEBHOOK_URL: url })).toEqual([])
    },
  )

  it('allow whatever secret the library takes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (bytes) => {
        const secret = `whsec_${bytes.toBase64()}`
        const variables = { ...VARIABLES, WEBHOOK_SECRET: secret }
        expect(() => make(webhook, variables, refuseNetwork)).not.toThrow()
      }),
    )
  })
})

describe('webhook: the request', () => {
  it('is a POST of JSON to the URL', async () => {
    const outbound = outboundOf()
    const { request, body } = await send(says(200, {}), { outbound })
    expect(request.url).toBe(VARIABLES.WEBHOOK_URL)
    expect(request.method).toBe('POST')
    expect(request.redirect).toBe('manual')
    expect(request.headers.get('content-type')).toBe('application/json')
    expect(body).toEqual({
      verification_id: outbound.verificationId,
      attempt_id: outbound.delivery.id,
      to: NUMBER,
      channel: 'sms',
      locale: 'en',
      brand: 'Acme',
      text: outbound.text,
      code: CODE,
      expires_at: new Date(outbound.expiresAt).toISOString(),
      report_url: outbound.reportUrl,
    })
  })

  it("names a route's sender, and no URL when reports cannot come", async () => {
    const outbound = outboundOf({ sender: 'Acme', reportUrl: undefined })
    const { body } = await send(says(200, {}), { outbound })
    expect(body).toMatchObject({ sender: 'Acme' })
    expect(body).not.toHaveProperty('report_url')
  })

  it('carries any text and brand as they are, and is signed', async () => {
    const anything = fc.string({ unit: 'binary', maxLength: 160 })
    await fc.assert(
      fc.asyncProperty(anything, anything, async (text, brand) => {
        const {
          request,
          body,
          text: sent,
        } = await send(says(200, {}), {
          outbound: outboundOf({
            text,
            brand,
            delivery: { ...outboundOf().delivery, channel: 'call' },
          }),
        })
        expect(body).toMatchObject({ text, brand, channel: 'call' })
        const headers = Object.fromEntries(request.headers)
        expect(new Webhook(SECRET).verify(sent, headers)).toEqual(body)
      }),
      { numRuns: 100 },
    )
  })

  it('is signed now, under the id of the try, by every secret', async () => {
    setClock(1_700_000_000)
    const variables = { ...VARIABLES, WEBHOOK_SECRET: `${SECRET} ${OLD_SECRET}` }
    const { request, text } = await send(says(200, {}), {}, variables)
    const headers = Object.fromEntries(request.headers)
    expect(headers['webhook-id']).toBe(outboundOf().delivery.id)
    expect(headers['webhook-id']).not.toContain('.')
    expect(headers['webhook-timestamp']).toBe('1700000000')
    for (const secret of [SECRET, OLD_SECRET]) {
      expect(new Webhook(secret).verify(text, headers)).toMatchObject({ to: NUMBER })
    }
    const stranger = new Webhook(`whsec_${btoa('s'.repeat(32))}`)
    expect(() => stranger.verify(text, headers)).toThrow('No matching signature')
  })

  it('lets the gateway choose the sender, on the channels that it serves', () => {
    const variables = { ...VARIABLES, WEBHOOK_CHANNELS: 'sms,call' }
    const provider = make(webhook, variables, refuseNetwork)
    expect(provider.channels).toEqual(['sms', 'call'])
    expect(provider.senderOf('call', 'US')).toBe('')
    expect(provider.senderOf('whatsapp', 'US')).toBeUndefined()
  })
})

describe('webhook: what its answers mean', () => {
  it.each([
    ['nothing', () => new Response(null, { status: 204 })],
    ['an empty 200', () => new Response('', { status: 200 })],
    ['a blank 202', () => new Response(' \n', { status: 202 })],
    ['an object', says(201, {})],
    ['an object that says more', says(200, { ok: true, status: 'sent' })],
    ['nulls', says(200, { message_id: null, status: null, error: null })],
  ])('takes a message that was answered by %s for sent', async (_, answer) => {
    const { receipt } = await send(answer)
    expect(receipt).toEqual({ sent: true, messageId: null, segments: null })
  })

  it('keeps the id that the gateway gives', async () => {
    const { receipt } = await send(says(200, { message_id: 'msg_2KWPBgLlAfxdpx2A-I54pPJ85f4W' }))
    expect(receipt).toMatchObject({ messageId: 'msg_2KWPBgLlAfxdpx2A-I54pPJ85f4W' })
  })

  it.each([
    '',
    CODE,
    `msg_${CODE}`,
    NUMBER,
    `to-${NUMBER.slice(4)}`,
    SECRET,
    SECRET.slice(6),
    'a b',
    'x'.repeat(65),
    7,
  ])('keeps no id such as %j', async (id) => {
    const { receipt } = await send(says(200, { message_id: id }))
    expect(receipt).toMatchObject({ sent: true, messageId: null })
  })

  it.each(['accepted', 'queued', 'sent', 'delivered', 'read'])(
    'take a message that is %s for sent',
    async (status) => {
      const { receipt } = await send(() => Response.json({ message_id: 'm-1', status }))
      expect(receipt).toEqual({ sent: true, messageId: 'm-1', segments: null })
    },
  )

  it.each([
    ['a 200 that says undelivered', 200, { status: 'undelivered' }, 'unreachable'],
    ['a 200 that says unknown', 200, { status: 'unknown' }, 'unknown'],
    ['a 200 that says failed', 200, { status: 'failed' }, 'unreachable'],
    ['a 200 with an error', 200, { error: 'bad_number' }, 'bad_number'],
    ['a failure with its kind', 202, { status: 'failed', error: 'throttled' }, 'throttled'],
    ['422 bad_number', 422, { error: 'bad_number' }, 'bad_number'],
    ['422 not_on_channel', 422, { error: 'not_on_channel' }, 'not_on_channel'],
    ['500 misconfigured', 500, { error: 'misconfigured' }, 'misconfigured'],
    ['400 throttled', 400, { error: 'throttled' }, 'throttled'],
    ['403 unreachable', 403, { error: 'unreachable' }, 'unreachable'],
    ['422 with another error', 422, { error: CODE }, 'misconfigured'],
    ['401', 401, {}, 'misconfigured'],
    ['429', 429, {}, 'throttled'],
    ['500', 500, {}, 'unreachable'],
    ['504', 504, {}, 'unknown'],
    ['a redirect', 302, {}, 'misconfigured'],
  ])('classes %s', async (_, status, body, kind) => {
    const { receipt } = await send(says(status, body))
    expect(kindOf(receipt)).toBe(kind)
    expect(JSON.stringify(receipt)).toContain(`HTTP ${status}`)
  })

  it.each([
    ...UNCLEAR,
    ['a status that was not agreed on', says(200, { status: 'gone' })] as const,
    ['an error that was not agreed on', says(200, { error: 'no credit' })] as const,
    ['a word', says(200, 'ok')] as const,
  ])('does not know what became of a message that was answered by %s', async (_, answer) => {
    expect(kindOf((await send(answer)).receipt)).toBe('unknown')
  })

  it('does not know what became of a message without an answer in time', async () => {
    const { receipt } = await send(hang, { signal: AbortSignal.timeout(20) })
    expect(kindOf(receipt)).toBe('unknown')
  })

  it('answers any status and body by a receipt without code, number or secret', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), SECRET]
    const word = fc.constantFrom<unknown>(...leak, Number(CODE), 'failed', 'bad_number', 'x', null)
    const body = fc.oneof(
      fc.json(),
      fc.record({ message_id: word, status: word, error: word, message: word }),
      fc.record({ message_id: word }),
    )
    const status = fc.constantFrom(200, 201, 202, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599)
    await fc.assert(
      fc.asyncProperty(status, body, async (code, content) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const { receipt } = await send(() => new Response(text, { status: code }))
        for (const secret of leak) expect(JSON.stringify(receipt)).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})
