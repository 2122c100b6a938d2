import { describe, expect, it } from 'vitest'
import { afterFailure, verdictOf, type Circuit } from '../../src/providers/circuit.ts'

const NOW = 1_800_000_000_000
const SECOND = 1000
const MINUTE = 60 * SECOND

/** A circuit after failures at some seconds. */
function after(...seconds: readonly number[]): Circuit {
  let circuit: Circuit | undefined
  for (const at of seconds) circuit = afterFailure(circuit, NOW + at * SECOND, undefined)
  if (circuit === undefined) throw new Error('No failure, no circuit')
  return circuit
}

/** The verdicts of one asker after the other. */
function verdicts(circuit: Circuit, ...seconds: readonly number[]) {
  let state = circuit
  return seconds.map((at) => {
    const answer = verdictOf(state, NOW + at * SECOND)
    state = answer.circuit
    return answer.verdict
  })
}

describe('a circuit', () => {
  it('stays closed after two failures', () => {
    expect(verdicts(after(0, 1), 1)).toEqual(['closed'])
  })

  it('opens at the third in a row, for ten seconds', () => {
    expect(verdicts(after(0, 1, 2), 2, 11.9)).toEqual(['cooling', 'cooling'])
  })

  it('stays closed when failures are more than a minute apart', () => {
    expect(verdicts(after(0, 61, 122, 183), 183)).toEqual(['closed'])
  })

  it('opens at once for as long as the provider asks, and ten seconds at least', () => {
    const long = afterFailure(undefined, NOW, 2 * MINUTE)
    expect(verdicts(long, 0, 119, 120)).toEqual(['cooling', 'cooling', 'probe'])
    expect(verdicts(afterFailure(undefined, NOW, SECOND), 9, 10)).toEqual(['cooling', 'probe'])
  })

  it('opens for five minutes at most, whatever the provider asks', () => {
    const hour = afterFailure(undefined, NOW, 60 * MINUTE)
    expect(verdicts(hour, 299, 300)).toEqual(['cooling', 'probe'])
  })

  it('lets one asker probe when it has cooled, and closes when nothing is heard of it', () => {
    expect(verdicts(after(0, 1, 2), 12, 12.1, 16.9, 17, 17.1)).toEqual([
      'probe',
      'cooling',
      'cooling',
      'closed',
      'closed',
    ])
  })

  it('opens for twice as long when the probe fails, up to five minutes', () => {
    let circuit = after(0, 1, 2)
    let now = NOW + 2 * SECOND
    const coolings: number[] = []
    for (let round = 0; round < 8; round += 1) {
      coolings.push((circuit.openUntil - now) / SECOND)
      now = circuit.openUntil
      circuit = afterFailure(verdictOf(circuit, now).circuit, now, undefined)
    }
    expect(coolings).toEqual([10, 20, 40, 80, 160, 300, 300, 300])
  })

  it('needs three failures again a minute after a probe that went well', () => {
    const closed = verdictOf(
      verdictOf(after(0, 1, 2), NOW + 12 * SECOND).circuit,
      NOW + 18 * SECOND,
    )
    const once = afterFailure(closed.circuit, NOW + 100 * SECOND, undefined)
    expect(verdicts(once, 100)).toEqual(['closed'])
  })

  it('does not count failures of what was sent before it opened', () => {
    const open = after(0, 1, 2)
    expect(afterFailure(open, NOW + 3 * SECOND, undefined)).toBe(open)
  })

  it('forgets after ten minutes how long it cooled', () => {
    const open = after(0, 1, 2)
    let circuit = open
    for (const at of [700, 701, 702]) circuit = afterFailure(circuit, NOW + at * SECOND, undefined)
    expect(circuit.coolingMs).toBe(10 * SECOND)
  })
})
