import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { webhook } from '../../src/providers/webhook.ts'
import { CODE } from './messages.ts'
import { claim, make, NUMBER, refuseNetwork, sendBy, setClock } from './play-vendor.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OLD_SECRET = `whsec_${btoa('o'.repeat(32))}`
const VARIABLES = { WEBHOOK_URL: 'https://gateway.example.com/send', WEBHOOK_SECRET: SECRET }

describe('webhook: its reports', () => {
  const NOW = 1_614_265_330
  const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  const VECTOR = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const BODY = '{"test": 2432232314}'

  beforeEach(() => setClock(NOW))

  const headersOf = (changes: Readonly<Record<string, string>> = {}) => ({
    'webhook-id': ID,
    'webhook-timestamp': String(NOW),
    'webhook-signature': VECTOR,
    ...changes,
  })
  const read = async (
    body: string | Uint8Array,
    headers: Record<string, string>,
    variables = VARIABLES,
  ) => make(webhook, variables, refuseNetwork).readReport?.(claim(body, headers))

  const signed = (content: unknown, secret = SECRET, at = NOW, variables = VARIABLES) => {
    const body = typeof content === 'string' ? content : JSON.stringify(content)
    const signature = new Webhook(secret).sign(ID, new Date(at * 1000), body)
    const timestamp = String(at)
    const headers = headersOf({ 'webhook-signature': signature, 'webhook-timestamp': timestamp })
    return read(body, headers, variables)
  }

  it("are the gateway's when their signature is right", async () => {
    // Authentic, but about nothing.
    expect(await read(BODY, headersOf())).toEqual({ outcome: 'unreadable' })
  })

  it('may bear several signatures', async () => {
    const several = headersOf({ 'webhook-signature': `v1,AAAA v1a,x v1 ${VECTOR}` })
    expect(await read(BODY, several)).toEqual({ outcome: 'unreadable' })
  })

  it.each([
    ['another byte in the body', BODY.replace('4', '5'), headersOf()],
    ['a byte order mark', `\ufeff${BODY}`, headersOf()],
    [
      'another byte in the signature',
      BODY,
      headersOf({ 'webhook-signature': VECTOR.replace('g0', 'g1') }),
    ],
    ['another id', BODY, headersOf({ 'webhook-id': 'msg_other' })],
    ['another time', BODY, headersOf({ 'webhook-timestamp': String(NOW + 1) })],
    ['no id', BODY, headersOf({ 'webhook-id': '' })],
    ['no time', BODY, headersOf({ 'webhook-timestamp': '' })],
    ['no signature', BODY, headersOf({ 'webhook-signature': '' })],
    ['a signature that is no base64', BODY, headersOf({ 'webhook-signature': 'v1,***' })],
    ['a short signature', BODY, headersOf({ 'webhook-signature': VECTOR.slice(0, -4) })],
    ['another version', BODY, headersOf({ 'webhook-signature': VECTOR.replace('v1', 'v2') })],
    ['a version alone', BODY, headersOf({ 'webhook-signature': 'v1' })],
    ['no header', BODY, {}],
  ])('are forged with %s', async (_, body, headers) => {
    expect(await read(body, headers)).toEqual({ outcome: 'forged' })
  })

  it('are forged with bytes that are no text', async () => {
    const bytes = new Uint8Array([0xff, ...new TextEncoder().encode(BODY)])
    expect(await read(bytes, headersOf())).toEqual({ outcome: 'forged' })
  })

  it('are forged by another secret, and right by any of several', async () => {
    const both = { ...VARIABLES, WEBHOOK_SECRET: `${SECRET},${OLD_SECRET}` }
    const content = { status: 'delivered' }
    expect(await signed(content, OLD_SECRET)).toEqual({ outcome: 'forged' })
    expect(await signed(content, OLD_SECRET, NOW, both)).toMatchObject({ outcome: 'reports' })
    expect(await signed(content, SECRET, NOW, both)).toMatchObject({ outcome: 'reports' })
  })

  it.each([
    [-300, 'reports'],
    [-301, 'forged'],
    [300, 'reports'],
    [301, 'forged'],
  ])('may be %i seconds off (%s)', async (seconds, outcome) => {
    expect(await signed({ status: 'sent' }, SECRET, NOW + seconds)).toMatchObject({ outcome })
  })

  it.each(['sent', 'delivered', 'undelivered', 'failed', 'unknown'])(
    'say that a message is %s',
    async (status) => {
      const report = { status, error: null, price: null, currency: null }
      expect(await signed({ status })).toEqual({ outcome: 'reports', reports: [{ report }] })
    },
  )

  it.each(['0.05', 0.05])('tell the kind of an error and a price (%j)', async (price) => {
    const content = { status: 'failed', error: 'not_on_channel', price, currency: 'EUR' }
    const error = 'Gateway error not_on_channel'
    expect(await signed(content)).toEqual({
      outcome: 'reports',
      reports: [{ report: { status: 'failed', error, price: '0.05', currency: 'EUR' } }],
    })
  })

  it('are none of a message that is queued, and delivered of one that was read', async () => {
    expect(await signed({ status: 'queued' })).toEqual({ outcome: 'reports', reports: [] })
    expect(await signed({ status: 'read' })).toMatchObject({
      reports: [{ report: { status: 'delivered' } }],
    })
  })

  it('tell nothing else', async () => {
    const content = { status: 'failed', error: CODE, price: CODE, currency: NUMBER, code: CODE }
    const report = { status: 'failed', error: null, price: null, currency: null }
    expect(await signed(content)).toEqual({ outcome: 'reports', reports: [{ report }] })
  })

  it('cannot be what was sent to the gateway', async () => {
    const { request, text } = await sendBy(webhook, VARIABLES, () => Response.json({}))
    const reading = await read(text, Object.fromEntries(request.headers))
    expect(reading).toEqual({ outcome: 'unreadable' })
  })

  it.each(['', '{', '[]', '{}', '{"status":"gone"}', '{"status":7}'])(
    'cannot be read when they are %j',
    async (content) => {
      expect(await signed(content)).toEqual({ outcome: 'unreadable' })
    },
  )
})
