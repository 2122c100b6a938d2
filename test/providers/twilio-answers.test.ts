import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { E164 } from '../../src/core/phone.ts'
import { CODE, kindOf, message } from './messages.ts'
import { ACCOUNT, created, send, TOKEN } from './send-by-twilio.ts'
import document from './twilio-create-message.json'

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
    expect(receipt).toEqual({ sent: true, messageId: document.created.sid, segments: 2 })
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

  it.each(['queued', 'accepted', 'sending', 'sent', 'delivered', 'scheduled'])(
    'takes a message that is %s for sent',
    async (status) => {
      expect(kindOf((await send(() => created({ status }))).receipt)).toBe('sent')
    },
  )

  it.each([
    ['21211, no number', 400, 21211, 'bad_number'],
    ['21614, no mobile', 400, 21614, 'bad_number'],
    ['21610, opted out', 400, 21610, 'bad_number'],
    ['21408, country not enabled', 400, 21408, 'misconfigured'],
    ['21606, a sender of somebody else', 400, 21606, 'misconfigured'],
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
    const { receipt } = await send(() => refused(status, code))
    expect(kindOf(receipt)).toBe(kind)
    expect(JSON.stringify(receipt)).toContain(String(code ?? status))
  })

  it.each([
    [201, 'failed', 30003, 'unreachable'],
    [201, 'undelivered', null, 'unreachable'],
    [200, 'failed', 21211, 'bad_number'],
    [200, 'failed', 21610, 'bad_number'],
  ])('reads in the body of a %i that a message %s (%j)', async (status, state, code, kind) => {
    const body = { ...document.created, status: state, error_code: code }
    const { receipt } = await send(() => Response.json(body, { status }))
    expect(kindOf(receipt)).toBe(kind)
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
  ])('does not know what became of a message that was answered by %s', async (_, answer) => {
    expect(kindOf((await send(answer)).receipt)).toBe('unknown')
  })

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
    ['lost', () => Promise.reject(new Error('Network connection lost.'))],
    ['refused', () => Promise.reject(new TypeError('fetch failed'))],
    ['lost while its answer was read', () => broken(new Error('Network connection lost.'))],
    ['broken off while its answer was read', () => broken(new TypeError('network error'))],
  ])('does not know what became of a message whose connection was %s', async (_, answer) => {
    expect(kindOf((await send(answer)).receipt)).toBe('unknown')
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
        sid: fc.constantFrom(undefined, '', 'SM1', ...leak, 7),
        status: fc.constantFrom('failed', 'undelivered', 'queued', ...leak, 7, null),
        code: fc.constantFrom(21211, 20003, 'x', ...leak, null),
        error_code: fc.constantFrom(21211, 'x', ...leak, null),
        message: fc.constantFrom(...leak),
      }),
    )
    const status = fc.constantFrom(200, 201, 202, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599)
    const to = '+12025550123' as E164
    await fc.assert(
      fc.asyncProperty(status, body, async (code, content) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const { receipt } = await send(() => new Response(text, { status: code }), {
          outbound: message({ to }),
        })
        const written = JSON.stringify(receipt)
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})
