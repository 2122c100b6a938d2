import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Provider {
  readonly baseUrl: string
  /** The code that a number was sent last. */
  codeOf(number: string): string
  close(): void
}

/** Stands in for Twilio on loopback: takes every message at once. */
export async function startProvider(): Promise<Provider> {
  const codes = new Map<string, string>()
  let messages = 0
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void text(request).then((form) => {
      const fields = new URLSearchParams(form)
      const code = /\b\d{6}\b/.exec(fields.get('Body') ?? '')?.[0]
      if (code !== undefined) codes.set(fields.get('To') ?? '', code)
      messages += 1
      const sid = `SM${messages.toString(16).padStart(32, '0')}`
      response.writeHead(201, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ sid, status: 'queued', num_segments: '1' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    codeOf(number) {
      const code = codes.get(number)
      if (code === undefined) throw new Error(`${number} got no message`)
      return code
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
