import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { account } from '../support/api.ts'
import { everythingStored, searchable } from '../support/dump.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { runAlarms } from '../support/lines.ts'
import { postAsTwilio, read, timeline } from '../facades/callbacks/support.ts'

const CODE = '9182736450'
const NUMBER = '+37255512345'
const LOGS = ['log', 'info', 'warn', 'error', 'debug'] as const
let logs: MockInstance[] = []

beforeEach(() => {
  logs = LOGS.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined))
})

/** What a vendor that quotes everything would write into each of its fields. */
const quoting = (text: string) => ({
  sid: text,
  status: text,
  code: text,
  message: text,
  error_code: text,
  error_message: text,
  num_segments: text,
  price: text,
  price_unit: text,
})

const SPELLINGS = [
  CODE,
  CODE.split('').join(' '),
  CODE.split('').join(', '),
  NUMBER,
  NUMBER.slice(1),
]

describe('a vendor that quotes code and number wherever it can (T-08)', () => {
  it.each([
    ['sms', 201],
    ['sms', 400],
    ['whatsapp', 201],
    ['whatsapp', 400],
    ['call', 201],
    ['call', 400],
  ] as const)('by %s with %i leaves neither in storage nor in logs', async (channel, status) => {
    const said = `${CODE} ${NUMBER}`
    const provider = fakeProvider({ status, body: quoting(said) }, { status, body: quoting(CODE) })
    const caller = await account({ settings: { customCodes: true } })
    for (let n = 0; n < 2; n += 1) {
      await caller.start({ phoneNumber: NUMBER, code: CODE, channel })
    }
    for (const message of provider.messages) {
      const url = message.form.get('StatusCallback') ?? ''
      const form = { ErrorCode: CODE, ErrorMessage: said, Price: CODE, PriceUnit: said, To: NUMBER }
      await postAsTwilio(url, { ...form, MessageStatus: 'undelivered' })
      const action = /action="([^"]+)"/.exec(message.form.get('Twiml') ?? '')?.[1]
      if (action !== undefined) await postAsTwilio(action, { Digits: CODE, To: NUMBER })
    }
    await runAlarms()
    const listed = await caller.send('GET', '/v1/verifications')
    const ids = (listed.body['data'] as { id: string }[] | undefined) ?? []
    const answers = await Promise.all(
      ids.flatMap(({ id }) => [read(caller, id), timeline(caller, id)]),
    )
    const { d1, objects } = await everythingStored()
    const places = {
      d1: searchable(d1),
      objects: searchable(objects),
      logs: JSON.stringify(logs.flatMap((spy) => spy.mock.calls)),
      answers: JSON.stringify(answers),
    }
    for (const [place, text] of Object.entries(places)) {
      const found = SPELLINGS.filter((spelling) => text.includes(spelling))
      expect({ place, found }).toEqual({ place, found: [] })
    }
    expect(places.answers).toContain('del_')
  })
})
