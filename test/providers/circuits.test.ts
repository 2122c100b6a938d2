import { listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Stop } from '../../src/core/messenger.ts'
import { circuits } from '../../src/providers/circuits.ts'

const stop = (provider: string, channel: Stop['channel'] = 'sms'): Stop => ({ provider, channel })
const STOPS = [stop('a'), stop('b')]
const DOWN = { kind: 'unreachable', detail: 'HTTP 503' } as const

/** What one isolate knows, and everything that it has told. */
function isolate(namespace = env.BREAKER) {
  const told: Promise<unknown>[] = []
  const known = circuits(namespace, (work) => told.push(work))
  return {
    ...known,
    coolingNames: async (stops: readonly Stop[] = STOPS, country = 'EE') =>
      [...(await known.cooling(stops, country))].map(({ provider }) => provider),
    fail: async (times: number, of: Stop = stop('a'), country = 'EE') => {
      for (let n = 0; n < times; n += 1) known.failed(of, country, DOWN)
      await Promise.all(told)
    },
    told,
  }
}

const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

describe('circuits', () => {
  it('spare another isolate the failures of the first', async () => {
    const [first, second] = [isolate(), isolate()]
    await first.fail(3)
    expect(await second.coolingNames()).toEqual(['a'])
  })

  it('reach an isolate that has asked before within five seconds', async () => {
    const [first, second] = [isolate(), isolate()]
    expect(await second.coolingNames()).toEqual([])
    await first.fail(3)
    expect(await second.coolingNames()).toEqual([])
    wait(5)
    expect(await second.coolingNames()).toEqual(['a'])
  })

  it('are one per provider, country and channel', async () => {
    const { fail, coolingNames } = isolate()
    await fail(3)
    expect(await coolingNames(STOPS, 'LV')).toEqual([])
    expect(await coolingNames([stop('a', 'whatsapp'), stop('b')])).toEqual([])
    expect(await coolingNames([stop('b'), stop('c')])).toEqual([])
  })

  it('let one message of all isolates probe, and close when it went well', async () => {
    const [first, second] = [isolate(), isolate()]
    await first.fail(3)
    wait(10)
    expect(await first.coolingNames()).toEqual([])
    expect(await first.coolingNames()).toEqual(['a'])
    expect(await second.coolingNames()).toEqual(['a'])
    wait(5)
    expect(await first.coolingNames()).toEqual([])
    expect(await second.coolingNames()).toEqual([])
  })

  it('open again when the probe failed', async () => {
    const [first, second] = [isolate(), isolate()]
    await first.fail(3)
    wait(10)
    await first.coolingNames()
    await first.fail(1)
    wait(6)
    expect(await second.coolingNames()).toEqual(['a'])
  })

  it('open at once for a provider that asks to be left alone', async () => {
    const { failed, told, coolingNames } = isolate()
    failed(stop('a'), 'EE', { kind: 'throttled', detail: 'HTTP 429', retryAfterSeconds: 60 })
    await Promise.all(told)
    wait(59)
    expect(await coolingNames()).toEqual(['a'])
  })

  it('are not told of a failure that follows a success, but of the next one', async () => {
    const { succeeded, fail, told } = isolate()
    succeeded(stop('a'), 'EE')
    await fail(1)
    expect(told).toEqual([])
    await fail(1)
    expect(told).toHaveLength(1)
  })

  it('are not asked when there is nobody else to turn to', async () => {
    const before = await listDurableObjectIds(env.BREAKER)
    const { coolingNames } = isolate()
    expect(await coolingNames([stop('x'), stop('x', 'whatsapp')], 'LT')).toEqual([])
    expect(await listDurableObjectIds(env.BREAKER)).toHaveLength(before.length)
  })

  it('keep nothing for a provider that never failed', async () => {
    await isolate().coolingNames()
    for (const id of await listDurableObjectIds(env.BREAKER)) {
      expect(await runDurableObjectAlarm(env.BREAKER.get(id))).toBe(false)
    }
  })

  it('close when their object is out of reach or silent', async () => {
    const answers = [() => Promise.reject(new Error('gone')), () => new Promise<never>(() => {})]
    for (const verdicts of answers) {
      const broken = { getByName: () => ({ verdicts }) } as unknown as typeof env.BREAKER
      expect(await isolate(broken).coolingNames()).toEqual([])
    }
  })

  it('forget everything ten minutes after the last failure', async () => {
    const { fail } = isolate()
    await fail(3)
    const breakers = await listDurableObjectIds(env.BREAKER)
    const rung = breakers.map((id) => runDurableObjectAlarm(env.BREAKER.get(id)))
    expect(await Promise.all(rung)).toContain(true)
    expect(await isolate().coolingNames()).toEqual([])
  })
})
