import type { SendWindow } from './project.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Sends to one number by all projects together; the answer does not say which project's they were. */
const SENDS_ACROSS_PROJECTS = { limit: 15, seconds: 86_400 } as const

/**
 * Messages to one number that nobody confirmed and that were given back: a provider that delivers
 * without confirming must not become a way around the limits.
 */
const GIVEN_BACK = [
  { limit: 10, seconds: 600 },
  { limit: 20, seconds: 86_400 },
] as const

/** Failed checks per (project, number), over all its verifications (NIST SP 800-63B-4 §3.1.3.2). */
const FAILED_CHECKS = [
  { limit: 15, seconds: 3600 },
  { limit: 50, seconds: 86_400 },
] as const
const FAILED_IN_A_ROW = 100
const LOCK_MS = DAY_MS
/** How long a run of failures is remembered after the last one. */
export const STREAK_MEMORY_MS = 30 * DAY_MS

/** How long sends and failed checks count for a limit at most. */
export const LONGEST_WINDOW_MS = DAY_MS

/** When one more event fits a window, given the times of the earlier ones in ascending order. */
function windowOpensAt(times: readonly number[], window: SendWindow): number {
  const blocking = times[times.length - window.limit]
  return blocking === undefined ? 0 : blocking + window.seconds * 1000
}

const latest = (times: readonly number[]): number => times.reduce((a, b) => Math.max(a, b), 0)

export interface SendHistory {
  /** Times of the project's own sends to the number, ascending. */
  readonly own: readonly number[]
  /** Times of all projects' sends to the number, ascending. */
  readonly all: readonly number[]
  /** Times of messages that were admitted and given back, ascending. */
  readonly givenBack: readonly number[]
}

export interface SendPolicy {
  readonly windows: readonly SendWindow[]
  readonly secondsBetween: number
}

/** The time from which the next message to a number is admitted; the past when it is now. */
export function nextSendAt(history: SendHistory, policy: SendPolicy): number {
  const lastOwn = history.own.at(-1)
  return latest([
    ...policy.windows.map((window) => windowOpensAt(history.own, window)),
    windowOpensAt(history.all, SENDS_ACROSS_PROJECTS),
    ...GIVEN_BACK.map((window) => windowOpensAt(history.givenBack, window)),
    lastOwn === undefined ? 0 : lastOwn + policy.secondsBetween * 1000,
  ])
}

export interface FailedChecks {
  /** Times of failed checks in the last 24 hours, ascending. */
  readonly times: readonly number[]
  /** Without a right one of the same purpose between them, of all purposes together. */
  readonly inARow: number
  readonly lastAt: number
}

/** The time until which no check of a (project, number) is evaluated; the past when it is open. */
export const checksLockedUntil = (failed: FailedChecks): number =>
  latest([
    ...FAILED_CHECKS.map((window) => windowOpensAt(failed.times, window)),
    failed.inARow >= FAILED_IN_A_ROW ? failed.lastAt + LOCK_MS : 0,
  ])

/** Whether one more failure begins a new run: the lock of the last one was sat out. */
export const beginsNewRun = (failed: FailedChecks): boolean => failed.inARow >= FAILED_IN_A_ROW

/** Whole seconds from now to a time, at least 1, so that waiting them is enough. */
export const secondsUntil = (time: number, now: number): number =>
  Math.max(1, Math.ceil((time - now) / 1000))

export interface Checkable {
  readonly status: string
  readonly attempts: number
  readonly attemptsAllowed: number
}

export type Judgement =
  | { readonly verdict: 'ended' }
  | { readonly verdict: 'locked'; readonly until: number }
  | { readonly verdict: 'right' }
  | { readonly verdict: 'wrong'; readonly last: boolean }

/** Decides one check. Only `right` and `wrong` are evaluated and spend an attempt. */
export function judge(
  verification: Checkable,
  failed: FailedChecks,
  codeIsRight: boolean,
  now: number,
): Judgement {
  if (verification.status !== 'pending') return { verdict: 'ended' }
  const until = checksLockedUntil(failed)
  if (until > now) return { verdict: 'locked', until }
  if (codeIsRight) return { verdict: 'right' }
  return { verdict: 'wrong', last: verification.attempts + 1 >= verification.attemptsAllowed }
}

/** One limit of a meter: how much of `counter` may be taken in any `seconds`. */
export interface Quota {
  readonly counter: string
  readonly limit: number
  readonly seconds: number
}

export interface Bucket {
  /** Unix milliseconds. */
  readonly start: number
  readonly taken: number
}

const BUCKETS = 24

/** Length in milliseconds of the slots in which a meter counts. */
export const bucketLength = (quota: Quota): number => Math.ceil((quota.seconds * 1000) / BUCKETS)

export const bucketStart = (quota: Quota, now: number): number => now - (now % bucketLength(quota))

/**
 * The time from which one more fits a quota; the past when it is now. A slot counts until all of it
 * has left the window, so no window of `seconds` ever holds more than `limit`.
 */
export function quotaOpensAt(quota: Quota, buckets: readonly Bucket[], now: number): number {
  const leavesAt = (bucket: Bucket) => bucket.start + bucketLength(quota) + quota.seconds * 1000
  const counted = buckets.filter((bucket) => leavesAt(bucket) > now)
  let excess = counted.reduce((sum, bucket) => sum + bucket.taken, 0) - quota.limit + 1
  if (excess <= 0) return 0
  for (const bucket of counted.toSorted((a, b) => a.start - b.start)) {
    excess -= bucket.taken
    if (excess <= 0) return leavesAt(bucket)
  }
  return now + quota.seconds * 1000
}
