import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { telnyx } from '../../src/providers/telnyx.ts'
import { CODE, kindOf } from './messages.ts'
import {
  hang,
  issuesOf,
  make,
  messageFor,
  NUMBER,
  refuseNetwork,
  sendBy,
  UNCLEAR,
  type Answer,
  type Variables,
} from './play-vendor.ts'

const API_KEY = 'KEY0180-of-the-tests'
const PROFILE = '4000eba1-a0c0-c563-3925-b25e842a7cb6'
const ID = '40385f64-5717-4562-b3fc-2c963f66afa6'
const VARIABLES = {
  TELNYX_API_KEY: API_KEY,
  TELNYX_PUBLIC_KEY: 'ckC2V0oMFu9/HHxO07ZLC9RMp5o0aejC4EhZcLSWKl0=',
  TELNYX_FROM: '+12025550100,GB=Acme',
  TELNYX_MESSAGING_PROFILE_ID: PROFILE,
}

const send = (answer: Answer, options: Parameters<typeof sendBy>[3] = {}, variables = VARIABLES) =>
  sendBy(telnyx, variables, answer, options)

/** https://developers.telnyx.com/api-reference/messages/send-a-message */
const taken = (changes: object = {}) => {
  const to = [
    { phone_number: NUMBER, status: 'queued', carrier: 'T-MOBILE', line_type: 'Wireless' },
  ]
  const data = { record_type: 'message', direction: 'outbound', id: ID, type: 'SMS', to, parts: 1 }
  return Response.json({ data: { ...data, text: CODE, cost: null, errors: [], ...changes } })
}

const refused = (status: number, code?: unknown) => {
  const title = `No: ${NUMBER} ${CODE}`
  const source = { pointer: '/to' }
  return Response.json({ errors: [{ code, title, detail: API_KEY, source }] }, { status })
}

describe('telnyx: its variables', () => {
  const without = (changes: Variables) => issuesOf(telnyx, { ...VARIABLES, ...changes })

  it('are an API key, the public key, senders and their profile', () => {
    expect(telnyx.variables.parse(VARIABLES)).toMatchObject({
      apiKey: API_KEY,
      from: { other: '+12025550100', byKey: new Map([['GB', 'Acme']]) },
      messagingProfileId: PROFILE,
      baseUrl: 'https://api.telnyx.com',
    })
  })

  it.each([
    ['TELNYX_API_KEY', undefined, 'is missing'],
    ['TELNYX_API_KEY', ' ', 'is empty'],
    ['TELNYX_API_KEY', 'KEY\r\nx: y', 'holds more than letters, digits and signs'],
    ['TELNYX_PUBLIC_KEY', undefined, 'is missing'],
    ['TELNYX_PUBLIC_KEY', 'not base64!', 'is no public key: 32 bytes in base64'],
    ['TELNYX_PUBLIC_KEY', btoa('x'.repeat(31)), 'is no public key: 32 bytes in base64'],
    ['TELNYX_PUBLIC_KEY', btoa('x'.repeat(33)), 'is no public key: 32 bytes in base64'],
    ['TELNYX_FROM', undefined, 'is missing'],
    ['TELNYX_FROM', '', 'holds an empty value'],
    ['TELNYX_FROM', 'GB=Acme,us=+12025550100', 'has something else than a country before a ='],
    ['TELNYX_MESSAGING_PROFILE_ID', 'profile', 'is no id of a profile'],
    ['TELNYX_BASE_URL', 'telnyx.test', 'is no URL'],
  ])('complain of %s when it is %j', (name, value, message) => {
    expect(without({ [name]: value })).toContain(`${name} ${message}`)
  })

  it('need a profile for a name only', () => {
    const none = { TELNYX_MESSAGING_PROFILE_ID: undefined }
    const issue =
      'TELNYX_MESSAGING_PROFILE_ID is missing: TELNYX_FROM holds a name, and a profile owns it'
    expect(without(none)).toEqual([issue])
    expect(without({ ...none, TELNYX_FROM: 'Acme' })).toEqual([issue])
    expect(without({ ...none, TELNYX_FROM: '+12025550100,CA=+14165550100' })).toEqual([])
  })
})

describe('telnyx: the request', () => {
  it('is a POST of JSON with a bearer token', async () => {
    const { request, body } = await send(() => taken())
    expect(request.url).toBe('https://api.telnyx.com/v2/messages')
    expect(request.method).toBe('POST')
    expect(request.redirect).toBe('manual')
    expect(request.headers.get('authorization')).toBe(`Bearer ${API_KEY}`)
    expect(request.headers.get('content-type')).toBe('application/json')
    const { text, reportUrl } = messageFor()
    expect(body).toEqual({
      from: '+12025550100',
      to: NUMBER,
      text,
      type: 'SMS',
      encoding: 'auto',
      webhook_url: reportUrl,
      use_profile_webhooks: false,
    })
  })

  it('names the profile of a name, and no URL when reports cannot come', async () => {
    const outbound = messageFor({ sender: 'Acme', reportUrl: undefined })
    const { body } = await send(() => taken(), { outbound })
    expect(body).toMatchObject({ from: 'Acme', messaging_profile_id: PROFILE })
    expect(body).not.toHaveProperty('webhook_url')
  })

  it('carries any text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 160 }), async (text) => {
        const { body } = await send(() => taken(), { outbound: messageFor({ text }) })
        expect(body['text']).toBe(text)
        expect(Object.keys(body)).toHaveLength(7)
      }),
      { numRuns: 100 },
    )
  })

  it('comes from the sender of the country, by text message only', () => {
    const provider = make(telnyx, VARIABLES, refuseNetwork)
    expect(provider.channels).toEqual(['sms'])
    expect(provider.senderOf('sms', 'US')).toBe('+12025550100')
    expect(provider.senderOf('sms', 'GB')).toBe('Acme')
    expect(provider.senderOf('call', 'US')).toBeUndefined()
  })
})

describe('telnyx: what its answers mean', () => {
  it('takes the id and the parts of a message', async () => {
    const { receipt } = await send(() => taken({ parts: 2 }))
    expect(receipt).toEqual({ sent: true, messageId: ID, segments: 2 })
  })

  it.each(['', CODE, NUMBER, `${ID}0`])('keeps no id that is no UUID (%j)', async (id) => {
    const { receipt } = await send(() => taken({ id, parts: Number(CODE) }))
    expect(receipt).toEqual({ sent: true, messageId: null, segments: null })
  })

  it.each([
    ["40310, invalid 'to'", 400, '40310', 'bad_number'],
    ['40310 as a number', 422, 40310, 'bad_number'],
    ['40001, a landline', 400, '40001', 'not_on_channel'],
    ['40300, who answered STOP', 403, '40300', 'not_on_channel'],
    ['10009, bad key', 401, '10009', 'misconfigured'],
    ['10001, inactive sender', 400, '10001', 'misconfigured'],
    ['40306, unknown name', 409, '40306', 'misconfigured'],
    ['20100, no funds', 402, '20100', 'misconfigured'],
    ['10011, too many requests', 429, '10011', 'throttled'],
    ['40318, queue full', 400, '40318', 'throttled'],
    ['10007, unexpected error', 400, '10007', 'unreachable'],
    ['429 without a code', 429, undefined, 'throttled'],
    ['422 with an unknown code', 422, '49999', 'misconfigured'],
    ['404', 404, undefined, 'misconfigured'],
    ['500', 500, undefined, 'unreachable'],
    ['503', 503, undefined, 'unreachable'],
    ['502', 502, undefined, 'unknown'],
    ['a redirect', 302, undefined, 'misconfigured'],
  ])('classes %s', async (_, status, code, kind) => {
    const { receipt } = await send(() => refused(status, code))
    const detail = code === undefined ? `HTTP ${status}` : `HTTP ${status}, Telnyx error ${code}`
    expect(receipt).toEqual({ sent: false, failure: { kind, detail } })
  })

  it.each([
    ['sending_failed', [], 'unreachable', 'HTTP 200'],
    ['delivery_failed', [{ code: '40310' }], 'bad_number', 'HTTP 200, Telnyx error 40310'],
    ['queued', [{ code: '40318' }], 'throttled', 'HTTP 200, Telnyx error 40318'],
    ['queued', [{ title: 'x' }, { code: '40008' }], 'unreachable', 'HTTP 200, Telnyx error 40008'],
    ['queued', [null], 'unreachable', 'HTTP 200'],
  ])(
    'reads in the body of a 200 that a message is %s with %j',
    async (status, errors, kind, detail) => {
      const to = [{ phone_number: NUMBER, status }]
      const { receipt } = await send(() => taken({ to, errors }))
      expect(receipt).toEqual({ sent: false, failure: { kind, detail } })
    },
  )

  it.each(['queued', 'sending', 'sent', 'delivered', 'delivery_unconfirmed', undefined])(
    'takes a message that is %s for sent',
    async (status) => {
      const { receipt } = await send(() => taken({ to: [{ status }] }))
      expect(kindOf(receipt)).toBe('sent')
    },
  )

  it('waits as long as it is asked to', async () => {
    const headers = { 'retry-after': '7' }
    const { receipt } = await send(() => Response.json({}, { status: 429, headers }))
    expect(receipt).toMatchObject({ failure: { kind: 'throttled', retryAfterSeconds: 7 } })
  })

  it.each([
    ...UNCLEAR,
    ['nothing', () => new Response(null, { status: 204 })] as const,
    ['a message without an id', () => taken({ id: undefined })] as const,
  ])('does not know what became of a message that was answered by %s', async (_, answer) => {
    expect(kindOf((await send(answer)).receipt)).toBe('unknown')
  })

  it('does not know what became of a message without an answer in time', async () => {
    const { receipt } = await send(hang, { signal: AbortSignal.timeout(20) })
    expect(kindOf(receipt)).toBe('unknown')
  })

  it('answers any status and body by a receipt without code, number or key', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), API_KEY]
    const word = fc.constantFrom<unknown>(...leak, Number(CODE), '40310', 'sending_failed', null)
    const body = fc.oneof(
      fc.json(),
      fc.record({ errors: fc.array(fc.record({ code: word, title: word, detail: word })) }),
      fc.record({
        data: fc.record({
          id: word,
          parts: word,
          to: fc.array(fc.record({ status: word, phone_number: word })),
          errors: fc.array(fc.record({ code: word, title: word })),
        }),
      }),
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
