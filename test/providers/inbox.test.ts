import { describe, expect, it, vi } from 'vitest'
import { CHANNELS } from '../../src/core/project.ts'
import { inbox, type InboxOptions } from '../../src/providers/inbox.ts'
import type { ProviderMessage } from '../../src/providers/provider.ts'
import { inboxMessage } from './carrier.ts'

const OTHER = '+12025550123'
const SLOW = '+15005550010'
const TOO_SLOW = '+15005550011'
const LOST = '+15005550012'
const LATE = '+15005550040'
const NO_ANSWER = { sent: false, failure: { kind: 'unknown', detail: 'no answer in time' } }

const patient = () => new AbortController().signal

function setUp(changes: Partial<InboxOptions> = {}) {
  const kept: ProviderMessage[] = []
  const works: Promise<unknown>[] = []
  const provider = inbox({
    add: async (message) => void kept.push(message),
    report: async () => {},
    background: (work) => void works.push(work),
    wait: (ms, signal) => scheduler.wait(ms, signal && { signal }),
    ...changes,
  })
  return { provider, kept, works }
}

describe('inbox', () => {
  it('serves every channel, from one sender everywhere', () => {
    const { provider } = setUp()
    expect(provider.name).toBe('inbox')
    expect(provider.channels).toEqual(CHANNELS)
    for (const channel of CHANNELS) expect(provider.senderOf(channel, 'EE')).toBe('otpost')
  })

  it('keeps each message, and calls it sent under an id of its own', async () => {
    const { provider, kept, works } = setUp()
    const outbound = inboxMessage(OTHER, 'sms')
    const receipts = [
      await provider.send(outbound, patient()),
      await provider.send(outbound, patient()),
    ]
    expect(kept).toEqual([outbound, outbound])
    const ids = receipts.map((receipt) => (receipt.sent && receipt.messageId) || '')
    expect(ids.every((id) => id.startsWith('inbox_'))).toBe(true)
    expect(new Set(ids).size).toBe(2)
    expect(ids.join()).not.toContain(outbound.code)
    expect(works).toEqual([])
  })

  it('calls no message sent before it is kept', async () => {
    const { provider } = setUp({
      add: () => Promise.reject(new Error('the object is out of reach')),
    })
    const sending = provider.send(inboxMessage(OTHER, 'sms'), patient())
    await expect(sending).rejects.toThrow('out of reach')
  })

  it('lets what failed after the answer reach whoever carries it on', async () => {
    const { provider, works } = setUp({
      wait: async () => {},
      add: () => Promise.reject(new Error('the object is out of reach')),
    })
    const receipt = await provider.send(inboxMessage(LATE, 'sms'), patient())
    expect(receipt.sent).toBe(true)
    expect(works).toHaveLength(1)
    await expect(works[0]).rejects.toThrow('out of reach')
  })
})

describe('inbox: a carrier that does not answer', () => {
  it.each([
    ['takes 3 s', SLOW, 0],
    ['hangs, with the message out', TOO_SLOW, 1],
    ['hangs', LOST, 0],
  ])('gives up with the signal: it %s', async (_, to, arrived) => {
    const { provider, kept, works } = setUp()
    const message = inboxMessage(to, 'sms')
    const begun = Date.now()
    expect(await provider.send(message, AbortSignal.timeout(30))).toEqual(NO_ANSWER)
    expect(Date.now() - begun).toBeLessThan(1500)
    expect(kept).toHaveLength(arrived)
    expect(works).toEqual([])
  })

  it.each([SLOW, LOST])('gives up at once when the signal is aborted already: %s', async (to) => {
    const { provider, kept } = setUp()
    expect(await provider.send(inboxMessage(to, 'sms'), AbortSignal.abort())).toEqual(NO_ANSWER)
    expect(kept).toEqual([])
  })

  it('gives up even while its clock ignores the signal', async () => {
    const { provider } = setUp({ wait: () => new Promise(() => {}) })
    const receipt = await provider.send(inboxMessage(SLOW, 'call'), AbortSignal.timeout(10))
    expect(receipt).toEqual(NO_ANSWER)
  })

  it('hands on what is wrong with its clock', async () => {
    const { provider } = setUp({ wait: () => Promise.reject(new Error('no clock')) })
    await expect(provider.send(inboxMessage(SLOW, 'sms'), patient())).rejects.toThrow('no clock')
  })

  it('really waits before it takes a message', async () => {
    const wait = vi.fn(async () => {})
    const { provider, kept } = setUp({ wait })
    const { signal } = new AbortController()
    expect((await provider.send(inboxMessage(SLOW, 'sms'), signal)).sent).toBe(true)
    expect(wait.mock.calls[0]).toEqual([3000, signal])
    expect(kept).toHaveLength(1)
  })
})
