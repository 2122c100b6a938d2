import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { DEMO_POLICY } from '../../../src/widget/demo-policy.ts'
import { serve } from './server.ts'

const GENERATED = join(import.meta.dirname, '../../../src/widget/generated')

/** The code of every message. */
export const CODE = '123456'
export const ID = `ver_${'a1'.repeat(16)}`

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

type Call = 'configuration' | 'start' | 'resend' | 'check'

const unsigned = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A proof with the times of a real one, and a signature of nobody. */
export function proof(seconds: number, nonce: unknown): string {
  const iat = Math.floor(Date.now() / 1000)
  return [unsigned({ alg: 'ES256' }), unsigned({ iat, exp: iat + seconds, nonce }), 'AAAA'].join(
    '.',
  )
}

export const refusal = (
  status: number,
  code: string,
  facts: Readonly<Record<string, unknown>> = {},
): Answer => ({
  status,
  body: {
    type: 'about:blank',
    title: code,
    status,
    code,
    detail: code,
    instance: 'req_1',
    ...facts,
  },
})

/** Speaks the API that the widget asks, and plays what a test has scripted. */
export class StandIn {
  origin = ''
  readonly asked: Asked[] = []
  configuration: Record<string, unknown> = {
    countries: '*',
    channels: ['sms', 'call'],
    codeLength: 6,
    turnstileSiteKey: null,
  }
  resendAfter = 30
  /** Keeps the configuration back. */
  held: Promise<void> | undefined
  proofSeconds = 600
  /** What came to the phone, newest first. */
  readonly messages: Readonly<Record<string, unknown>>[] = []
  readonly #scripted = new Map<Call, Answer[]>()
  #wrong = 0
  #phoneNumber = ''
  #close = () => {}

  static async start(): Promise<StandIn> {
    const standIn = new StandIn()
    const server = await serve((request, response) => standIn.#handle(request, response))
    standIn.origin = server.origin
    standIn.#close = server.close
    return standIn
  }

  close(): void {
    this.#close()
  }

  /** Makes the next answers to a call; after them it is answered as usual. */
  script(call: Call, ...answers: readonly Answer[]): void {
    this.#scripted.set(call, [...(this.#scripted.get(call) ?? []), ...answers])
  }

  /** What was asked of a path, oldest first. */
  bodies(path: RegExp): readonly Readonly<Record<string, unknown>>[] {
    return this.asked.filter((one) => path.test(one.path)).map(({ body }) => body)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'retry-after')
    response.setHeader('cross-origin-resource-policy', 'cross-origin')
    if (method === 'OPTIONS') {
      response.setHeader(
        'access-control-allow-headers',
        'authorization, content-type, idempotency-key',
      )
      response.writeHead(204).end()
      return
    }
    if (await this.#sendFile(url, response)) return
    const { origin, authorization, cookie } = headers
    const body = method === 'POST' ? ((await json(request)) as Record<string, unknown>) : {}
    this.asked.push({ method, path: url, origin, authorization, cookie, body })
    const call = callOf(method, url)
    if (call === undefined) throw new Error(`The widget asked ${method} ${url}.`)
    if (call === 'configuration') await this.held
    const answer = this.#scripted.get(call)?.shift() ?? this.#usual(call, body)
    const type = answer.status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(answer.status, { 'content-type': type }).end(JSON.stringify(answer.body))
  }

  #usual(call: Call, body: Readonly<Record<string, unknown>>): Answer {
    if (call === 'configuration') return { status: 200, body: this.configuration }
    if (call === 'check') return this.#check(body)
    if (call === 'start') {
      this.#wrong = 0
      this.#phoneNumber = String(body['phoneNumber'])
    }
    const channel = body['channel'] ?? 'sms'
    const message = `${CODE} is your otpost code. It is valid for 10 min.`
    const at = new Date().toISOString()
    this.messages.unshift({
      to: this.#phoneNumber,
      channel,
      body: message,
      code: CODE,
      verificationId: ID,
      at,
    })
    return { status: 201, body: this.#verification(channel) }
  }

  #verification(channel: unknown) {
    return {
      id: ID,
      expires: Math.floor(Date.now() / 1000) + 600,
      status: 'pending',
      channel,
      phoneNumber: this.#phoneNumber,
      resendAfter: this.resendAfter,
      attemptsLeft: 5,
      codeLength: this.configuration['codeLength'],
    }
  }

  #check({ code, session }: Readonly<Record<string, unknown>>): Answer {
    if (code === CODE) {
      const seconds = this.proofSeconds
      const proofExpires = Math.floor(Date.now() / 1000) + seconds
      const approval = { verified: true, status: 'approved', attemptsLeft: 0, proofExpires }
      return { status: 200, body: { ...approval, proof: proof(seconds, session) } }
    }
    this.#wrong += 1
    const attemptsLeft = 5 - this.#wrong
    const status = attemptsLeft === 0 ? 'max_attempts' : 'pending'
    return { status: 200, body: { verified: false, status, attemptsLeft } }
  }

  async #sendFile(url: string, response: ServerResponse): Promise<boolean> {
    if (url.startsWith('/dev/inbox.json')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(this.messages))
      return true
    }
    const [, language] = /^\/widget\/texts\/([A-Za-z-]+)\.json$/.exec(url) ?? []
    const file = url === '/demo' ? 'demo.html' : url.slice(1)
    const name = language === undefined ? file : 'texts.json'
    const text = await readFile(join(GENERATED, `${name}.txt`), 'utf8').catch(() => undefined)
    if (text === undefined) return false
    if (name === 'demo.html') response.setHeader('content-security-policy', DEMO_POLICY)
    const tables = language === undefined ? {} : (JSON.parse(text) as Record<string, unknown>)
    const body = language === undefined ? text : JSON.stringify(tables[language])
    response.writeHead(200, { 'content-type': `${typeOf(name)}; charset=utf-8` }).end(body)
    return true
  }
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  html: 'text/html',
}

const typeOf = (name: string): string => TYPES[name.split('.').at(-1) ?? ''] ?? 'application/json'

function callOf(method: string, url: string): Call | undefined {
  if (method === 'GET' && url === '/v1/publishable') return 'configuration'
  if (method !== 'POST') return undefined
  if (url === '/v1/verifications') return 'start'
  if (url === '/v1/verifications/check') return 'check'
  return url === `/v1/verifications/${ID}/resend` ? 'resend' : undefined
}
