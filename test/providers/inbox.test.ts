import { describe, expect, it } from 'vitest'
import type { OutboundMessage } from '../../src/core/ports.ts'
import { inbox } from '../../src/providers/inbox.ts'
import { message } from './messages.ts'

const patient = () => new AbortController().signal

describe('inbox', () => {
  it('keeps each message, and calls it sent under an id of its own', async () => {
    const kept: OutboundMessage[] = []
    const provider = inbox(async (outbound) => void kept.push(outbound))
    const outbound = message()
    const receipts = [
      await provider.send(outbound, patient()),
      await provider.send(outbound, patient()),
    ]
    expect(kept).toEqual([outbound, outbound])
    const ids = receipts.map((receipt) => (receipt.sent && receipt.messageId) || '')
    expect(ids.every((id) => id.startsWith('inbox_'))).toBe(true)
    expect(new Set(ids).size).toBe(2)
    expect(ids.join()).not.toContain(outbound.code)
  })

  it('calls no message sent before it is kept', async () => {
    const provider = inbox(() => Promise.reject(new Error('the object is out of reach')))
    await expect(provider.send(message(), patient())).rejects.toThrow('out of reach')
  })
})
