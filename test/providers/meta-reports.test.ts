import { describe, expect, it } from 'vitest'
import { meta } from '../../src/providers/meta.ts'
import { CODE } from './messages.ts'
import { claim, make, NUMBER, refuseNetwork } from './play-vendor.ts'

const VERIFY_TOKEN = 'verify-token-of-the-tests'
const VARIABLES = {
  META_TOKEN: 'EAAJB-token-of-the-tests',
  META_PHONE_NUMBER_ID: '105954558954427',
  META_TEMPLATE: 'verification_code',
  META_APP_SECRET: 'appsecret',
  META_VERIFY_TOKEN: VERIFY_TOKEN,
}

describe('meta: the trial of its URL', () => {
  const challenge = (query: Readonly<Record<string, string>>) => {
    const all = { 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN, ...query }
    const url = `https://otp.example.com/v1/receipts/meta?${new URLSearchParams(all).toString()}`
    const request = claim('', {}, { method: 'GET', url })
    return make(meta, VARIABLES, refuseNetwork).readReport?.(request)
  }

  it('gets back what it asks for', async () => {
    const text = '1158201444'
    expect(await challenge({ 'hub.challenge': text })).toEqual({ outcome: 'challenge', text })
  })

  it.each([
    ['another token', { 'hub.verify_token': `${VERIFY_TOKEN}x` }],
    ['the beginning of the token', { 'hub.verify_token': VERIFY_TOKEN.slice(0, -1) }],
    ['no token', { 'hub.verify_token': '' }],
    ['another mode', { 'hub.mode': 'unsubscribe' }],
  ])('is forged with %s', async (_, query) => {
    expect(await challenge({ 'hub.challenge': '1', ...query })).toEqual({ outcome: 'forged' })
  })

  it.each(['', '<script>', 'a b', '1'.repeat(101)])('gets nothing back for %j', async (text) => {
    expect(await challenge({ 'hub.challenge': text })).toEqual({ outcome: 'unreadable' })
  })
})

describe('meta: its reports', () => {
  const VECTOR = 'sha256=f6491327cb5b041cdf4fe69b94711c7b68bb0aef719854bae676a59788a2b6b6'
  const BODY = '{"object":"whatsapp_business_account"}'

  const read = async (body: string, signature: string | undefined, variables = VARIABLES) => {
    const headers = signature === undefined ? {} : { 'x-hub-signature-256': signature }
    return make(meta, variables, refuseNetwork).readReport?.(claim(body, headers))
  }
  async function signed(content: unknown) {
    const body = typeof content === 'string' ? content : JSON.stringify(content)
    const encoder = new TextEncoder()
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const secret = encoder.encode('appsecret')
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
    const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(body))
    return read(body, `sha256=${new Uint8Array(signature).toHex()}`)
  }

  const status = (token: unknown, state: unknown, changes: object = {}) => ({
    id: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA',
    status: state,
    timestamp: '1750857384',
    recipient_id: NUMBER.slice(1),
    pricing: { billable: true, pricing_model: 'PMP', category: 'authentication' },
    biz_opaque_callback_data: token,
    ...changes,
  })
  const change = (...statuses: readonly unknown[]) => ({
    field: 'messages',
    value: {
      messaging_product: 'whatsapp',
      metadata: { phone_number_id: '105954558954427' },
      statuses,
    },
  })
  const webhookOf = (...changes: readonly unknown[]) => ({
    object: 'whatsapp_business_account',
    entry: [{ id: '1314702302917944', changes }],
  })
  const reportOf = (token: string, state: string, error: string | null = null) => ({
    token,
    report: { status: state, error, price: null, currency: null },
  })

  it("are Meta's when their signature is right", async () => {
    expect(await read(BODY, VECTOR)).toEqual({ outcome: 'reports', reports: [] })
  })

  it.each([
    ['another byte in the body', BODY.replace('w', 'W'), VECTOR],
    ['another byte in the signature', BODY, VECTOR.replace('=f6', '=f7')],
    ['no signature', BODY, undefined],
    ['an empty signature', BODY, 'sha256='],
    ['a short signature', BODY, VECTOR.slice(0, -2)],
    ['a long signature', BODY, `${VECTOR}00`],
    ['a signature that is no hex', BODY, VECTOR.replace('=f6', '=zz')],
    ['another algorithm', BODY, VECTOR.replace('sha256', 'sha1')],
  ])('are forged with %s', async (_, body, signature) => {
    expect(await read(body, signature)).toEqual({ outcome: 'forged' })
  })

  it('are forged by another secret', async () => {
    const variables = { ...VARIABLES, META_APP_SECRET: 'another' }
    expect(await read(BODY, VECTOR, variables)).toEqual({ outcome: 'forged' })
  })

  it.each([
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['failed', 'failed'],
  ])('say of a message that is %s that it is %s', async (state, expected) => {
    expect(await signed(webhookOf(change(status('t1', state))))).toEqual({
      outcome: 'reports',
      reports: [reportOf('t1', expected)],
    })
  })

  it('tell the code of an error alone', async () => {
    const errors = [{ code: 131026, title: `${NUMBER} ${CODE}`, error_data: { details: CODE } }]
    expect(await signed(webhookOf(change(status('t1', 'failed', { errors }))))).toEqual({
      outcome: 'reports',
      reports: [reportOf('t1', 'failed', 'Meta error 131026')],
    })
  })

  it.each([[[{ code: Number(CODE) }]], [[{ code: CODE }]], [[null]], [CODE], [[]]])(
    'tell no error that has no code of theirs (%j)',
    async (errors) => {
      expect(await signed(webhookOf(change(status('t1', 'failed', { errors }))))).toEqual({
        outcome: 'reports',
        reports: [reportOf('t1', 'failed')],
      })
    },
  )

  it('are all read, of every change of every entry', async () => {
    const first = change(status('t1', 'sent'), status('t2', 'delivered'))
    const second = change(status('t3', 'failed', { errors: [{ code: 131049 }] }))
    const content = webhookOf(first, second)
    content.entry.push({ id: '2', changes: [change(status('t4', 'read'))] })
    expect(await signed(content)).toEqual({
      outcome: 'reports',
      reports: [
        reportOf('t1', 'sent'),
        reportOf('t2', 'delivered'),
        reportOf('t3', 'failed', 'Meta error 131049'),
        reportOf('t4', 'delivered'),
      ],
    })
  })

  it('are read in spite of what is not ours beside them', async () => {
    const inbound = { field: 'messages', value: { messages: [{ text: { body: 'Hello' } }] } }
    const foreign = [
      status(undefined, 'sent'),
      status('', 'sent'),
      status('x'.repeat(513), 'sent'),
      status({ source: 'api' }, 'sent'),
      status('t0', 'deleted'),
      status('t0', 7),
      null,
    ]
    const template = { field: 'message_template_status_update', value: { event: 'APPROVED' } }
    const content = webhookOf(inbound, null, change(...foreign, status('t1', 'sent')), template, {
      value: { statuses: 'none' },
    })
    expect(await signed(content)).toEqual({ outcome: 'reports', reports: [reportOf('t1', 'sent')] })
  })

  it.each(['', '{', '[]', '7', 'null'])('cannot be read when they are %j', async (content) => {
    expect(await signed(content)).toEqual({ outcome: 'unreadable' })
  })
})
