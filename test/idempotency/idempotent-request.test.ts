import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const stub = () => env.IDEMPOTENCY.getByName('one key of one project')
const begin = (operationId: string, fingerprint = 'print') => stub().begin(fingerprint, operationId)

const kept = () =>
  runInDurableObject(stub(), async (_, { storage }) => ({
    entries: (await storage.list()).size,
    alarm: await storage.getAlarm(),
  }))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

describe('IdempotentRequest', () => {
  it('calls the first request new, under the operation id that came with it', async () => {
    expect(await begin('op-1')).toEqual({ state: 'new', operationId: 'op-1' })
  })

  it('calls a second one running, and tells how long to wait', async () => {
    await begin('op-1')
    pass(5000)
    expect(await begin('op-2')).toEqual({ state: 'running', retryAfterSeconds: 25 })
  })

  it('answers with the answer when there is one', async () => {
    await begin('op-1')
    await stub().finish('op-1', 'sealed answer')
    expect(await begin('op-2')).toEqual({ state: 'done', answer: 'sealed answer' })
    pass(23 * 3_600_000)
    expect(await begin('op-3')).toEqual({ state: 'done', answer: 'sealed answer' })
  })

  it('calls another request under the same key a mismatch, running or done', async () => {
    await begin('op-1')
    expect(await begin('op-2', 'other')).toEqual({ state: 'mismatch' })
    await stub().finish('op-1', 'sealed answer')
    expect(await begin('op-2', 'other')).toEqual({ state: 'mismatch' })
    pass(60_000)
    expect(await begin('op-2', 'other')).toEqual({ state: 'mismatch' })
  })

  it('calls one of 20 that come at once new, and the others running', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => begin(`op-${i}`)))
    expect(answers.filter(({ state }) => state === 'new')).toHaveLength(1)
    expect(answers.filter(({ state }) => state === 'running')).toHaveLength(19)
  })

  it('gives the same call the same answer when that was lost on the way', async () => {
    await begin('op-1')
    expect(await begin('op-1')).toEqual({ state: 'new', operationId: 'op-1' })
    expect(await begin('op-2')).toMatchObject({ state: 'running' })
  })

  it('is new again, with the old operation id, 30 seconds after one that never ended', async () => {
    await begin('op-1')
    pass(29_999)
    expect(await begin('op-2')).toEqual({ state: 'running', retryAfterSeconds: 1 })
    pass(1)
    expect(await begin('op-3')).toEqual({ state: 'new', operationId: 'op-1' })
    expect(await begin('op-4')).toMatchObject({ state: 'running', retryAfterSeconds: 30 })
  })

  it('keeps the answer of a request that ended after it was given up', async () => {
    await begin('op-1')
    pass(30_000)
    await begin('op-2')
    await stub().finish('op-1', 'sealed answer')
    expect(await begin('op-3')).toEqual({ state: 'done', answer: 'sealed answer' })
  })

  it('takes an answer and a release from its own operation only', async () => {
    await begin('op-1')
    await stub().finish('op-2', 'forged')
    await stub().release('op-2')
    expect(await begin('op-3')).toMatchObject({ state: 'running' })
  })

  it('forgets a request that was refused', async () => {
    await begin('op-1')
    await stub().release('op-1')
    expect((await kept()).entries).toBe(0)
    expect(await begin('op-2', 'other')).toEqual({ state: 'new', operationId: 'op-2' })
  })

  it('forgets a request that failed after it was answered', async () => {
    await begin('op-1')
    await stub().finish('op-1', 'sealed answer')
    await stub().release('op-2')
    expect(await begin('op-3')).toMatchObject({ state: 'done' })
    await stub().release('op-1')
    expect(await begin('op-4')).toEqual({ state: 'new', operationId: 'op-4' })
  })

  it('has no answer for a request that never began', async () => {
    await stub().finish('op-1', 'sealed answer')
    await stub().release('op-1')
    expect(await begin('op-2')).toEqual({ state: 'new', operationId: 'op-2' })
  })

  it('remembers after an eviction', async () => {
    await begin('op-1')
    await evictDurableObject(stub())
    expect(await begin('op-2')).toMatchObject({ state: 'running' })
    await stub().finish('op-1', 'sealed answer')
    await evictDurableObject(stub())
    expect(await begin('op-3')).toEqual({ state: 'done', answer: 'sealed answer' })
  })

  it('is gone after 24 hours', async () => {
    const begun = Date.now()
    await begin('op-1')
    await stub().finish('op-1', 'sealed answer')
    const { alarm } = await kept()
    expect(alarm).toBe(begun + 24 * 3_600_000)
    vi.setSystemTime(alarm ?? 0)
    expect(await runDurableObjectAlarm(stub())).toBe(true)
    expect(await kept()).toEqual({ entries: 0, alarm: null })
    expect(await begin('op-2', 'other')).toEqual({ state: 'new', operationId: 'op-2' })
  })

  it('counts 24 hours anew after a release', async () => {
    await begin('op-1')
    await stub().release('op-1')
    pass(3_600_000)
    const begun = Date.now()
    await begin('op-2')
    expect((await kept()).alarm).toBe(begun + 24 * 3_600_000)
  })
})
