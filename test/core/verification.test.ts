import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attemptsLeft,
  joinFacts,
  sameFacts,
  type DeliveryFacts,
  type DeliveryStatus,
  type Verification,
} from '../../src/core/verification.ts'

/** From the least to the most that can be known of a delivery. */
const STATUSES = ['sending', 'unknown', 'sent', 'failed', 'undelivered', 'delivered'] as const

const factsOf = (status: DeliveryStatus, changes: Partial<DeliveryFacts> = {}): DeliveryFacts => ({
  status,
  error: null,
  price: null,
  currency: null,
  ...changes,
})

const facts = fc.record({
  status: fc.constantFrom(...STATUSES),
  error: fc.constantFrom(null, 'Twilio error 30003', 'Twilio error 30008'),
  price: fc.constantFrom(null, '0.0075', '0.00750', '0', '12'),
  currency: fc.constantFrom(null, 'USD', 'EUR'),
})

describe('joinFacts', () => {
  const pairs = STATUSES.flatMap((from, i) =>
    STATUSES.map((to, j) => [from, to, STATUSES[Math.max(i, j)]] as const),
  )

  it.each(pairs)('of %s and %s is %s', (from, to, joined) => {
    expect(joinFacts(factsOf(from), factsOf(to)).status).toBe(joined)
  })

  it('ends the same whatever order reports come in, and however often', () => {
    const order = fc
      .array(facts, { minLength: 1, maxLength: 8 })
      .chain((reports) =>
        fc.tuple(
          fc.constant(reports),
          fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 }),
        ),
      )
    const start = factsOf('sending')
    fc.assert(
      fc.property(order, ([reports, shuffled]) => {
        const ended = reports.reduce<DeliveryFacts>(joinFacts, start)
        expect(sameFacts(shuffled.reduce<DeliveryFacts>(joinFacts, start), ended)).toBe(true)
      }),
    )
  })

  it('keeps the error of the status that stays', () => {
    const failed = factsOf('failed', { error: 'Twilio error 30008' })
    expect(joinFacts(failed, factsOf('sent')).error).toBe('Twilio error 30008')
    expect(joinFacts(failed, factsOf('delivered')).error).toBeNull()
  })

  it('takes a price from whichever report has it', () => {
    const priced = factsOf('sent', { price: '0.0075', currency: 'USD' })
    const joined = joinFacts(priced, factsOf('delivered'))
    expect(joined).toEqual(factsOf('delivered', { price: '0.0075', currency: 'USD' }))
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
