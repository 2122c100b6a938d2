import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, NUMBER } from './json-vendor.ts'
import { CODE, kindOf } from './messages.ts'
import { accepted, KEY, MESSAGE_ID, SECRET, send, SIGNATURE_SECRET } from './send-by-vonage.ts'
import { describeUnclearAnswers } from './unclear-answers.ts'

describeUnclearAnswers('vonage', send)

const problem = (status: number, changes: object = {}) =>
  Response.json(
    {
      type: 'https://developer.vonage.com/api-errors#invalid-params',
      title: `No: ${CODE}`,
      detail: `${NUMBER} ${CODE} ${SECRET}`,
      instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
      ...changes,
    },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )

const numbered = (status: number, code: number) =>
  problem(status, { type: `https://developer.vonage.com/api-errors/messages#${code}` })

describe.each(['sms', 'whatsapp'] as const)('vonage: answers to %s', (channel) => {
  it('takes the id of a message', async () => {
    const { receipt } = await send(accepted, message(channel))
    expect(receipt).toEqual({ sent: true, messageId: MESSAGE_ID, segments: null })
  })

  it.each(['', CODE, NUMBER, `${MESSAGE_ID}0`, `x${MESSAGE_ID}`, 'z'.repeat(36)])(
    'keeps no id that Vonage would not give (%j)',
    async (id) => {
      const answer = () => Response.json({ message_uuid: id }, { status: 202 })
      const { receipt } = await send(answer, message(channel))
      expect(receipt).toEqual({ sent: true, messageId: null, segments: null })
    },
  )

  it('does not know what became of a message with an id of another kind', async () => {
    const answer = () => Response.json({ message_uuid: 7 }, { status: 202 })
    expect(kindOf((await send(answer, message(channel))).receipt)).toBe('unknown')
  })

  it.each([
    [401, 'misconfigured'],
    [402, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [422, 'misconfigured'],
    [429, 'throttled'],
    [500, 'unreachable'],
    [502, 'unknown'],
    [503, 'unreachable'],
    [504, 'unknown'],
  ])('classes a problem of status %i as %s', async (status, kind) => {
    const { receipt } = await send(() => problem(status), message(channel))
    expect(receipt).toEqual({ sent: false, failure: { kind, detail: `HTTP ${status}` } })
  })

  it.each([
    [422, 1000, 'throttled', 'throttled'],
    [422, 1010, 'misconfigured', 'misconfigured'],
    [422, 1020, 'misconfigured', 'misconfigured'],
    [422, 1022, 'misconfigured', 'misconfigured'],
    [422, 1030, 'unreachable', 'unreachable'],
    [422, 1050, 'misconfigured', 'misconfigured'],
    [403, 1070, 'misconfigured', 'misconfigured'],
    [422, 1120, 'misconfigured', 'misconfigured'],
    [422, 1150, 'misconfigured', 'misconfigured'],
    [422, 1170, 'bad_number', 'bad_number'],
    [422, 1240, 'misconfigured', 'misconfigured'],
    [422, 1300, 'misconfigured', 'not_on_channel'],
    [422, 1310, 'misconfigured', 'not_on_channel'],
    [422, 1420, 'misconfigured', 'misconfigured'],
    [422, 1430, 'bad_number', 'not_on_channel'],
    [429, 1170, 'throttled', 'throttled'],
    [500, 1170, 'unreachable', 'unreachable'],
    [502, 1170, 'unknown', 'unknown'],
    [200, 1170, 'bad_number', 'bad_number'],
    [202, 1000, 'throttled', 'throttled'],
    [200, 1300, 'unknown', 'not_on_channel'],
    [200, 1020, 'unknown', 'unknown'],
  ] as const)(
    'classes a %i with error %i as %s, on WhatsApp %s',
    async (status, code, sms, whatsapp) => {
      const { receipt } = await send(() => numbered(status, code), message(channel))
      expect(kindOf(receipt)).toBe(channel === 'sms' ? sms : whatsapp)
      expect(JSON.stringify(receipt)).toContain(`Vonage error ${code}`)
    },
  )

  it.each([
    ['The `to` parameter is invalid for the given channel.', undefined, 'bad_number'],
    ["'to' is no number", undefined, 'bad_number'],
    ['"to" may not be \'37255512345\'', undefined, 'bad_number'],
    ['The `from` parameter is invalid', undefined, 'misconfigured'],
    ['`from` may not equal `to`', undefined, 'misconfigured'],
    ['Top up to go on', undefined, 'misconfigured'],
    ['', [{ name: 'to', reason: 'is invalid' }], 'bad_number'],
    ['`from`', [{ name: 'to' }], 'bad_number'],
    ['`to`', [{ name: 'from' }], 'misconfigured'],
    ['', [{ name: 'to' }, { name: 'from' }], 'misconfigured'],
    ['', [{ name: 'ttl' }], 'misconfigured'],
    ['`to`', [], 'bad_number'],
    [7, 'to', 'misconfigured'],
  ])('blames the number only when `to` alone is invalid (%j, %j)', async (detail, list, kind) => {
    const changes = { detail, invalid_parameters: list }
    const { receipt } = await send(() => problem(422, changes), message(channel))
    expect(kindOf(receipt)).toBe(kind)
    const elsewhere = await send(() => problem(403, changes), message(channel))
    expect(kindOf(elsewhere.receipt)).toBe('misconfigured')
  })

  it('answers any status and body by a receipt without code, number or secret', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), SECRET, SIGNATURE_SECRET, btoa(`${KEY}:${SECRET}`)]
    const quoted = fc.constantFrom(...leak, ...leak.map((text) => `messages#${text}`), '1022', 1022)
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.record(
        { message_uuid: quoted, type: quoted, title: quoted, detail: quoted, error: quoted },
        { requiredKeys: [] },
      ),
    )
    const status = fc.constantFrom(200, 201, 202, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599)
    await fc.assert(
      fc.asyncProperty(status, body, async (answered, content) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const { receipt } = await send(
          () => new Response(text, { status: answered }),
          message(channel),
        )
        const written = JSON.stringify(receipt)
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})
