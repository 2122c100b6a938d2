import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { deriveCodeKeys, deriveNumberKeys } from '../../src/core/keys.ts'
import type { Idempotency } from '../../src/core/ports.ts'
import { idempotency } from '../../src/idempotency/client.ts'
import { refusalOf } from '../core/refusal-of.ts'

const SCOPE = { projectId: 'a'.repeat(24), mode: 'live' } as const
const KEY = 'order-4711'
const PAYLOAD = '{"phoneNumber":"+12025550123","purpose":"login"}'
const ANSWER = '{"phoneNumber":"+12025550123","id":"ver_1"}'

const keysOf = async (...secrets: readonly string[]) => ({
  numbers: await deriveNumberKeys('a number key of the tests, long enough'),
  codes: await deriveCodeKeys(secrets),
})

let requests: Idempotency
beforeAll(async () => {
  const keys = await keysOf('a secret of the tests, long enough')
  requests = idempotency(env.IDEMPOTENCY, async () => keys)
})

const begin = async (scope = SCOPE, key = KEY, payload = PAYLOAD) =>
  requests.begin(scope, key, payload)

async function begun(): Promise<string> {
  const answer = await begin()
  if (answer.state !== 'new') throw new Error(`The request is ${answer.state}`)
  return answer.operationId
}

describe('idempotency', () => {
  it('gives the first answer to those who ask again', async () => {
    await requests.finish(SCOPE, KEY, await begun(), ANSWER)
    expect(await begin()).toEqual({ state: 'done', answer: ANSWER })
    expect(await begin()).toEqual({ state: 'done', answer: ANSWER })
  })

  it('calls another payload a mismatch, such as another number', async () => {
    await begun()
    const other = PAYLOAD.replace('0123', '0124')
    expect(await begin(SCOPE, KEY, other)).toEqual({ state: 'mismatch' })
  })

  it.each([
    ['key', SCOPE, 'order-4712'],
    ['project', { ...SCOPE, projectId: 'b'.repeat(24) }, KEY],
    ['mode', { ...SCOPE, mode: 'test' }, KEY],
  ] as const)('knows nothing of it under another %s', async (_, scope, key) => {
    await requests.finish(SCOPE, KEY, await begun(), ANSWER)
    const answer = await requests.begin(scope, key, PAYLOAD)
    expect(answer.state).toBe('new')
  })

  it('is new again after a release', async () => {
    const first = await begun()
    await requests.release(SCOPE, KEY, first)
    expect(await begun()).not.toBe(first)
  })

  it('gives operations ids that nobody can guess', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async (i) => {
        const answer = await begin(SCOPE, `key-${i}`)
        return answer.state === 'new' ? answer.operationId : ''
      }),
    )
    expect(new Set(ids).size).toBe(3)
    expect(ids.every((id) => id.length >= 32)).toBe(true)
  })

  it('keeps neither number, payload, answer nor key in clear', async () => {
    await requests.finish(SCOPE, KEY, await begun(), ANSWER)
    const ids = await listDurableObjectIds(env.IDEMPOTENCY)
    const dumps = await Promise.all(
      ids.map((id) =>
        runInDurableObject(env.IDEMPOTENCY.get(id), async (_, { storage }) =>
          JSON.stringify([...(await storage.list())]),
        ),
      ),
    )
    const bytes = dumps.join('\n')
    expect(bytes).toContain('fingerprint')
    expect(bytes).toContain('answer')
    for (const clear of ['2025550123', 'phoneNumber', 'login', 'ver_1', KEY, SCOPE.projectId]) {
      expect(bytes).not.toContain(clear)
      expect(bytes).not.toContain(btoa(clear).replaceAll('=', '').slice(0, -2))
    }
    const hash = async (text: string) =>
      new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()
    expect(bytes).not.toContain(await hash(PAYLOAD))
  })

  it('opens an answer that was sealed before the secret was rotated', async () => {
    await requests.finish(SCOPE, KEY, await begun(), ANSWER)
    const keys = await keysOf('a newer secret, also long', 'a secret of the tests, long enough')
    const rotated = idempotency(env.IDEMPOTENCY, async () => keys)
    expect(await rotated.begin(SCOPE, KEY, PAYLOAD)).toEqual({ state: 'done', answer: ANSWER })
  })

  it('is new once when the answer of the object was lost on its way', async () => {
    let calls = 0
    const losing = {
      getByName: (name: string) => ({
        async begin(fingerprint: string, operationId: string) {
          const answer = await env.IDEMPOTENCY.getByName(name).begin(fingerprint, operationId)
          calls += 1
          if (calls === 1) throw Object.assign(new Error('lost'), { retryable: true })
          return answer
        },
      }),
    }
    const keys = await keysOf('a secret of the tests, long enough')
    const unlucky = idempotency(losing as unknown as typeof env.IDEMPOTENCY, async () => keys)
    expect((await unlucky.begin(SCOPE, KEY, PAYLOAD)).state).toBe('new')
    expect(calls).toBe(2)
    expect((await begin()).state).toBe('running')
  })

  it('declines as unavailable when its object is overloaded', async () => {
    const error = Object.assign(new Error('overloaded'), { overloaded: true })
    const overloaded = { getByName: () => ({ begin: () => Promise.reject(error) }) }
    const keys = await keysOf('a secret of the tests, long enough')
    const busy = idempotency(overloaded as unknown as typeof env.IDEMPOTENCY, async () => keys)
    expect((await refusalOf(() => busy.begin(SCOPE, KEY, PAYLOAD))).code).toBe('unavailable')
  })
})
