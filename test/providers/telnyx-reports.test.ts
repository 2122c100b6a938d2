import { beforeEach, describe, expect, it } from 'vitest'
import { telnyx } from '../../src/providers/telnyx.ts'
import { CODE } from './messages.ts'
import { claim, make, NUMBER, refuseNetwork, setClock } from './play-vendor.ts'

const ID = '40385f64-5717-4562-b3fc-2c963f66afa6'
const VARIABLES = {
  TELNYX_API_KEY: 'KEY0180-of-the-tests',
  TELNYX_PUBLIC_KEY: 'ckC2V0oMFu9/HHxO07ZLC9RMp5o0aejC4EhZcLSWKl0=',
  TELNYX_FROM: '+12025550100',
}

describe('telnyx: its reports', () => {
  const NOW = 1_700_000_000
  const VECTOR =
    'V4NnsImFFXsC2Cz0msKAhjDcS91rzywYqESQViBk4ziOWWdpndmlM2nqr95YRHkuyBgwg9LOE8QM3xKGjx2/AA=='
  const BODY = '{"data":{}}'

  beforeEach(() => setClock(NOW))

  const headersOf = (signature: string, timestamp = String(NOW)) => ({
    'telnyx-signature-ed25519': signature,
    'telnyx-timestamp': timestamp,
  })
  const read = async (body: string, headers: Record<string, string>, variables = VARIABLES) =>
    make(telnyx, variables, refuseNetwork).readReport?.(claim(body, headers))

  /** A report that a pair of keys of our own has signed. */
  async function signed(content: unknown, at = NOW) {
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
    if (!('publicKey' in pair)) throw new Error('Expected a pair of keys')
    const body = typeof content === 'string' ? content : JSON.stringify(content)
    const bytes = new TextEncoder().encode(`${at}|${body}`)
    const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes))
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
    const key = new Uint8Array(raw as ArrayBuffer).toBase64()
    return read(body, headersOf(signature.toBase64(), String(at)), {
      ...VARIABLES,
      TELNYX_PUBLIC_KEY: key,
    })
  }

  const finalized = (status: unknown, changes: object = {}) => ({
    data: {
      event_type: 'message.finalized',
      id: '4ee8c3a6-4995-4309-a3c6-38e3db9ea4be',
      occurred_at: '2019-12-09T21:32:14.148+00:00',
      payload: {
        id: ID,
        to: [{ phone_number: NUMBER, status }],
        text: CODE,
        cost: { amount: '0.0051', currency: 'USD' },
        errors: [],
        ...changes,
      },
      record_type: 'event',
    },
    meta: { attempt: 1, delivered_to: 'https://otp.example.com' },
  })

  it("are Telnyx's when its signature is right", async () => {
    // Authentic, but about nothing.
    expect(await read(BODY, headersOf(VECTOR))).toEqual({ outcome: 'unreadable' })
  })

  it.each([
    ['another byte in the body', '{"data":[]}', headersOf(VECTOR)],
    ['another byte in the signature', BODY, headersOf(`W${VECTOR.slice(1)}`)],
    ['another time', BODY, headersOf(VECTOR, String(NOW + 1))],
    ['no time', BODY, { 'telnyx-signature-ed25519': VECTOR }],
    ['a time that is no number', BODY, headersOf(VECTOR, `${NOW}.0`)],
    ['no signature', BODY, { 'telnyx-timestamp': String(NOW) }],
    ['a signature that is no base64', BODY, headersOf(`${VECTOR.slice(0, -3)}*==`)],
    ['a short signature', BODY, headersOf(btoa('x'.repeat(63)))],
    ['a long signature', BODY, headersOf(btoa('x'.repeat(65)))],
  ])('are forged with %s', async (_, body, headers) => {
    expect(await read(body, headers)).toEqual({ outcome: 'forged' })
  })

  it('are forged by another key', async () => {
    const variables = { ...VARIABLES, TELNYX_PUBLIC_KEY: btoa(`${'k'.repeat(31)}A`) }
    expect(await read(BODY, headersOf(VECTOR), variables)).toEqual({ outcome: 'forged' })
  })

  it.each([
    [-300, 'reports'],
    [-301, 'forged'],
    [300, 'reports'],
    [301, 'forged'],
  ])('may be %i seconds off (%s)', async (seconds, outcome) => {
    expect(await signed(finalized('delivered'), NOW + seconds)).toMatchObject({ outcome })
  })

  it.each([
    ['delivered', 'delivered'],
    ['delivery_failed', 'undelivered'],
    ['expired', 'undelivered'],
    ['sending_failed', 'failed'],
    ['cancelled', 'failed'],
    ['delivery_unconfirmed', 'unknown'],
    ['sent', 'sent'],
    ['toString', 'unknown'],
    [CODE, 'unknown'],
    [undefined, 'unknown'],
  ])('say of a message that is finally %s that it is %s', async (status, expected) => {
    expect(await signed(finalized(status))).toEqual({
      outcome: 'reports',
      reports: [{ report: { status: expected, error: null, price: '0.0051', currency: 'USD' } }],
    })
  })

  it('say of a message that went out that it is sent', async () => {
    const content = finalized('queued')
    content.data.event_type = 'message.sent'
    expect(await signed(content)).toMatchObject({ reports: [{ report: { status: 'sent' } }] })
  })

  it('tell the code of an error alone', async () => {
    const errors = [{ code: '40008', title: 'Undeliverable', detail: `${NUMBER} ${CODE}` }]
    const reading = await signed(finalized('delivery_failed', { errors, cost: null }))
    const error = 'Telnyx error 40008'
    expect(reading).toEqual({
      outcome: 'reports',
      reports: [{ report: { status: 'undelivered', error, price: null, currency: null } }],
    })
  })

  it.each([[{ amount: CODE, currency: 'USD' }], [{ amount: '0.01', currency: NUMBER }], [CODE]])(
    'tell no price that is none (%j)',
    async (cost) => {
      const reading = await signed(finalized('delivered', { cost }))
      expect(reading).toMatchObject({ reports: [{ report: { price: null, currency: null } }] })
    },
  )

  it('hold nothing when they are of something else, and cannot be read when they are no JSON', async () => {
    expect(await signed({ data: { event_type: 'message.received', payload: {} } })).toEqual({
      outcome: 'reports',
      reports: [],
    })
    expect(await signed('[]')).toEqual({ outcome: 'unreadable' })
    expect(await signed('{')).toEqual({ outcome: 'unreadable' })
  })
})
