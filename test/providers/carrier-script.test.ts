import { describe, expect, it } from 'vitest'
import { parsePhone } from '../../src/core/phone.ts'
import { CHANNELS, type Channel } from '../../src/core/project.ts'
import { endingOf, SCRIPTED_NUMBERS } from '../../src/providers/carrier-script.ts'
import { inboxMessage, play, TOKEN } from './carrier.ts'

const DELIVERED = '0 arrives, 0 taken, 1 delivered'
const NUMBER = '+150055500'

/** What a message to each number does, by the second; by channel where they differ. */
const STORIES: Readonly<Record<string, string | Record<Channel, string>>> = {
  '01': DELIVERED,
  '10': '3 arrives, 3 taken, 4 delivered',
  '11': '0 arrives, 4 unknown',
  '12': '4 unknown',
  '20': '0 unreachable',
  '21': '0 throttled',
  '22': '0 bad_number',
  '23': '0 misconfigured',
  '24': { sms: DELIVERED, call: DELIVERED, whatsapp: '0 not_on_channel' },
  '25': { sms: '0 unreachable', call: DELIVERED, whatsapp: DELIVERED },
  '30': '0 taken',
  '31': '0 taken, 2 undelivered',
  '32': { sms: DELIVERED, call: DELIVERED, whatsapp: '0 taken, 2 failed' },
  '33': '0 taken, 2 failed',
  '40': '0 taken, 10 arrives, 11 delivered',
  '41': '0 arrives, 0 taken, 1 arrives, 1 delivered, 2 delivered',
  '42': '0 arrives, 0 taken, 1 delivered, 2 sent',
  '43': '0 arrives, 0 taken, 1 failed, 2 delivered',
}

const everyTry = Object.entries(STORIES).flatMap(([digits, story]) =>
  CHANNELS.map(
    (channel) => [digits, channel, typeof story === 'string' ? story : story[channel]] as const,
  ),
)

describe('the scripted numbers', () => {
  it('are those of the table, each once', () => {
    const numbers = SCRIPTED_NUMBERS.map(({ number }) => number)
    expect(numbers).toEqual(
      Object.keys(STORIES)
        .toSorted()
        .map((digits) => NUMBER + digits),
    )
  })

  it.each(SCRIPTED_NUMBERS)('$number is valid, and may be sent every kind of message', (row) => {
    expect(parsePhone(row.number, 'live', [])).toMatchObject({
      e164: row.number,
      type: 'unknown',
      testOnly: false,
    })
    expect(row.does).toMatch(/^[a-z][^|<>]{10,90}$/)
  })

  it.each(everyTry)('%s by %s: %s', async (digits, channel, story) => {
    const message = inboxMessage(NUMBER + digits, channel)
    const played = await play(message)
    expect(played.story.join(', ')).toBe(story)
    expect(played.arrived.every((arrived) => arrived === message)).toBe(true)
    expect(played.backgroundMs).toBeLessThan(25_000)
  })

  it.each(everyTry)('%s by %s has reports of its own try, as real ones are', async (...row) => {
    const [digits, channel] = row
    const { reports, receipt } = await play(inboxMessage(NUMBER + digits, channel))
    for (const { token, status, error, price, currency } of reports) {
      const bad = status === 'failed' || status === 'undelivered'
      expect(token).toBe(TOKEN)
      expect(error).toEqual(bad ? expect.stringMatching(/^Scripted error \d{5}$/) : null)
      expect([price, currency]).toSatisfy(
        ([amount, unit]) =>
          (amount === null && unit === null) || (/^0\.\d+$/.test(amount) && unit === 'USD'),
      )
    }
    expect(JSON.stringify(receipt)).not.toMatch(/918273|1500555/)
  })

  it('tells for how long it is throttling', async () => {
    const { receipt } = await play(inboxMessage(`${NUMBER}21`, 'sms'))
    expect(receipt).toMatchObject({ failure: { kind: 'throttled', retryAfterSeconds: 30 } })
  })
})

describe('every other number', () => {
  it.each([
    '+12025550123',
    '+15005550000',
    '+15005550002',
    '+15005550099',
    '+15005550101',
    '+150055500',
    '+150055500011',
    '+3725555555',
    '__proto__',
  ])('just works: %s', async (to) => {
    for (const channel of CHANNELS) {
      expect(endingOf(to, channel)).toBe(endingOf('+12025550123', 'sms'))
      const { story, reports, backgroundMs } = await play(inboxMessage(to, channel))
      expect(story).toEqual(['0 arrives', '0 taken'])
      expect(reports).toEqual([])
      expect(backgroundMs).toBe(0)
    }
  })
})
