import { vi } from 'vitest'

/** What the fake carrier answers to one message. */
export type Script =
  | 'ok'
  | 'hang'
  | 'refused'
  | 'garbage'
  | 'huge'
  | { readonly status: number; readonly body?: unknown }
  | (() => Promise<void> | void)

export interface SentMessage {
  readonly to: string
  /** Of a text message. */
  readonly text: string
  /** Of a text or WhatsApp message; a call has none in its request. */
  readonly code: string
  readonly form: URLSearchParams
  readonly headers: Headers
  readonly url: string
}

/** Stands in for Twilio: answers each message by its script, then `ok`; keeps what was sent. */
export function fakeProvider(...script: readonly Script[]) {
  const messages: SentMessage[] = []
  const steps = [...script]
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    const url = request.url
    if (!url.startsWith('https://twilio.test/')) throw new Error(`No test expects a call of ${url}`)
    const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
    const text = form.get('Body') ?? ''
    const said = `${text} ${form.get('ContentVariables') ?? ''}`
    messages.push({
      to: form.get('To') ?? '',
      text,
      code: /\d{4,10}/.exec(said)?.[0] ?? '',
      form,
      headers: request.headers,
      url,
    })
    const step = steps.shift() ?? 'ok'
    if (typeof step === 'function') {
      await step()
      return accepted()
    }
    return answer(step, init?.signal ?? undefined)
  })
  return { messages, spy, script: (...more: readonly Script[]) => steps.push(...more) }
}

function answer(
  step: Exclude<Script, () => unknown>,
  signal: AbortSignal | undefined,
): Response | Promise<Response> {
  if (typeof step === 'object') {
    return Response.json(step.body ?? { code: 99999, message: 'no' }, { status: step.status })
  }
  switch (step) {
    case 'ok':
      return accepted()
    case 'hang':
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    case 'refused':
      throw new TypeError('fetch failed')
    case 'garbage':
      return new Response('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } })
    case 'huge':
      return new Response('x'.repeat(10 * 1024 * 1024))
  }
}

const accepted = () =>
  Response.json(
    { sid: `SM${crypto.randomUUID().replaceAll('-', '')}`, status: 'queued', num_segments: '1' },
    { status: 201 },
  )
