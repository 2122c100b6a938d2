import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meta } from '../../src/providers/meta.ts'
import { CODE, kindOf } from './messages.ts'
import {
  hang,
  issuesOf,
  make,
  messageFor,
  NUMBER,
  refuseNetwork,
  REPORT_TOKEN,
  sendBy,
  UNCLEAR,
  type Answer,
} from './play-vendor.ts'

const TOKEN = 'EAAJB-token-of-the-tests'
const SENDER = '105954558954427'
const VERIFY_TOKEN = 'verify-token-of-the-tests'
const VARIABLES = {
  META_TOKEN: TOKEN,
  META_PHONE_NUMBER_ID: `${SENDER},BR=205954558954427`,
  META_TEMPLATE: 'verification_code',
  META_APP_SECRET: 'appsecret',
  META_VERIFY_TOKEN: VERIFY_TOKEN,
}
// The recipient's number stands in it, in base64.
const WAMID = 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA'

const whatsapp = { ...messageFor().delivery, channel: 'whatsapp' } as const
const outboundOf = (changes: Parameters<typeof messageFor>[0] = {}) =>
  messageFor({ delivery: whatsapp, sender: SENDER, ...changes })

const send = (answer: Answer, options: Parameters<typeof sendBy>[3] = {}, variables = VARIABLES) =>
  sendBy(meta, variables, answer, { outbound: outboundOf(), ...options })

/** https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates/auth-otp-template-messages */
const taken = (changes: object = {}) =>
  Response.json({
    messaging_product: 'whatsapp',
    contacts: [{ input: NUMBER.slice(1), wa_id: NUMBER.slice(1) }],
    messages: [{ id: WAMID }],
    ...changes,
  })

const errorOf = (code: unknown) => ({
  message: `(#${String(code)}) ${NUMBER} ${CODE}`,
  type: 'OAuthException',
  code,
  error_data: { messaging_product: 'whatsapp', details: TOKEN },
  fbtrace_id: 'Az8or2yhqkZfEZ-_4Qn_Bam',
})

const refused = (status: number, code?: unknown) =>
  Response.json({ error: errorOf(code) }, { status })

describe('meta: its variables', () => {
  it('are a token, a number, a template and the secrets of its webhook', () => {
    expect(meta.variables.parse(VARIABLES)).toEqual({
      token: TOKEN,
      phoneNumberId: { other: SENDER, byKey: new Map([['BR', '205954558954427']]) },
      template: { name: 'verification_code', languages: ['en_US'] },
      appSecret: 'appsecret',
      verifyToken: VERIFY_TOKEN,
      baseUrl: 'https://graph.facebook.com/v26.0',
    })
    const languages = { META_TEMPLATE_LANGUAGES: 'en_US, pt_BR,fil' }
    expect(meta.variables.parse({ ...VARIABLES, ...languages })).toMatchObject({
      template: { languages: ['en_US', 'pt_BR', 'fil'] },
    })
  })

  it.each([
    ['META_TOKEN', undefined, 'is missing'],
    ['META_TOKEN', '', 'is empty'],
    ['META_TOKEN', 'a\nb', 'holds more than letters, digits and signs'],
    ['META_PHONE_NUMBER_ID', undefined, 'is missing'],
    [
      'META_PHONE_NUMBER_ID',
      '+12025550100',
      'holds more than digits: the id of a number, not the number, is meant',
    ],
    [
      'META_PHONE_NUMBER_ID',
      `${SENDER},BR=me/../1`,
      'holds more than digits: the id of a number, not the number, is meant',
    ],
    ['META_PHONE_NUMBER_ID', `br=${SENDER}`, 'has something else than a country before a ='],
    ['META_TEMPLATE', undefined, 'is missing'],
    [
      'META_TEMPLATE',
      'My Template',
      'is no name of a template, which is of lower-case letters, digits and _',
    ],
    ['META_TEMPLATE_LANGUAGES', '', 'holds what is no language code of Meta'],
    ['META_TEMPLATE_LANGUAGES', 'en-US', 'holds what is no language code of Meta'],
    ['META_APP_SECRET', undefined, 'is missing'],
    ['META_VERIFY_TOKEN', undefined, 'is missing'],
    ['META_VERIFY_TOKEN', ' ', 'is empty'],
    ['META_BASE_URL', 'ftp://graph.facebook.com', 'is no http or https URL without ? and #'],
  ])('complain of %s when it is %j', (name, value, message) => {
    expect(issuesOf(meta, { ...VARIABLES, [name]: value })).toContain(`${name} ${message}`)
  })
})

describe('meta: the request', () => {
  it('is a POST of an authentication template, with the code twice and the token of the try', async () => {
    const { request, body } = await send(() => taken())
    expect(request.url).toBe(`https://graph.facebook.com/v26.0/${SENDER}/messages`)
    expect(request.method).toBe('POST')
    expect(request.redirect).toBe('manual')
    expect(request.headers.get('authorization')).toBe(`Bearer ${TOKEN}`)
    expect(request.headers.get('content-type')).toBe('application/json')
    const parameters = [{ type: 'text', text: CODE }]
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '12025550123',
      type: 'template',
      template: {
        name: 'verification_code',
        language: { code: 'en_US' },
        components: [
          { type: 'body', parameters },
          { type: 'button', sub_type: 'url', index: '0', parameters },
        ],
      },
      biz_opaque_callback_data: REPORT_TOKEN,
    })
  })

  it('carries no text or name of a caller', async () => {
    const anything = fc.string({ unit: 'binary', minLength: 3 })
    await fc.assert(
      fc.asyncProperty(anything, anything, async (text, brand) => {
        const plain = await send(() => taken())
        const other = await send(() => taken(), { outbound: outboundOf({ text, brand }) })
        expect(other.text).toBe(plain.text)
      }),
      { numRuns: 50 },
    )
  })

  it('comes from the number of the country, by WhatsApp only', () => {
    const provider = make(meta, VARIABLES, refuseNetwork)
    expect(provider.channels).toEqual(['whatsapp'])
    expect(provider.senderOf('whatsapp', 'US')).toBe(SENDER)
    expect(provider.senderOf('whatsapp', 'BR')).toBe('205954558954427')
    expect(provider.senderOf('sms', 'US')).toBeUndefined()
  })

  it.each(['', '+12025550100', '../me', `${SENDER}/../1`, `${SENDER}?a=`])(
    'is not made from a sender that is no id of a number (%j)',
    async (sender) => {
      const provider = make(meta, VARIABLES, refuseNetwork)
      const receipt = await provider.send(outboundOf({ sender }), new AbortController().signal)
      expect(kindOf(receipt)).toBe('misconfigured')
    },
  )
})

describe('meta: what its answers mean', () => {
  it('takes a message for sent, and keeps no id, in which the number would be', async () => {
    expect(atob(WAMID.slice('wamid.'.length))).toContain(NUMBER.slice(1))
    const { receipt } = await send(() => taken())
    expect(receipt).toEqual({ sent: true, messageId: null, segments: null })
  })

  it('takes a message that is accepted for sent', async () => {
    const messages = [{ id: WAMID, message_status: 'accepted' }]
    expect(kindOf((await send(() => taken({ messages }))).receipt)).toBe('sent')
  })

  it.each([
    ['131026, not on WhatsApp', 400, 131026, 'not_on_channel'],
    ['131047, outside the window', 400, 131047, 'not_on_channel'],
    ['131049, for the ecosystem', 400, 131049, 'not_on_channel'],
    ['131021, the sender itself', 400, 131021, 'not_on_channel'],
    ['130472, an experiment', 400, 130472, 'not_on_channel'],
    ['130429, throughput', 400, 130429, 'throttled'],
    ['80007, the limit of the account', 400, 80007, 'throttled'],
    ['131056, too much to one number', 400, 131056, 'not_on_channel'],
    ['131048, spam', 400, 131048, 'throttled'],
    ['4, too many calls', 400, 4, 'throttled'],
    ['0, authentication', 401, 0, 'misconfigured'],
    ['3, a capability', 500, 3, 'misconfigured'],
    ['10, a permission', 403, 10, 'misconfigured'],
    ['190, an expired token', 401, 190, 'misconfigured'],
    ['200, a permission', 500, 200, 'misconfigured'],
    ['299, a permission', 500, 299, 'misconfigured'],
    ['132000, parameters', 500, 132000, 'misconfigured'],
    ['132001, no template', 404, 132001, 'misconfigured'],
    ['132015, a paused template', 500, 132015, 'misconfigured'],
    ['131042, payment', 400, 131042, 'misconfigured'],
    ['131045, no registration', 500, 131045, 'misconfigured'],
    ['133010, no registration', 500, 133010, 'misconfigured'],
    ['131000, something', 400, 131000, 'unreachable'],
    ['131016, overload', 400, 131016, 'unreachable'],
    ['133004, overload', 400, 133004, 'unreachable'],
    ['2, overload', 400, 2, 'unreachable'],
    ['100, a parameter', 400, 100, 'misconfigured'],
    ['429 without a code', 429, undefined, 'throttled'],
    ['500 without a code', 500, undefined, 'unreachable'],
    ['502', 502, undefined, 'unknown'],
    ['a redirect', 302, undefined, 'misconfigured'],
    ['a 200 with a known error', 200, 131026, 'not_on_channel'],
    ['a 200 with another error', 200, 135000, 'unknown'],
    ['a 200 with an error without a code', 200, undefined, 'unknown'],
  ])('classes %s', async (_, status, code, kind) => {
    const { receipt } = await send(() => refused(status, code))
    const detail = code === undefined ? `HTTP ${status}` : `HTTP ${status}, Meta error ${code}`
    expect(receipt).toEqual({ sent: false, failure: { kind, detail } })
  })

  it.each([
    ...UNCLEAR,
    ['nothing', () => new Response(null, { status: 204 })] as const,
    ['no message', () => taken({ messages: [] })] as const,
    ['two messages', () => taken({ messages: [{ id: WAMID }, { id: WAMID }] })] as const,
    ['another id', () => taken({ messages: [{ id: CODE }] })] as const,
    [
      'a message that is held back',
      () => taken({ messages: [{ id: WAMID, message_status: 'held_for_quality_assessment' }] }),
    ] as const,
  ])('does not know what became of a message that was answered by %s', async (_, answer) => {
    expect(kindOf((await send(answer)).receipt)).toBe('unknown')
  })

  it('does not know what became of a message without an answer in time', async () => {
    const { receipt } = await send(hang, { signal: AbortSignal.timeout(20) })
    expect(kindOf(receipt)).toBe('unknown')
  })

  it('answers any status and body by a receipt without code, number or token', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), TOKEN, WAMID]
    const word = fc.constantFrom<unknown>(...leak, Number(CODE), 131026, 'accepted', null)
    const body = fc.oneof(
      fc.json(),
      fc.record({ error: fc.record({ code: word, message: word, error_data: word }) }),
      fc.record({ messages: fc.array(fc.record({ id: word, message_status: word })) }),
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
