import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, NUMBER } from './json-vendor.ts'
import { CODE, kindOf } from './messages.ts'
import {
  accepted,
  MESSAGE_ID,
  OMNIMESSAGE_ID,
  PASSWORD,
  send,
  USERNAME,
} from './send-by-messente.ts'
import { describeUnclearAnswers } from './unclear-answers.ts'

describeUnclearAnswers('messente', send)

type Fault = readonly [code: unknown, source?: unknown]

const refused = (status: number, ...faults: readonly Fault[]) =>
  Response.json(
    {
      errors: faults.map(([code, source = null]) => ({
        title: `No: ${CODE}`,
        detail: `${NUMBER} ${CODE} ${PASSWORD}`,
        code,
        source,
      })),
    },
    { status },
  )

describe.each(['sms', 'whatsapp'] as const)('messente: answers to %s', (channel) => {
  it('takes the id of a message', async () => {
    const { receipt } = await send(accepted, message(channel))
    expect(receipt).toEqual({ sent: true, messageId: MESSAGE_ID, segments: null })
  })

  it('takes a message for sent with any success', async () => {
    const answer = async () => Response.json(await accepted().json(), { status: 200 })
    expect(kindOf((await send(answer, message(channel))).receipt)).toBe('sent')
  })

  it.each([
    [[{ message_id: '' }]],
    [[{ message_id: CODE }]],
    [[{ message_id: NUMBER }]],
    [[{ message_id: `${MESSAGE_ID}0` }]],
    [[{ message_id: 7 }]],
    [[{}]],
    [[]],
    [null],
    [undefined],
  ])('keeps no id that Messente would not give (%j)', async (messages) => {
    const answer = () =>
      Response.json({ omnimessage_id: OMNIMESSAGE_ID, messages }, { status: 201 })
    const { receipt } = await send(answer, message(channel))
    expect(receipt).toEqual({ sent: true, messageId: null, segments: null })
  })

  it.each<[number, readonly Fault[], string]>([
    [404, [['101']], 'misconfigured'],
    [403, [['102']], 'misconfigured'],
    [401, [['103']], 'misconfigured'],
    [500, [['104']], 'unreachable'],
    [400, [['104']], 'unreachable'],
    [400, [['105', '/to']], 'bad_number'],
    [400, [['105', 'to']], 'bad_number'],
    [400, [['105', '/messages/0/sender']], 'misconfigured'],
    [400, [['105', '/messages/0/to']], 'misconfigured'],
    [400, [['105']], 'misconfigured'],
    [400, [['106', '/to']], 'misconfigured'],
    [405, [['107']], 'misconfigured'],
    [
      400,
      [
        ['105', '/to'],
        ['105', '/to'],
      ],
      'bad_number',
    ],
    [
      400,
      [
        ['105', '/to'],
        ['105', '/messages/0/sender'],
      ],
      'misconfigured',
    ],
    [
      400,
      [
        ['105', '/messages/0/sender'],
        ['105', '/to'],
      ],
      'misconfigured',
    ],
    [400, [['105', '/to'], ['104']], 'unreachable'],
    [429, [['105', '/to']], 'throttled'],
    [500, [['105', '/to']], 'unreachable'],
    [502, [['105', '/to']], 'unknown'],
    [200, [['105', '/to']], 'bad_number'],
    [201, [['103']], 'misconfigured'],
    [200, [['104']], 'unreachable'],
  ])('classes a %i with the errors %j as %s', async (status, faults, kind) => {
    const { receipt } = await send(() => refused(status, ...faults), message(channel))
    const code = String(faults[0]?.[0])
    const detail = `HTTP ${status}, Messente error ${code}`
    expect(receipt).toEqual({ sent: false, failure: { kind, detail } })
  })

  it.each([
    [400, [['100']], 'misconfigured'],
    [400, [[105, '/to']], 'misconfigured'],
    [400, [[CODE, '/to']], 'misconfigured'],
    [400, [], 'misconfigured'],
    [402, [], 'misconfigured'],
    [503, [['999']], 'unreachable'],
    [200, [['999']], 'unknown'],
    [200, [], 'unknown'],
  ] as const)('reads a %i with the errors %j by its status', async (status, faults, kind) => {
    const { receipt } = await send(() => refused(status, ...faults), message(channel))
    expect(kindOf(receipt)).toBe(kind)
    expect(JSON.stringify(receipt)).not.toContain('Messente error')
  })

  it('answers any status and body by a receipt without code, number or password', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), PASSWORD, btoa(`${USERNAME}:${PASSWORD}`)]
    const quoted = fc.constantFrom(...leak, '105', '/to', 105, null)
    const fault = fc.record({ title: quoted, detail: quoted, code: quoted, source: quoted })
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.record(
        {
          omnimessage_id: quoted,
          messages: fc.array(fc.record({ message_id: quoted })),
          errors: fc.array(fault),
        },
        { requiredKeys: [] },
      ),
    )
    const status = fc.constantFrom(200, 201, 202, 301, 400, 401, 403, 404, 422, 429, 500, 503, 599)
    await fc.assert(
      fc.asyncProperty(status, body, async (answered, content) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const answer = () => new Response(text, { status: answered })
        const { receipt } = await send(answer, message(channel))
        const written = JSON.stringify(receipt)
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})
