import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Message {
  readonly to: string
  readonly code: string
}

export interface Provider {
  readonly baseUrl: string
  /** What a number was sent, the first message first. */
  messagesTo(number: string): readonly Message[]
  /** Answers nothing to messages to a number. */
  hold(number: string): void
  /** Resolves when a message to the number has come. */
  asked(number: string): Promise<void>
  /** Resolves when a message to the number has come and its answer is written. */
  answered(number: string): Promise<void>
  close(): void
}

/** Stands in for Twilio on loopback, and tells how far a message has come. */
export async function startProvider(): Promise<Provider> {
  const messages: Message[] = []
  const held = new Set<string>()
  const points = new Map<string, PromiseWithResolvers<void>>()
  const point = (name: string) => {
    const known = points.get(name) ?? Promise.withResolvers<void>()
    points.set(name, known)
    return known
  }
  const take = (form: string, response: ServerResponse): void => {
    const fields = new URLSearchParams(form)
    const to = fields.get('To') ?? ''
    messages.push({ to, code: /\b\d{6}\b/.exec(fields.get('Body') ?? '')?.[0] ?? '' })
    point(`asked ${to}`).resolve()
    if (held.has(to)) return
    const sid = `SM${messages.length.toString(16).padStart(32, '0')}`
    response.on('finish', () => point(`answered ${to}`).resolve())
    response.writeHead(201, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ sid, status: 'queued', num_segments: '1' }))
  }
  const server = createServer((request, response) => {
    // Whose process was killed takes no answer: nothing to do about that here.
    text(request).then(
      (form) => take(form, response),
      () => {},
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messagesTo: (number) => messages.filter(({ to }) => to === number),
    hold: (number) => void held.add(number),
    asked: (number) => point(`asked ${number}`).promise,
    answered: (number) => point(`answered ${number}`).promise,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
