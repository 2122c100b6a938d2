import { beforeEach, describe, expect, it, vi } from 'vitest'
import { failed, type Receipt } from '../../src/providers/provider.ts'
import { sent, setUp } from './failing-providers.ts'

describe('failover.deliver: a provider that is busy (R-01)', () => {
  const busy = (retryAfterSeconds?: number): Receipt => ({
    sent: false,
    failure: {
      kind: 'throttled',
      detail: 'HTTP 429',
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  })

  it('is waited for when it asks for 2 seconds, in the same try', async () => {
    const answers = [busy(2), sent]
    const { deliver, names, waits, told } = setUp({
      first: () => answers.shift() ?? sent,
      second: sent,
    })
    expect(await deliver()).toMatchObject([{ deliveryId: 'del_first', status: 'sent' }])
    expect(names()).toEqual(['first', 'first'])
    expect(waits).toEqual([2000])
    expect(told).toEqual([['first', 'sent']])
  })

  it('is waited for once only', async () => {
    const { deliver, names } = setUp({ first: () => busy(1), second: sent })
    await deliver()
    expect(names()).toEqual(['first', 'first', 'second'])
  })

  it.each([[undefined], [3], [3600]])('is left when it asks for %s', async (seconds) => {
    const { deliver, names, waits } = setUp({ first: busy(seconds), second: sent })
    await deliver()
    expect(names()).toEqual(['first', 'second'])
    expect(waits).toEqual([])
  })
})

describe('failover.deliver: what the circuits are told', () => {
  it.each(['unreachable', 'throttled', 'unknown'] as const)(
    'is %s of a provider that failed, and who took the message',
    async (kind) => {
      const { deliver, told } = setUp({ first: failed(kind, ''), second: sent })
      await deliver()
      expect(told).toEqual([
        ['first', kind],
        ['second', 'sent'],
      ])
    },
  )

  it.each(['bad_number', 'not_on_channel', 'misconfigured'] as const)(
    'is nothing of %s',
    async (kind) => {
      const { deliver, told } = setUp({ first: failed(kind, ''), second: sent })
      await deliver()
      expect(told).not.toContainEqual(['first', kind])
    },
  )

  it('is nothing where there is one provider only', async () => {
    const { deliver, told } = setUp({ first: failed('unreachable', '') })
    await deliver()
    expect(told).toEqual([])
  })
})

describe('failover.deliver: its time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })

  /** A provider that answers after some milliseconds of the test's own clock. */
  const slow = (ms: number) => () => {
    vi.setSystemTime(Date.now() + ms)
    return failed('unreachable', 'HTTP 503')
  }
  const timeouts = () => {
    const spy = vi.spyOn(AbortSignal, 'timeout')
    return () => spy.mock.calls.map(([ms]) => ms)
  }

  it('gives each provider 4 seconds', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(0), second: slow(1000), third: slow(0) })
    await deliver()
    expect(given()).toEqual([4000, 4000, 4000])
  })

  it('gives the last provider what is left of 8 seconds', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(4000), second: slow(3900), third: sent })
    expect(await deliver()).toHaveLength(3)
    expect(given()).toEqual([4000, 4000, 100])
  })

  it('asks nobody after 8 seconds', async () => {
    const given = timeouts()
    const { deliver, names } = setUp({ first: slow(4000), second: slow(4000), third: sent })
    expect(await deliver()).toHaveLength(2)
    expect(names()).toEqual(['first', 'second'])
    expect(given()).toEqual([4000, 4000])
  })

  it('hands each provider a signal of its own', async () => {
    const { deliver, signals } = setUp({ first: slow(0), second: slow(0) })
    await deliver()
    expect(new Set(signals).size).toBe(2)
  })

  it('counts 8 seconds anew for each message', async () => {
    const given = timeouts()
    const { deliver } = setUp({ first: slow(4000), second: slow(4000) })
    await deliver()
    await deliver()
    expect(given()).toEqual([4000, 4000, 4000, 4000])
  })
})
