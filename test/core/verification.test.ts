import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attemptsLeft,
  movesForward,
  type DeliveryStatus,
  type Verification,
} from '../../src/core/verification.ts'

const STATUSES = ['sending', 'unknown', 'sent', 'delivered', 'undelivered', 'failed'] as const
const FINAL: readonly DeliveryStatus[] = ['delivered', 'undelivered', 'failed']

/** What may follow each status; nothing follows the last three. */
const NEXT: Readonly<Record<DeliveryStatus, readonly DeliveryStatus[]>> = {
  sending: ['unknown', 'sent', 'delivered', 'undelivered', 'failed'],
  unknown: ['sent', 'delivered', 'undelivered', 'failed'],
  sent: ['delivered', 'undelivered', 'failed'],
  delivered: [],
  undelivered: [],
  failed: [],
}

const statusAfter = (receipts: readonly DeliveryStatus[], from: DeliveryStatus = 'sending') =>
  receipts.reduce((status, next) => (movesForward(status, next) ? next : status), from)

describe('movesForward', () => {
  const pairs = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const))

  it.each(pairs)('decides from %s to %s', (from, to) => {
    expect(movesForward(from, to)).toBe(NEXT[from].includes(to))
  })

  const receipts = fc.array(fc.constantFrom(...STATUSES), { maxLength: 12 })

  it('leads any receipts with a final one to the first final one, and stays there', () => {
    fc.assert(
      fc.property(receipts, fc.constantFrom(...FINAL), receipts, (some, final, more) => {
        const all = [...some, final, ...more]
        expect(statusAfter(all)).toBe(all.find((status) => FINAL.includes(status)))
      }),
    )
  })

  it('ends the same whatever order receipts with one outcome come in, and how often', () => {
    const outcome = fc.constantFrom(...FINAL)
    const others = fc.array(fc.constantFrom('sending', 'unknown', 'sent'), { maxLength: 6 })
    const orders = fc.tuple(outcome, others).chain(([final, rest]) =>
      fc.tuple(
        fc.constant(final),
        fc.shuffledSubarray([final, final, ...rest] as DeliveryStatus[], {
          minLength: rest.length + 2,
        }),
      ),
    )
    fc.assert(
      fc.property(orders, ([final, order]) => {
        expect(statusAfter(order)).toBe(final)
      }),
    )
  })

  it('ends the same whatever order receipts without an outcome come in', () => {
    expect(statusAfter(['sent', 'unknown'])).toBe('sent')
    expect(statusAfter(['unknown', 'sent', 'sending'])).toBe('sent')
  })
})

describe('attemptsLeft', () => {
  const verification = (status: string, attempts: number) =>
    ({ status, attempts, attemptsAllowed: 5 }) as Verification

  it.each([
    ['pending', 0, 5],
    ['pending', 4, 1],
    ['pending', 5, 0],
    ['pending', 6, 0],
    ['approved', 1, 0],
    ['expired', 0, 0],
    ['canceled', 0, 0],
    ['max_attempts', 5, 0],
    ['failed', 0, 0],
  ])('of a verification that is %s after %i attempts are %i', (status, attempts, left) => {
    expect(attemptsLeft(verification(status, attempts))).toBe(left)
  })
})
