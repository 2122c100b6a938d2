import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { E164 } from '../../src/core/phone.ts'
import { CODE, kindOf } from './messages.ts'
import { ACCOUNT, created, createdCall, send, TOKEN } from './send-by-twilio.ts'
import { EXAMPLES } from './twilio-document.ts'

const CHANNELS = ['sms', 'whatsapp', 'call'] as const

/** An answer that begins well and ends in an error. */
const broken = (error: Error) =>
  new Response(
    new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new TextEncoder().encode('{"sid":')),
      pull: (stream) => stream.error(error),
    }),
    { status: 201 },
  )

const refused = (status: number, code?: number) =>
  Response.json(
    { code, message: `No: +12025550123 ${CODE} ${TOKEN}`, more_info: 'https://…', status },
    { status },
  )

describe('twilio: what its answers mean', () => {
  it('takes the id and the segments of a message', async () => {
    const { receipt } = await send(() => created({ num_segments: '2' }))
    expect(receipt).toEqual({ sent: true, messageId: EXAMPLES.message.sid, segments: 2 })
  })

  it('takes the id of a call, which has no segments', async () => {
    const { receipt } = await send(createdCall, { channel: 'call' })
    expect(receipt).toEqual({ sent: true, messageId: EXAMPLES.call.sid, segments: null })
  })

  it.each(['', CODE, '+12025550123', `SM${CODE}`, `SM${'z'.repeat(32)}`])(
    'keeps no id that Twilio would not give (%j)',
    async (sid) => {
      const { receipt } = await send(() => created({ sid }))
      expect(receipt).toEqual({ sent: true, messageId: null, segments: 1 })
    },
  )

  it.each([undefined, null, '', 'many', '-1', 1.5])('needs no segments (%j)', async (segments) => {
    const { receipt } = await send(() => created({ num_segments: segments }))
    expect(kindOf(receipt)).toBe('sent')
  })

  it.each(['queued', 'accepted', 'sending', 'sent', 'delivered', 'scheduled', undefined, 7])(
    'takes a message that is %s for sent',
    async (status) => {
      expect(kindOf((await send(() => created({ status }))).receipt)).toBe('sent')
    },
  )

  it.each(['queued', 'ringing', 'in-progress', 'completed'])(
    'takes a call that is %s for sent',
    async (status) => {
      const { receipt } = await send(() => createdCall({ status }), { channel: 'call' })
      expect(kindOf(receipt)).toBe('sent')
    },
  )

  describe.each(CHANNELS)('by %s', (channel) => {
    it.each([
      ['20003, bad credentials', 401, 20003, 'misconfigured'],
      ['20429, too many requests', 429, 20429, 'throttled'],
      ['429 without a code', 429, undefined, 'throttled'],
      ['400 with an unknown code', 400, 99_999, 'misconfigured'],
      ['404', 404, 20404, 'misconfigured'],
      ['500', 500, undefined, 'unreachable'],
      ['503 with a code', 503, 20503, 'unreachable'],
      ['502 of a gateway', 502, undefined, 'unknown'],
      ['504 of a gateway', 504, undefined, 'unknown'],
      ['a redirect', 302, undefined, 'misconfigured'],
    ])('classes %s', async (_, status, code, kind) => {
      const { receipt } = await send(() => refused(status, code), { channel })
      expect(kindOf(receipt)).toBe(kind)
      expect(JSON.stringify(receipt)).toContain(String(code ?? status))
    })

    it.each([
      ['HTML', () => new Response('<html>Welcome</html>', { status: 200 })],
      ['nothing', () => new Response(null, { status: 204 })],
      ['null', () => Response.json(null, { status: 201 })],
      ['a message without an id', () => created({ sid: undefined })],
      ['another id', () => created({ sid: 7 })],
      ['10 MB', () => new Response('x'.repeat(10 * 1024 * 1024), { status: 201 })],
      ['10 MB that begin well', () => created({ body: 'x'.repeat(10 * 1024 * 1024) })],
      ['broken UTF-8', () => new Response(new Uint8Array([0xff, 0xfe]), { status: 201 })],
      ['a lost connection', () => Promise.reject(new Error('Network connection lost.'))],
      ['a refused connection', () => Promise.reject(new TypeError('fetch failed'))],
      ['an answer that broke off', () => broken(new Error('Network connection lost.'))],
      ['an answer that the network broke off', () => broken(new TypeError('network error'))],
    ])('does not know what became of it after %s', async (_, answer) => {
      expect(kindOf((await send(answer, { channel })).receipt)).toBe('unknown')
    })

    it('keeps the time for which Twilio asks to be left alone', async () => {
      const answer = () => new Response('', { status: 429, headers: { 'retry-after': '7' } })
      const { receipt } = await send(answer, { channel })
      expect(receipt).toMatchObject({ failure: { kind: 'throttled', retryAfterSeconds: 7 } })
    })
  })

  it.each([
    ['sms', '21211, no number', 21211, 'bad_number'],
    ['sms', '21265, a short code', 21265, 'bad_number'],
    ['sms', '21614, no mobile', 21614, 'not_on_channel'],
    ['sms', '21610, opted out', 21610, 'not_on_channel'],
    ['sms', '21635, a landline', 21635, 'not_on_channel'],
    ['sms', '21408, country not enabled', 21408, 'misconfigured'],
    ['sms', '21606, a sender of somebody else', 21606, 'misconfigured'],
    ['sms', '21611, a full queue', 21611, 'throttled'],
    ['call', '13223, no number', 13223, 'bad_number'],
    ['call', '13224, a number that takes no calls', 13224, 'not_on_channel'],
    ['call', '13226, no country code', 13226, 'bad_number'],
    ['call', '21217, no number', 21217, 'bad_number'],
    ['call', '21214, out of reach of calls', 21214, 'not_on_channel'],
    ['call', '21201, no number given', 21201, 'misconfigured'],
    ['call', '21215, country not enabled', 21215, 'misconfigured'],
    ['call', '21216, country not enabled', 21216, 'misconfigured'],
    ['call', '21210, a caller of somebody else', 21210, 'misconfigured'],
    ['whatsapp', '63003, an address that is not found', 63003, 'not_on_channel'],
    ['whatsapp', '63014, blocked by the person', 63014, 'not_on_channel'],
    ['whatsapp', '63024, no valid recipient', 63024, 'not_on_channel'],
    ['whatsapp', '63007, no such sender', 63007, 'misconfigured'],
    ['whatsapp', '63016, no template', 63016, 'misconfigured'],
    ['whatsapp', '63018, too many messages', 63018, 'throttled'],
  ] as const)('classes by %s %s', async (channel, _, code, kind) => {
    const { receipt } = await send(() => refused(400, code), { channel })
    expect(kindOf(receipt)).toBe(kind)
    expect(JSON.stringify(receipt)).toContain(String(code))
  })

  it.each([
    ['sms', 201, 'failed', 30003, 'unreachable'],
    ['sms', 201, 'undelivered', null, 'unreachable'],
    ['sms', 200, 'failed', 21211, 'bad_number'],
    ['sms', 200, 'failed', 21610, 'not_on_channel'],
    ['sms', 201, 'failed', 30001, 'throttled'],
    ['whatsapp', 201, 'failed', 63016, 'misconfigured'],
    ['whatsapp', 201, 'undelivered', 63024, 'not_on_channel'],
    ['call', 201, 'failed', undefined, 'unreachable'],
    ['call', 201, 'busy', undefined, 'unreachable'],
    ['call', 201, 'no-answer', undefined, 'unreachable'],
    ['call', 201, 'canceled', undefined, 'unreachable'],
  ] as const)(
    'reads by %s in the body of a %i: %s (%j)',
    async (channel, status, state, code, kind) => {
      const body = { ...EXAMPLES.message, status: state, error_code: code }
      const { receipt } = await send(() => Response.json(body, { status }), { channel })
      expect(kindOf(receipt)).toBe(kind)
    },
  )

  it('reads no more of a long body than it needs', async () => {
    let pieces = 0
    const long = new ReadableStream<Uint8Array>({
      pull(controller) {
        pieces += 1
        if (pieces === 500) controller.close()
        else controller.enqueue(new Uint8Array(16 * 1024))
      },
    })
    const { receipt } = await send(() => new Response(long, { status: 201 }))
    expect(kindOf(receipt)).toBe('unknown')
    expect(pieces).toBeLessThan(20)
  })

  it('classes an error by its status when its body is too large to read', async () => {
    const { receipt } = await send(() => new Response('x'.repeat(1024 * 1024), { status: 429 }))
    expect(kindOf(receipt)).toBe('throttled')
  })

  it.each([
    ['the reason of its signal', (signal: AbortSignal) => signal.reason as Error],
    ['a lost connection', () => new TypeError('fetch failed')],
  ])(
    'does not know what became of a message without an answer in time, given up with %s',
    async (_, errorOf) => {
      const hang = (signal: AbortSignal | undefined) =>
        new Promise<Response>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(errorOf(signal)))
        })
      const { receipt } = await send(hang, { signal: AbortSignal.timeout(20) })
      expect(kindOf(receipt)).toBe('unknown')
    },
  )

  it('does not know what became of a message whose answer hangs half-way', async () => {
    const control = new AbortController()
    const half = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode('{"sid":'))
        control.signal.addEventListener('abort', () => stream.error(control.signal.reason))
      },
      pull() {
        control.abort()
      },
    })
    const answer = () => new Response(half, { status: 201 })
    const { receipt } = await send(answer, { signal: control.signal })
    expect(kindOf(receipt)).toBe('unknown')
  })

  it('answers any status and body by a receipt without code, number or token', async () => {
    const leak = [CODE, '+12025550123', '2025550123', TOKEN, btoa(`${ACCOUNT}:${TOKEN}`)]
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.record({
        sid: fc.constantFrom(undefined, '', 'SM1', 'CA1', ...leak, 7),
        status: fc.constantFrom('failed', 'undelivered', 'busy', 'queued', ...leak, 7, null),
        code: fc.constantFrom(21211, 20003, 'x', ...leak, Number(CODE), null),
        error_code: fc.constantFrom(21211, 'x', ...leak, Number(CODE), null),
        message: fc.constantFrom(...leak),
      }),
    )
    const status = fc.constantFrom(200, 201, 202, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599)
    const channels = fc.constantFrom(...CHANNELS)
    const to = '+12025550123' as E164
    await fc.assert(
      fc.asyncProperty(status, body, channels, async (code, content, channel) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const answer = () => new Response(text, { status: code })
        const { receipt } = await send(answer, { channel, changes: { to } })
        const written = JSON.stringify(receipt)
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})
