import { describe, expect, it, vi } from 'vitest'
import { lookUpNumber } from '../../src/core/look-up.ts'
import { parsePhone, type PhoneNumber } from '../../src/core/phone.ts'
import type { NumberFacts, NumberLookup, Ports } from '../../src/core/ports.ts'
import { projectSettings, type Caller, type SecretCaller } from '../../src/core/project.ts'
import { Refusal } from '../../src/core/refusal.ts'
import { restrictionsOf } from '../../src/core/restrictions.ts'

const NUMBER = parsePhone('+12025550123', 'live')
const OFFLINE: NumberFacts = { type: 'mobile', carrier: null, ported: false }
const FOUND: NumberFacts = { type: 'voip', carrier: 'Acme Mobile', ported: true }

const callerOf = (
  changes: Partial<SecretCaller> = {},
  paused = false,
  settings: object = {},
): SecretCaller => ({
  kind: 'secret',
  mode: 'live',
  project: {
    id: 'a'.repeat(24),
    name: 'Acme',
    paused,
    settings: projectSettings.parse({ countries: '*', ...settings }),
  },
  ...changes,
})

const PUBLISHABLE: Caller = {
  ...callerOf(),
  kind: 'publishable',
  keyHash: '0'.repeat(64),
  restrictions: restrictionsOf('live').parse({}),
}

const hang = () => new Promise<never>(() => undefined)
const fail = (error: Error) => () => Promise.reject(error)
const outage = new Refusal('unavailable')
const bug = new Error('a bug')

interface Parts {
  /** What the vendor does; null for a deployment without one. */
  readonly lookUp?: NumberLookup['lookUp'] | null
  readonly facts?: () => Promise<NumberFacts | undefined>
  readonly keepFacts?: () => Promise<void>
  readonly isOverCap?: boolean
}

/** A core over a vendor and a line that do as told; the line remembers unless told otherwise. */
function setUp(parts: Parts = {}) {
  const kept: NumberFacts[] = []
  const reported: unknown[] = []
  const works: Promise<unknown>[] = []
  const take = vi.fn(async () => ({ admitted: parts.isOverCap !== true }))
  const lookUp = vi.fn<NumberLookup['lookUp']>(parts.lookUp ?? (async () => FOUND))
  const lines = {
    facts: vi.fn(parts.facts ?? (async () => kept[0])),
    keepFacts: vi.fn(
      parts.keepFacts ??
        (async (_mode: unknown, _number: unknown, facts: NumberFacts) => void kept.push(facts)),
    ),
  }
  const ports = {
    lookup: parts.lookUp === null ? undefined : { lookUp },
    lines,
    meters: { take },
    background: (work: Promise<unknown>) =>
      void works.push(work.catch((error: unknown) => reported.push(error))),
  } as unknown as Ports
  const ask = (caller: Caller = callerOf(), number: PhoneNumber = NUMBER) =>
    lookUpNumber(ports, caller, number)
  const settled = () => Promise.all(works)
  return { ask, lookUp, lines, kept, reported, settled, take }
}

describe('lookUpNumber', () => {
  it('answers what the vendor says, and has the line keep it', async () => {
    const { ask, lookUp, lines, reported, settled } = setUp()
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledExactlyOnceWith(NUMBER.e164, expect.any(AbortSignal))
    await settled()
    expect(lines.keepFacts).toHaveBeenCalledExactlyOnceWith('live', NUMBER, FOUND)
    expect(reported).toEqual([])
  })

  it('asks nobody about a country to which the project does not send', async () => {
    const { ask, lookUp } = setUp()
    expect(await ask(callerOf({}, false, { countries: ['EE'] }))).toEqual(OFFLINE)
    expect(lookUp).not.toHaveBeenCalled()
    expect(await ask(callerOf({}, false, { countries: ['US'] }))).toEqual(FOUND)
  })

  it('counts every question to a vendor for the project, and asks nobody over its cap', async () => {
    const { ask, take, lookUp } = setUp()
    expect(await ask(callerOf({}, false, { lookUpsPerDay: 7 }))).toEqual(FOUND)
    const quotas = [{ counter: 'look-ups', limit: 7, seconds: 86_400 }]
    expect(take).toHaveBeenCalledExactlyOnceWith([expect.objectContaining({ quotas })])
    expect(lookUp).toHaveBeenCalledTimes(1)
    const full = setUp({ isOverCap: true })
    expect(await full.ask()).toEqual(OFFLINE)
    expect(full.lookUp).not.toHaveBeenCalled()
    expect(await full.ask(callerOf({}, false, { lookUpsPerDay: null }))).toEqual(FOUND)
  })

  it('asks nobody for what the line has kept', async () => {
    const { ask, lookUp, lines, settled, take } = setUp({ facts: async () => FOUND })
    expect(await ask()).toEqual(FOUND)
    expect(take).not.toHaveBeenCalled()
    await settled()
    expect(lines.facts).toHaveBeenCalledExactlyOnceWith('live', NUMBER)
    expect(lookUp).not.toHaveBeenCalled()
    expect(lines.keepFacts).not.toHaveBeenCalled()
  })

  it.each([
    ['without a vendor', callerOf(), null],
    ['with a test key', callerOf({ mode: 'test' }), undefined],
    ['with a publishable key', PUBLISHABLE, undefined],
    ['while the project is paused', callerOf({}, true), undefined],
  ])('asks neither line nor vendor %s', async (_, caller, lookUp) => {
    const parts = setUp(lookUp === null ? { lookUp } : {})
    expect(await parts.ask(caller)).toEqual(OFFLINE)
    expect(parts.lines.facts).not.toHaveBeenCalled()
    expect(parts.lookUp).not.toHaveBeenCalled()
    expect(parts.lines.keepFacts).not.toHaveBeenCalled()
  })

  it.each([
    ['+12025550123', 'mobile'],
    ['+37251234567', 'mobile'],
    ['+442079460958', 'landline'],
    ['+445612345678', 'voip'],
    ['+447012345678', 'unknown'],
  ])('knows offline of %s that it is %s', async (number, type) => {
    const { ask } = setUp({ lookUp: null })
    expect(await ask(callerOf(), parsePhone(number, 'live'))).toEqual({ ...OFFLINE, type })
  })

  it('answers what it knows offline, and keeps nothing, when the vendor knows nothing', async () => {
    const { ask, lines, reported, settled } = setUp({ lookUp: async () => undefined })
    expect(await ask()).toEqual(OFFLINE)
    await settled()
    expect(lines.keepFacts).not.toHaveBeenCalled()
    expect(reported).toEqual([])
  })

  it('answers what it knows offline, keeps nothing, and tells the log, when the vendor fails', async () => {
    const { ask, lines, reported, settled } = setUp({ lookUp: fail(bug) })
    expect(await ask()).toEqual(OFFLINE)
    await settled()
    expect(lines.keepFacts).not.toHaveBeenCalled()
    expect(reported).toEqual([bug])
  })

  it.each([
    ['the vendor', { lookUp: hang }],
    ['the line', { facts: hang }],
  ])('waits 2 s at most for %s, keeps nothing, and tells the vendor to stop', async (_, parts) => {
    const limit = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
    const { ask, lookUp, lines } = setUp(parts)
    const answer = ask()
    await scheduler.wait(5)
    limit.abort(new DOMException('late', 'TimeoutError'))
    expect(await answer).toEqual(OFFLINE)
    expect(timeout).toHaveBeenCalledExactlyOnceWith(2000)
    expect(lookUp.mock.calls.map(([, signal]) => signal.aborted)).toEqual(
      'lookUp' in parts ? [true] : [],
    )
    expect(lines.keepFacts).not.toHaveBeenCalled()
  })

  it('asks no vendor when the line answers too late', async () => {
    const limit = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
    const { ask, lookUp, settled } = setUp({
      facts: async () => {
        limit.abort()
        return undefined
      },
    })
    expect(await ask()).toEqual(OFFLINE)
    await settled()
    expect(lookUp).not.toHaveBeenCalled()
  })

  it('keeps nothing that comes too late', async () => {
    const limit = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
    let arrive: (facts: NumberFacts) => void = () => undefined
    const { ask, lines, settled } = setUp({
      lookUp: () => new Promise((resolve) => (arrive = resolve)),
    })
    const answer = ask()
    await scheduler.wait(5)
    limit.abort()
    expect(await answer).toEqual(OFFLINE)
    arrive(FOUND)
    await scheduler.wait(5)
    await settled()
    expect(lines.keepFacts).not.toHaveBeenCalled()
  })

  it.each([
    ['is out of reach', outage, []],
    ['has a bug', bug, [bug]],
  ])('asks the vendor when the line %s', async (_, error, expected) => {
    const parts = setUp({ facts: fail(error), keepFacts: fail(error) })
    expect(await parts.ask()).toEqual(FOUND)
    await parts.settled()
    expect(parts.lookUp).toHaveBeenCalledTimes(1)
    expect(new Set(parts.reported)).toEqual(new Set(expected))
  })
})
