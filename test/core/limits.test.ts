import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checksLockedUntil,
  beginsNewRun,
  nextSendAt,
  secondsUntil,
  type FailedChecks,
  type SendHistory,
  type SendPolicy,
} from '../../src/core/limits.ts'
import { projectSettings } from '../../src/core/project.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const defaults = projectSettings.parse({})
const policyOf = (kind: 'secret' | 'publishable'): SendPolicy => ({
  windows: defaults.sendsPerNumber,
  secondsBetween: defaults.secondsBetweenSends[kind],
})

/** Times of `count` events, the first at `NOW`, each `gap` after the one before. */
const events = (count: number, gap: number) =>
  Array.from({ length: count }, (_, i) => NOW + i * gap)

const failures = (times: readonly number[], inARow = times.length): FailedChecks => ({
  times,
  inARow,
  lastAt: times.at(-1) ?? 0,
})

/** Sends of one project, of all, and messages that were given back: none unless it is said. */
const historyOf = (
  own: readonly number[],
  all = own,
  givenBack: readonly number[] = [],
): SendHistory => ({ own, all, givenBack })

const sendOpensAt = (own: readonly number[], kind: 'secret' | 'publishable' = 'secret') =>
  nextSendAt(historyOf(own), policyOf(kind))

describe('limits: when each one opens', () => {
  it.each([
    ['5 sends in 10 minutes', () => sendOpensAt(events(5, 1000)), NOW + 10 * MINUTE],
    ['10 sends in 24 hours', () => sendOpensAt(events(10, 3 * MINUTE)), NOW + DAY],
    [
      '15 sends of all projects in 24 hours',
      () => nextSendAt(historyOf([], events(15, HOUR)), policyOf('secret')),
      NOW + DAY,
    ],
    [
      '10 messages in 10 minutes that were given back',
      () => nextSendAt(historyOf([], [], events(10, 1000)), policyOf('secret')),
      NOW + 10 * MINUTE,
    ],
    [
      '20 messages in 24 hours that were given back',
      () => nextSendAt(historyOf([], [], events(20, 2 * MINUTE)), policyOf('secret')),
      NOW + DAY,
    ],
    ['30 seconds for publishable keys', () => sendOpensAt([NOW], 'publishable'), NOW + 30_000],
    ['15 failed checks in an hour', () => checksLockedUntil(failures(events(15, 1))), NOW + HOUR],
    [
      '50 failed checks in 24 hours',
      () => checksLockedUntil(failures(events(50, 5 * MINUTE))),
      NOW + DAY,
    ],
    ['100 failed checks in a row', () => checksLockedUntil(failures([NOW], 100)), NOW + DAY],
  ])('opens after %s at the millisecond, not before', (_, opensAt, expected) => {
    const admitted = (now: number) => opensAt() <= now
    expect([expected - 1, expected, expected + 1].map(admitted)).toEqual([false, true, true])
  })

  it.each([
    ['the first send', NOW, () => sendOpensAt([])],
    ['a second send at once, with a secret key', NOW, () => sendOpensAt([NOW])],
    ['the 5th send in 10 minutes', NOW + 3000, () => sendOpensAt(events(4, 1000))],
    ['the 10th send in 24 hours', NOW + 24 * MINUTE, () => sendOpensAt(events(9, 3 * MINUTE))],
    [
      'the 15th send of all projects',
      NOW + 13 * HOUR,
      () => nextSendAt(historyOf([], events(14, HOUR)), policyOf('secret')),
    ],
    [
      'a message after 9 in 10 minutes that were given back',
      NOW + 8000,
      () => nextSendAt(historyOf([], [], events(9, 1000)), policyOf('secret')),
    ],
    [
      'a message after 19 in 24 hours that were given back',
      NOW + 36 * MINUTE,
      () => nextSendAt(historyOf([], [], events(19, 2 * MINUTE)), policyOf('secret')),
    ],
    ['the first check', NOW, () => checksLockedUntil(failures([]))],
    [
      'the 15th failed check in an hour',
      NOW + 13,
      () => checksLockedUntil(failures(events(14, 1))),
    ],
    [
      'the 50th failed check in 24 hours',
      NOW + 4 * HOUR,
      () => checksLockedUntil(failures(events(49, 5 * MINUTE))),
    ],
    ['the 100th failed check in a row', NOW, () => checksLockedUntil(failures([NOW], 99))],
  ])('is open for %s', (_, now, opensAt) => {
    expect(opensAt()).toBeLessThanOrEqual(now)
  })

  it('follows the windows of a project, the strictest first', () => {
    const windows = [
      { limit: 1, seconds: 60 },
      { limit: 3, seconds: 3600 },
    ]
    const opensAt = (own: readonly number[]) =>
      nextSendAt(historyOf(own), { windows, secondsBetween: 90 })
    expect(opensAt([NOW])).toBe(NOW + 90_000)
    expect(opensAt(events(3, MINUTE))).toBe(NOW + HOUR)
  })

  it("counts other projects' sends for the number's own limit only", () => {
    const all = events(14, 1)
    expect(nextSendAt(historyOf([], all), policyOf('publishable'))).toBeLessThanOrEqual(NOW)
  })
})

describe('secondsUntil', () => {
  it.each([
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
    [59_999, 60],
    [0, 1],
    [-5000, 1],
  ])('tells a caller who has %i ms to wait %i s', (milliseconds, seconds) => {
    expect(secondsUntil(NOW + milliseconds, NOW)).toBe(seconds)
  })
})

describe('sends: any history', () => {
  const window = fc.record({
    limit: fc.integer({ min: 1, max: 6 }),
    seconds: fc.integer({ min: 60, max: 7200 }),
  })
  const policy = fc.record({
    windows: fc.array(window, { minLength: 1, maxLength: 4 }),
    secondsBetween: fc.integer({ min: 0, max: 120 }),
  })
  const pauses = fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { maxLength: 80 })

  it('never lets more into a window than its limit, and keeps the pause between two', () => {
    fc.assert(
      fc.property(policy, pauses, (rules, gaps) => {
        const sent: number[] = []
        let now = NOW
        for (const gap of gaps) {
          now += gap
          if (nextSendAt(historyOf(sent), rules) <= now) sent.push(now)
        }
        for (const [i, time] of sent.entries()) {
          for (const { limit, seconds } of [...rules.windows, { limit: 15, seconds: 86_400 }]) {
            const inWindow = sent.filter((t) => t <= time && t > time - seconds * 1000)
            expect(inWindow.length).toBeLessThanOrEqual(limit)
          }
          const before = sent[i - 1] ?? -Infinity
          expect(time - before).toBeGreaterThanOrEqual(rules.secondsBetween * 1000)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('admits the next one after exactly the wait that was told', () => {
    fc.assert(
      fc.property(policy, pauses, (rules, gaps) => {
        const sent: number[] = []
        let now = NOW
        for (const gap of gaps) {
          now += Math.floor(gap / 20)
          const opensAt = nextSendAt(historyOf(sent), rules)
          if (opensAt > now) now += secondsUntil(opensAt, now) * 1000
          expect(nextSendAt(historyOf(sent), rules)).toBeLessThanOrEqual(now)
          sent.push(now)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('failed checks: an attacker who never rests', () => {
  /** Guesses whenever a check is evaluated, for a number of hours; the times of all guesses. */
  function guess(hours: number, step: number): readonly number[] {
    const guesses: number[] = []
    let inARow = 0
    for (let now = NOW; now < NOW + hours * HOUR;) {
      const failed = {
        times: guesses.filter((time) => time > now - DAY),
        inARow,
        lastAt: guesses.at(-1) ?? 0,
      }
      const lockedUntil = checksLockedUntil(failed)
      if (lockedUntil > now) {
        now += secondsUntil(lockedUntil, now) * 1000
        continue
      }
      guesses.push(now)
      inARow = beginsNewRun(failed) ? 1 : inARow + 1
      now += step
    }
    return guesses
  }

  it.each([0, 1, 1000, 5 * MINUTE])('gets its budget and no more, one try each %i ms', (step) => {
    const guesses = guess(1000, step)
    const most = (count: number, length: number) =>
      guesses.every((time, i) => (guesses[i + count] ?? Infinity) - time >= length)
    expect(most(15, HOUR)).toBe(true)
    expect(most(50, DAY)).toBe(true)
    expect(guesses.length).toBeGreaterThan(500)
    for (let last = 99; last + 1 < guesses.length; last += 100) {
      const pause = (guesses[last + 1] ?? 0) - (guesses[last] ?? 0)
      expect(pause).toBeGreaterThanOrEqual(DAY)
    }
  })

  it('begins a new run after a lock that was sat out', () => {
    expect(beginsNewRun(failures([], 0))).toBe(false)
    expect(beginsNewRun(failures([], 99))).toBe(false)
    expect(beginsNewRun(failures([], 100))).toBe(true)
  })
})
