import { describe, expect, it } from 'vitest'
import { type Answer, message, type sendBy } from './json-vendor.ts'
import { kindOf } from './messages.ts'

type Send = (
  answer: Answer,
  outbound?: ReturnType<typeof message>,
  signal?: AbortSignal,
) => ReturnType<typeof sendBy>

const stream = (source: UnderlyingSource<Uint8Array>) =>
  new Response(new ReadableStream<Uint8Array>(source), { status: 202 })

const begins = (controller: ReadableStreamDefaultController<Uint8Array>) =>
  controller.enqueue(new TextEncoder().encode('{"message_uuid":'))

const hang = (signal: AbortSignal | undefined) =>
  new Promise<Response>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error))
  })

/** Tells that nobody knows what became of a message, over each channel of a vendor. */
export function describeUnclearAnswers(vendor: string, send: Send): void {
  describe.each(['sms', 'whatsapp'] as const)(`${vendor}: unclear answers to %s`, (channel) => {
    it.each<[string, Answer]>([
      ['HTML', () => new Response('<html>Welcome</html>', { status: 200 })],
      ['nothing', () => new Response(null, { status: 204 })],
      ['null', () => Response.json(null, { status: 202 })],
      ['a list', () => Response.json([], { status: 201 })],
      ['an object of something else', () => Response.json({ ok: true }, { status: 200 })],
      ['10 MB', () => new Response('x'.repeat(10 * 1024 * 1024), { status: 202 })],
      ['broken UTF-8', () => new Response(new Uint8Array([0xff, 0xfe]), { status: 202 })],
      ['a lost connection', () => Promise.reject(new Error('Network connection lost.'))],
      ['a refused connection', () => Promise.reject(new TypeError('fetch failed'))],
      [
        'a connection that is reset half-way',
        () => stream({ start: begins, pull: (half) => half.error(new TypeError('reset')) }),
      ],
      ['a gateway (502)', () => new Response('Bad gateway', { status: 502 })],
      ['a gateway (504)', () => new Response(null, { status: 504 })],
    ])('does not know what became of a message that was answered by %s', async (_, answer) => {
      expect(kindOf((await send(answer, message(channel))).receipt)).toBe('unknown')
    })

    it('does not know what became of a message without an answer in time', async () => {
      const { receipt } = await send(hang, message(channel), AbortSignal.timeout(20))
      expect(kindOf(receipt)).toBe('unknown')
    })

    it.each([
      [301, 'misconfigured'],
      [302, 'misconfigured'],
      [307, 'misconfigured'],
      [404, 'misconfigured'],
      [405, 'misconfigured'],
      [429, 'throttled'],
      [500, 'unreachable'],
      [503, 'unreachable'],
    ])('classes %i without a readable body as %s', async (status, kind) => {
      const headers = { location: 'https://elsewhere.example.com/' }
      const answer = () => new Response('<html>', { status, headers })
      const { receipt, request } = await send(answer, message(channel))
      expect(receipt).toEqual({ sent: false, failure: { kind, detail: `HTTP ${status}` } })
      expect(request.redirect).toBe('manual')
    })

    it('classes an error by its status when its body is too large to read', async () => {
      const answer = () => new Response('x'.repeat(1024 * 1024), { status: 401 })
      expect(kindOf((await send(answer, message(channel))).receipt)).toBe('misconfigured')
    })

    it('passes on how long a vendor wants to be left alone', async () => {
      const answer = () => new Response(null, { status: 429, headers: { 'retry-after': '7' } })
      const { receipt } = await send(answer, message(channel))
      expect(receipt).toMatchObject({ failure: { kind: 'throttled', retryAfterSeconds: 7 } })
    })
  })
}
