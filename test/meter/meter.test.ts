import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Quota } from '../../src/core/limits.ts'
import type { Taken } from '../../src/meter/meter.ts'

const TEN_MINUTES = 600
const DAY = 86_400
const HOUR_MS = 3_600_000

const quota = (counter: string, limit: number, seconds = TEN_MINUTES): Quota => ({
  counter,
  limit,
  seconds,
})
const stubOf = (name = 'project:a/0') => env.METER.getByName(name)

/** How many of some takes one after the other are admitted. */
async function admitted(stub: ReturnType<typeof stubOf>, times: number, ...quotas: Quota[]) {
  let count = 0
  for (let i = 0; i < times; i += 1) if ((await stub.take(quotas)).admitted) count += 1
  return count
}

const receiptOf = (taken: Taken) => (taken.admitted ? taken.receipt : [])

const kept = (stub: ReturnType<typeof stubOf>) =>
  runInDurableObject(stub, async (_, { storage }) => ({
    tables: storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name),
    alarm: await storage.getAlarm(),
  }))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

describe('Meter.take', () => {
  it('admits as many as the limit, then tells how long to wait', async () => {
    expect(await admitted(stubOf(), 8, quota('a', 5))).toBe(5)
    const refused = await stubOf().take([quota('a', 5)])
    expect(refused.admitted).toBe(false)
    const wait = refused.admitted ? 0 : refused.retryAfterSeconds
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(TEN_MINUTES + 25)
    pass(wait * 1000)
    expect((await stubOf().take([quota('a', 5)])).admitted).toBe(true)
  })

  it('never lets more into ten minutes than the limit, at any hour', async () => {
    const times: number[] = []
    for (let i = 0; i < 120; i += 1) {
      pass(20_011)
      if ((await stubOf().take([quota('a', 4)])).admitted) times.push(Date.now())
    }
    expect(times.length).toBeGreaterThan(10)
    for (const time of times) {
      const window = times.filter((t) => t >= time && t < time + TEN_MINUTES * 1000)
      expect(window.length).toBeLessThanOrEqual(4)
    }
  })

  it('takes from all quotas or from none', async () => {
    const project = quota('project', 10, DAY)
    expect(await admitted(stubOf(), 5, project, quota('EE', 3, DAY))).toBe(3)
    expect(await admitted(stubOf(), 20, project, quota('US', 20, DAY))).toBe(7)
    expect(await admitted(stubOf(), 5, quota('US', 10, DAY))).toBe(3)
  })

  it('counts each counter and each object for itself', async () => {
    expect(await admitted(stubOf(), 3, quota('a', 2))).toBe(2)
    expect(await admitted(stubOf(), 3, quota('b', 2))).toBe(2)
    expect(await admitted(stubOf('project:b/0'), 3, quota('a', 2))).toBe(2)
  })

  it('admits nothing for a limit of 0', async () => {
    expect(await admitted(stubOf(), 3, quota('a', 0))).toBe(0)
  })

  it('admits one of 50 that come at once when one fits', async () => {
    const [project, country] = [quota('project', 10, DAY), quota('US', 10, DAY)]
    expect(await admitted(stubOf(), 9, project, country)).toBe(9)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => stubOf().take([project, country])),
    )
    expect(answers.filter((answer) => answer.admitted)).toHaveLength(1)
  })

  it('counts on after an eviction', async () => {
    expect(await admitted(stubOf(), 3, quota('a', 5))).toBe(3)
    await evictDurableObject(stubOf())
    expect(await admitted(stubOf(), 5, quota('a', 5))).toBe(2)
  })
})

describe('Meter.giveBack', () => {
  it('makes room for one, in every counter of the receipt', async () => {
    const quotas = [quota('project', 2, DAY), quota('US', 2, DAY)]
    await stubOf().take(quotas)
    const receipt = receiptOf(await stubOf().take(quotas))
    expect(receipt.map(({ counter }) => counter)).toEqual(['project', 'US'])
    await stubOf().giveBack(receipt)
    expect(await admitted(stubOf(), 3, ...quotas)).toBe(1)
  })

  it('gives back to the time of the take, however much later', async () => {
    const receipt = receiptOf(await stubOf().take([quota('a', 1)]))
    pass(100_000)
    await stubOf().giveBack(receipt)
    expect(await admitted(stubOf(), 2, quota('a', 1))).toBe(1)
  })

  it('never makes room for more than was taken', async () => {
    const receipt = receiptOf(await stubOf().take([quota('a', 2)]))
    for (let i = 0; i < 5; i += 1) await stubOf().giveBack(receipt)
    expect(await admitted(stubOf(), 5, quota('a', 2))).toBe(2)
  })

  it('writes nothing into an object that counts nothing', async () => {
    await stubOf().giveBack([{ counter: 'a', start: Date.now() }])
    expect(await kept(stubOf())).toEqual({ tables: [], alarm: null })
  })
})

describe('Meter: what it keeps', () => {
  it('deletes everything when the last count is of no use', async () => {
    await stubOf().take([quota('a', 5), quota('b', 5, DAY)])
    const { alarm } = await kept(stubOf())
    expect(alarm).toBeGreaterThan(Date.now() + 24 * HOUR_MS)
    expect(alarm).toBeLessThanOrEqual(Date.now() + 25 * HOUR_MS)
    vi.setSystemTime(alarm ?? 0)
    expect(await runDurableObjectAlarm(stubOf())).toBe(true)
    expect(await kept(stubOf())).toEqual({ tables: [], alarm: null })
  })

  it('counts again after that, in the same object', async () => {
    await stubOf().take([quota('a', 1)])
    vi.setSystemTime((await kept(stubOf())).alarm ?? 0)
    await runDurableObjectAlarm(stubOf())
    expect(await admitted(stubOf(), 3, quota('a', 2))).toBe(2)
    expect((await kept(stubOf())).tables).toEqual(['buckets'])
  })

  it('keeps what still counts when its alarm comes early', async () => {
    expect(await admitted(stubOf(), 2, quota('a', 2, DAY))).toBe(2)
    pass(HOUR_MS)
    await runDurableObjectAlarm(stubOf())
    expect(await admitted(stubOf(), 2, quota('a', 2, DAY))).toBe(0)
    expect((await kept(stubOf())).alarm).not.toBeNull()
  })

  it('forgets slots that left their window when its alarm comes', async () => {
    await stubOf().take([quota('a', 5)])
    pass(HOUR_MS / 12)
    await stubOf().take([quota('a', 5)])
    pass(HOUR_MS / 8)
    await runDurableObjectAlarm(stubOf())
    const rows = await runInDurableObject(stubOf(), (_, { storage }) =>
      storage.sql.exec('SELECT * FROM buckets').toArray(),
    )
    expect(rows).toHaveLength(1)
  })

  it('survives an alarm that comes twice', async () => {
    await stubOf().take([quota('a', 1)])
    pass(2 * HOUR_MS)
    await runInDurableObject(stubOf(), async (instance) => {
      await instance.alarm?.()
      await instance.alarm?.()
    })
    expect((await kept(stubOf())).tables).toEqual([])
  })
})
