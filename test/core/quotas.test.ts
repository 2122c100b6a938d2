import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketLength,
  bucketStart,
  quotaOpensAt,
  type Bucket,
  type Quota,
} from '../../src/core/limits.ts'

const NOW = 1_800_000_000_000
const DAY_SECONDS = 86_400

/** Counts as a meter does: into the slot of the time. */
function counter(quota: Quota) {
  const slots = new Map<number, number>()
  const buckets = (): readonly Bucket[] =>
    [...slots].map(([start, taken]) => ({ start, taken })).toReversed()
  return {
    opensAt: (now: number) => quotaOpensAt(quota, buckets(), now),
    take(now: number) {
      const start = bucketStart(quota, now)
      slots.set(start, (slots.get(start) ?? 0) + 1)
    },
  }
}

const quotas = fc.record({
  counter: fc.constant('any'),
  limit: fc.integer({ min: 1, max: 8 }),
  seconds: fc.integer({ min: 60, max: DAY_SECONDS }),
})
/** Pauses as parts of the window. */
const pauses = fc.array(fc.double({ min: 0, max: 0.4, noNaN: true }), {
  minLength: 1,
  maxLength: 80,
})

describe('quotaOpensAt', () => {
  it('lets no window hold more than the limit, wherever the window begins', () => {
    fc.assert(
      fc.property(quotas, pauses, (quota, parts) => {
        const { opensAt, take } = counter(quota)
        const taken: number[] = []
        let now = NOW
        for (const part of parts) {
          now += Math.floor(part * quota.seconds * 1000)
          if (opensAt(now) > now) continue
          take(now)
          taken.push(now)
        }
        for (const time of taken) {
          const inWindow = taken.filter((t) => t >= time && t < time + quota.seconds * 1000)
          expect(inWindow.length).toBeLessThanOrEqual(quota.limit)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('tells a time that is enough, and at which one millisecond less is not', () => {
    fc.assert(
      fc.property(quotas, pauses, (quota, parts) => {
        const { opensAt, take } = counter(quota)
        let now = NOW
        for (const part of parts) {
          now += Math.floor((part * quota.seconds * 1000) / quota.limit)
          const opens = opensAt(now)
          const justBefore = opens > now ? opensAt(opens - 1) : opens
          expect(justBefore).toBe(opens)
          now = Math.max(now, opens)
          expect(opensAt(now)).toBeLessThanOrEqual(now)
          take(now)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('makes nobody wait for longer than the window and a slot', () => {
    fc.assert(
      fc.property(quotas, fc.nat(), (quota, offset) => {
        const { opensAt, take } = counter(quota)
        const now = NOW + offset
        for (let i = 0; i < quota.limit; i += 1) take(now)
        const wait = opensAt(now) - now
        expect(wait).toBeGreaterThan(quota.seconds * 1000)
        expect(wait).toBeLessThanOrEqual(quota.seconds * 1000 + bucketLength(quota))
      }),
    )
  })

  it.each([
    ['a day', DAY_SECONDS, 3_600_000],
    ['10 minutes', 600, 25_000],
    ['a minute', 60, 2500],
    ['a window that 24 does not divide', 61, 2542],
  ])('counts %s in slots of a 24th', (_, seconds, length) => {
    const quota = { counter: 'any', limit: 1, seconds }
    const start = NOW - (NOW % length)
    expect(bucketLength(quota)).toBe(length)
    expect([0, 1, length - 1, length].map((ms) => bucketStart(quota, start + ms) - start)).toEqual([
      0,
      0,
      0,
      length,
    ])
  })

  it('counts a slot until all of it has left the window', () => {
    const quota = { counter: 'any', limit: 1, seconds: 600 }
    const buckets = [{ start: NOW, taken: 1 }]
    const end = NOW + 25_000 + 600_000
    const open = [NOW + 600_000, end - 1, end, end + 1].map(
      (now) => quotaOpensAt(quota, buckets, now) <= now,
    )
    expect(open).toEqual([false, false, true, true])
  })

  it('never opens for a limit of 0', () => {
    const quota = { counter: 'any', limit: 0, seconds: 600 }
    expect(quotaOpensAt(quota, [], NOW)).toBeGreaterThan(NOW)
    expect(quotaOpensAt(quota, [{ start: NOW, taken: 3 }], NOW + 1)).toBeGreaterThan(NOW + 1)
  })

  it('stays shut when more was taken than a limit that was lowered since', () => {
    const quota = { counter: 'any', limit: 2, seconds: 600 }
    const buckets = [
      { start: NOW, taken: 5 },
      { start: NOW + 100_000, taken: 1 },
      { start: NOW + 200_000, taken: 1 },
    ]
    expect(quotaOpensAt(quota, buckets, NOW + 300_000)).toBe(NOW + 100_000 + 625_000)
  })
})
