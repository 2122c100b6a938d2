import { describe, expect, it } from 'vitest'
import { judge, type Checkable, type FailedChecks, type Judgement } from '../../src/core/limits.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000

const failuresAt = (times: readonly number[]): FailedChecks => ({
  times,
  inARow: times.length,
  lastAt: times.at(-1) ?? 0,
})

type JudgeRow = readonly [
  about: string,
  verification: Checkable,
  failed: FailedChecks,
  right: boolean,
  judgement: Judgement,
]

describe('judge', () => {
  const pending = (attempts: number) => ({ status: 'pending', attempts, attemptsAllowed: 5 })
  const none = failuresAt([])
  const locked = failuresAt(Array.from({ length: 15 }, (_, i) => NOW + i))

  const rows: readonly JudgeRow[] = [
    ['the right code first', pending(0), none, true, { verdict: 'right' }],
    ['the right code as attempt 5', pending(4), none, true, { verdict: 'right' }],
    ['a wrong code as attempt 4', pending(3), none, false, { verdict: 'wrong', last: false }],
    ['a wrong code as attempt 5', pending(4), none, false, { verdict: 'wrong', last: true }],
    ...(['approved', 'expired', 'canceled', 'max_attempts', 'failed'] as const).flatMap((status) =>
      [true, false].map(
        (right) =>
          [
            `${right ? 'the right' : 'a wrong'} code when ${status}`,
            { ...pending(0), status },
            none,
            right,
            { verdict: 'ended' },
          ] as const satisfies JudgeRow,
      ),
    ),
    [
      'the right code as attempt 6',
      { ...pending(5), status: 'max_attempts' },
      none,
      true,
      { verdict: 'ended' },
    ],
    [
      'the right code while locked',
      pending(0),
      locked,
      true,
      { verdict: 'locked', until: NOW + HOUR },
    ],
    [
      'a wrong code while locked',
      pending(4),
      locked,
      false,
      { verdict: 'locked', until: NOW + HOUR },
    ],
    [
      'any code when ended and locked',
      { ...pending(0), status: 'approved' },
      locked,
      true,
      {
        verdict: 'ended',
      },
    ],
  ]

  it.each(rows)('decides on %s', (_, verification, failed, right, judgement) => {
    expect(judge(verification, failed, right, NOW + 1000)).toEqual(judgement)
  })

  it('evaluates again at the millisecond at which the lock ends', () => {
    const until = NOW + HOUR
    const verdicts = [until - 1, until, until + 1].map(
      (now) => judge(pending(0), locked, true, now).verdict,
    )
    expect(verdicts).toEqual(['locked', 'right', 'right'])
  })
})
