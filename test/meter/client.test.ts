import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Quota } from '../../src/core/limits.ts'
import type { MeterAsk } from '../../src/core/ports.ts'
import { meters, shareOf } from '../../src/meter/client.ts'
import { refusalOf } from '../core/refusal-of.ts'

const DAY = 86_400

const ask = (name: string, limit: number, shards = 1, rest: Partial<MeterAsk> = {}): MeterAsk => ({
  name,
  shards,
  quotas: [{ counter: 'all', limit, seconds: DAY }],
  code: 'too_many_project_sends',
  ...rest,
})

const client = () => meters(env.METER)

async function admitted(times: number, ...asks: MeterAsk[]): Promise<number> {
  let count = 0
  for (let i = 0; i < times; i += 1) if ((await client().take(asks)).admitted) count += 1
  return count
}

describe('shareOf', () => {
  it('adds up to the limit over all shards, and differs by one at most', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), fc.integer({ min: 1, max: 64 }), (limit, shards) => {
        const shares = Array.from({ length: shards }, (_, i) => shareOf(limit, i, shards))
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(limit)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('meters.take', () => {
  it('asks nobody when nothing is metered', async () => {
    expect((await client().take([])).admitted).toBe(true)
  })

  it.each([
    [10, 1],
    [10, 4],
    [3, 8],
    [0, 4],
  ])('admits a limit of %i over %i shards to the last one', async (limit, shards) => {
    expect(await admitted(limit + 4, ask('project:a', limit, shards))).toBe(limit)
  })

  it('refuses for no full shard while another has room', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    expect(await admitted(9, ask('project:a', 8, 4))).toBe(8)
  })

  it('admits 10 of 50 that come at once to four shards', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client().take([ask('project:a', 10, 4)])),
    )
    expect(answers.filter((answer) => answer.admitted)).toHaveLength(10)
  })

  it('tells the code of the meter that refuses, and how long to wait', async () => {
    const asks = [ask('project:a', 5), ask('ip:b', 1, 1, { code: 'too_many_ip_sends' })]
    expect(await admitted(1, ...asks)).toBe(1)
    const refused = await client().take(asks)
    expect(refused).toMatchObject({ admitted: false, code: 'too_many_ip_sends' })
    expect('retryAfterSeconds' in refused && refused.retryAfterSeconds).toBeGreaterThan(0)
  })

  it('tells the wait of the shard that opens first', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const random = vi.spyOn(Math, 'random').mockReturnValue(0)
    await admitted(1, ask('project:a', 2, 2))
    vi.setSystemTime(Date.now() + 10 * 3_600_000)
    await admitted(1, ask('project:a', 2, 2))
    for (const first of [0, 0.5]) {
      random.mockReturnValue(first)
      const refused = await client().take([ask('project:a', 2, 2)])
      const wait = 'retryAfterSeconds' in refused ? refused.retryAfterSeconds : 0
      expect(wait).toBeGreaterThan(13 * 3600)
      expect(wait).toBeLessThanOrEqual(15 * 3600)
    }
  })

  it('takes nothing from any meter when one of them refuses', async () => {
    const full = ask('ip:b', 0)
    for (let i = 0; i < 5; i += 1) await client().take([ask('project:a', 3), full])
    expect(await admitted(5, ask('project:a', 3))).toBe(3)
  })

  it('gives back what was taken, from the shards that gave it', async () => {
    const asks = [ask('project:a', 4, 4), ask('ip:b', 4)]
    const answers = await Promise.all([1, 2, 3, 4].map(() => client().take(asks)))
    for (const answer of answers) if (answer.admitted) await answer.giveBack()
    expect(await admitted(6, ...asks)).toBe(4)
  })
})

describe('meters.take while objects fail', () => {
  const failing = (error: unknown) => ({
    getByName: (name: string) =>
      name.startsWith('ip:') ? { take: () => Promise.reject(error) } : env.METER.getByName(name),
  })

  it('declines as unavailable, and takes nothing from the others', async () => {
    const overloaded = Object.assign(new Error('overloaded'), { overloaded: true })
    const broken = meters(failing(overloaded) as unknown as typeof env.METER)
    for (let i = 0; i < 3; i += 1) {
      const refusal = await refusalOf(() => broken.take([ask('project:a', 2), ask('ip:b', 2)]))
      expect(refusal.code).toBe('unavailable')
    }
    expect(await admitted(4, ask('project:a', 2))).toBe(2)
  })

  it('refuses as it would have when something cannot be given back', async () => {
    const forgetful = {
      getByName: (name: string) => ({
        take: (quotas: readonly Quota[]) => env.METER.getByName(name).take(quotas),
        giveBack: () => Promise.reject(new Error('Network connection lost.')),
      }),
    }
    const asks = [ask('project:a', 2), ask('ip:b', 0, 1, { code: 'too_many_ip_sends' })]
    const answer = await meters(forgetful as unknown as typeof env.METER).take(asks)
    expect(answer).toMatchObject({ admitted: false, code: 'too_many_ip_sends' })
  })

  it('throws a bug of an object as it is', async () => {
    const broken = meters(failing(new TypeError('x')) as unknown as typeof env.METER)
    await expect(broken.take([ask('project:a', 2), ask('ip:b', 2)])).rejects.toThrow(TypeError)
  })
})
