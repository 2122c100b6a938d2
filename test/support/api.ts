import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import worker from '../../src/index.ts'
import type { ProjectSettings } from '../../src/core/project.ts'
import { bytesOf } from '../../src/core/text.ts'

export const PHONE = '+12025550123'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON. */
  readonly body: Record<string, any>
  readonly text: string
}

export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export interface Account {
  readonly projectId: string
  readonly secret: string
  readonly send: Send
  start(body?: object, headers?: Record<string, string>): Promise<Answer>
  check(body: object, headers?: Record<string, string>): Promise<Answer>
}

interface AccountOptions {
  readonly mode?: 'live' | 'test'
  readonly kind?: 'secret' | 'publishable'
  /** Of a publishable key, as they are stored. */
  readonly restrictions?: object
  readonly settings?: Partial<Record<keyof ProjectSettings, unknown>>
  readonly projectId?: string
  /** Stands in for the Worker's own, to break a part of it. */
  readonly environment?: Env
}

let accounts = 0

/** Makes a project with a key of its own, and a client that calls the Worker with it. */
export async function account(options: AccountOptions = {}): Promise<Account> {
  const { mode = 'live', kind = 'secret', settings = {}, environment = env } = options
  accounts += 1
  const projectId = options.projectId ?? accounts.toString(16).padStart(24, 'a')
  const secret = `${kind === 'secret' ? 'sk' : 'pk'}_${mode}_${crypto.randomUUID()}`
  await env.DB.batch([
    env.DB.prepare(
      'INSERT OR IGNORE INTO projects (id, name, settings, created_at) VALUES (?, ?, ?, ?)',
    ).bind(
      projectId,
      `Acme ${accounts}`,
      JSON.stringify({ countries: '*', ...settings }),
      Date.now(),
    ),
    env.DB.prepare(
      `INSERT INTO api_keys (hash, project_id, kind, mode, restrictions, last4, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).bind(
      await sha256(secret),
      projectId,
      kind,
      mode,
      JSON.stringify(options.restrictions ?? {}),
      secret.slice(-4),
      Date.now(),
    ),
  ])
  const send = client(secret, environment)
  return {
    projectId,
    secret,
    send,
    start: (body = {}, headers) =>
      send('POST', '/v1/verifications', { phoneNumber: PHONE, ...body }, headers),
    check: (body, headers) => send('POST', '/v1/verifications/check', body, headers),
  }
}

/** Calls the Worker with a key; a body that is no text is sent as JSON. */
export function client(secret: string, environment: Env = env): Send {
  return async (method, path, body, headers = {}) => {
    const isText = body === undefined || typeof body === 'string'
    const init = {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: isText ? (body ?? null) : JSON.stringify(body),
    }
    return ask(new Request(`http://localhost${path}`, init), environment)
  }
}

/** Hands a request to the Worker itself. */
export async function ask(request: Request, environment: Env = env): Promise<Answer> {
  const response = await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    environment,
    createExecutionContext(),
  )
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: jsonOf(text) }
}

function jsonOf(text: string): Record<string, any> {
  try {
    return JSON.parse(text) as Record<string, any>
  } catch {
    return {}
  }
}

export async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(text))).toHex()
}

/** A code of the same length that is not the right one. */
export const wrong = (code: string, step = 1): string =>
  String((Number(code) + step) % 10 ** code.length).padStart(code.length, '0')
