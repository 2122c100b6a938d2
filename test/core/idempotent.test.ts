import { describe, expect, it } from 'vitest'
import { onceForKey } from '../../src/core/idempotent.ts'
import type { IdempotencyAnswer, Ports } from '../../src/core/ports.ts'
import { projectSettings, type Caller } from '../../src/core/project.ts'
import { Refusal } from '../../src/core/refusal.ts'
import { refusalOf } from './refusal-of.ts'

const caller: Caller = {
  kind: 'secret',
  mode: 'live',
  project: {
    id: 'a'.repeat(24),
    name: 'Acme',
    paused: false,
    settings: projectSettings.parse({}),
  },
}
const SCOPE = { projectId: caller.project.id, mode: 'live' }
const REQUEST = { phoneNumber: '+12025550123' }

/** A core over an idempotency port that begins as told; keeps the calls. */
function setUp(begun: IdempotencyAnswer, finish: () => Promise<void> = async () => undefined) {
  const calls: unknown[][] = []
  const idempotency: Ports['idempotency'] = {
    async begin(...asked) {
      calls.push(['begin', ...asked])
      return begun
    },
    async finish(...asked) {
      calls.push(['finish', ...asked])
      await finish()
    },
    async release(...asked) {
      calls.push(['release', ...asked])
    },
  }
  const ran: string[] = []
  const once = (key: string | undefined, run = async () => ({ sent: 1 })) =>
    onceForKey({ idempotency } as Ports, caller, key, REQUEST, (operationId) => {
      ran.push(operationId)
      return run()
    })
  return { once, calls, ran, names: () => calls.map(([name]) => name) }
}

const isNew = { state: 'new', operationId: 'op-1' } as const

describe('onceForKey', () => {
  it('asks nobody without a key, and names every operation anew', async () => {
    const { once, calls, ran } = setUp(isNew)
    expect(await once(undefined)).toEqual({ sent: 1 })
    await once(undefined)
    expect(calls).toEqual([])
    expect(new Set(ran).size).toBe(2)
  })

  it('runs a new request under its operation id, and keeps the answer', async () => {
    const { once, calls, ran } = setUp(isNew)
    expect(await once('key')).toEqual({ sent: 1 })
    expect(ran).toEqual(['op-1'])
    expect(calls).toEqual([
      ['begin', SCOPE, 'key', JSON.stringify(REQUEST)],
      ['finish', SCOPE, 'key', 'op-1', '{"sent":1}'],
    ])
  })

  it('answers from memory, and runs nothing', async () => {
    const { once, ran, names } = setUp({ state: 'done', answer: '{"sent":7}' })
    expect(await once('key')).toEqual({ sent: 7 })
    expect(ran).toEqual([])
    expect(names()).toEqual(['begin'])
  })

  it.each([
    [{ state: 'running', retryAfterSeconds: 12 }, 'idempotency_running', 12],
    [{ state: 'mismatch' }, 'idempotency_mismatch', undefined],
  ] as const)('declines %j as %s, and runs nothing', async (begun, code, wait) => {
    const { once, ran } = setUp(begun)
    const refusal = await refusalOf(() => once('key'))
    expect(refusal.code).toBe(code)
    expect(refusal.facts.retryAfterSeconds).toBe(wait)
    expect(ran).toEqual([])
  })

  it('forgets a request that was refused', async () => {
    const { once, names } = setUp(isNew)
    const refused = () => once('key', () => Promise.reject(new Refusal('too_many_sends')))
    expect((await refusalOf(refused)).code).toBe('too_many_sends')
    expect(names()).toEqual(['begin', 'release'])
  })

  it('remembers a request that ended in a bug: what it did is not known', async () => {
    const { once, names } = setUp(isNew)
    await expect(once('key', () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug')
    expect(names()).toEqual(['begin'])
  })

  it('never forgets what was sent when the answer cannot be kept', async () => {
    const { once, names } = setUp(isNew, () => Promise.reject(new Refusal('unavailable')))
    expect(await once('key')).toEqual({ sent: 1 })
    expect(names()).toEqual(['begin', 'finish'])
  })
})
