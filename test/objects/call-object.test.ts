import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../src/core/refusal.ts'
import { callObject } from '../../src/objects/call-object.ts'
import { refusalOf } from '../core/refusal-of.ts'

const lost = (text: string, marks: object = {}) => Object.assign(new Error(text), marks)
const RETRYABLE = () => lost('internal error', { retryable: true })

/** An object whose calls end as the script says, then well; counts stubs and calls. */
function setUp(...script: readonly (() => unknown)[]) {
  const steps = [...script]
  const stubs: object[] = []
  const asked: object[] = []
  const call = () =>
    callObject(
      () => {
        const stub = {}
        stubs.push(stub)
        return stub
      },
      async (stub) => {
        asked.push(stub)
        const step = steps.shift()
        if (step !== undefined) throw step()
        return 'answer'
      },
    )
  return { call, stubs, asked }
}

describe('callObject', () => {
  const waits: number[] = []
  beforeEach(() => {
    waits.length = 0
    vi.spyOn(scheduler, 'wait').mockImplementation(async (ms) => void waits.push(ms))
  })

  it('asks once when all is well', async () => {
    const { call, asked } = setUp()
    expect(await call()).toBe('answer')
    expect(asked).toHaveLength(1)
    expect(waits).toEqual([])
  })

  it.each([
    ['an error that the platform marks', RETRYABLE],
    [
      'an object that moved',
      () => lost('Durable Object reset because its code was updated.', { remote: false }),
    ],
    ['an object that was replaced', () => lost('The Durable Object is no longer active.')],
    ['a lost connection', () => lost('Network connection lost.')],
  ])('asks again after %s, by a new stub', async (_, error) => {
    const { call, stubs, asked } = setUp(error)
    expect(await call()).toBe('answer')
    expect(stubs).toHaveLength(2)
    expect(asked).toEqual(stubs)
    expect(asked[0]).not.toBe(asked[1])
  })

  it('asks three times at most, then declines as unavailable', async () => {
    const { call, stubs } = setUp(RETRYABLE, RETRYABLE, RETRYABLE, RETRYABLE)
    const refusal = await refusalOf(call)
    expect(refusal.code).toBe('unavailable')
    expect(refusal.facts.retryAfterSeconds).toBeGreaterThan(0)
    expect(new Set(stubs).size).toBe(3)
    expect(waits).toHaveLength(2)
  })

  it('answers the third time', async () => {
    const { call, asked } = setUp(RETRYABLE, RETRYABLE)
    expect(await call()).toBe('answer')
    expect(asked).toHaveLength(3)
  })

  it('waits a random part of a time that doubles, below half a second', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.999)
    await setUp(RETRYABLE, RETRYABLE).call()
    const [first = 0, second = 0] = waits
    expect(second / first).toBeCloseTo(2)
    expect(second).toBeLessThan(500)
    random.mockReturnValue(0)
    await setUp(RETRYABLE).call()
    expect(waits.at(-1)).toBe(0)
  })

  it.each([
    ['overloaded', { overloaded: true }],
    ['overloaded and retryable', { overloaded: true, retryable: true }],
  ])('declines at once, as unavailable, when the object is %s', async (_, marks) => {
    const { call, asked } = setUp(() => lost('Durable Object is overloaded. Network', marks))
    const refusal = await refusalOf(call)
    expect(refusal.code).toBe('unavailable')
    expect(refusal.facts.retryAfterSeconds).toBeGreaterThan(0)
    expect(asked).toHaveLength(1)
    expect(waits).toEqual([])
  })

  it.each([
    ['a bug', () => new TypeError('x is not a function')],
    ['an error thrown in the object', () => lost('no such table', { remote: true })],
    ['an error marked as not retryable', () => lost('internal error', { retryable: false })],
    ['a refusal', () => new Refusal('misconfigured')],
    ['a text', () => 'broken'],
    ['nothing', () => null],
  ])('lets %s through after one try', async (_, error) => {
    const { call, asked } = setUp(error)
    const thrown = await call().catch((reason: unknown) => ({ reason }))
    expect(thrown).toEqual({ reason: error() })
    expect(asked).toHaveLength(1)
  })

  it('asks again when the stub itself cannot be made', async () => {
    let tries = 0
    const answer = await callObject(
      () => {
        tries += 1
        if (tries === 1) throw RETRYABLE()
        return tries
      },
      async (stub) => stub,
    )
    expect(answer).toBe(2)
  })
})
