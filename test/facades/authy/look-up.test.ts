import { describe, expect, it, vi } from 'vitest'
import type { Core } from '../../../src/core/index.ts'
import type { NumberFacts } from '../../../src/core/ports.ts'
import { projectSettings, type Caller } from '../../../src/core/project.ts'
import { Refusal } from '../../../src/core/refusal.ts'
import type { Sent } from '../../../src/core/send-code.ts'
import { authy } from '../../../src/facades/authy/index.ts'
import { verification } from '../../storage/records.ts'

const CALLER: Caller = {
  project: {
    id: 'a'.repeat(24),
    name: 'Acme',
    paused: false,
    settings: projectSettings.parse({ countries: '*' }),
  },
  mode: 'live',
  kind: 'secret',
}

const SENT: Sent = {
  verification: verification(1),
  phoneNumber: '+12025550123',
  delivery: { id: `del_${'0'.repeat(32)}`, provider: 'twilio', status: 'sent' },
  codeLength: 6,
  resendAfterSeconds: 0,
}

type LookUp = () => Promise<NumberFacts>

/** The facade over a core that looks numbers up as it is told. */
function setUp(lookUp: LookUp, start: () => Promise<Sent> = async () => SENT) {
  const lookUpNumber = vi.fn<LookUp>(lookUp)
  const core: Partial<Core> = {
    authenticate: async () => CALLER,
    startVerification: start,
    lookUpNumber,
  }
  const app = authy(core as Core)
  const ask = async (method: string, path: string) => {
    const query = 'country_code=1&phone_number=2025550123'
    const response = await app.request(`/protected/json/phones/${path}?${query}`, { method })
    return { status: response.status, body: await response.json<Record<string, unknown>>() }
  }
  return { ask, lookUpNumber }
}

const knows =
  (facts: Partial<NumberFacts>): LookUp =>
  async () => ({ type: 'mobile', carrier: 'T-Mobile', ported: true, ...facts })

const throws = (error: Error): LookUp => {
  return async () => {
    throw error
  }
}

const silence = () => vi.spyOn(console, 'error').mockImplementation(() => undefined)

describe('a start', () => {
  it.each([
    ['a mobile number', {}, { carrier: 'T-Mobile', is_cellphone: true, is_ported: true }],
    ['a fixed line', { type: 'landline' }, { is_cellphone: false }],
    ['a number on the internet', { type: 'voip', ported: false }, { is_cellphone: false }],
    ['a number of no known carrier', { carrier: null }, { carrier: 'Unknown' }],
  ] as const)('tells what the look-up knows of %s', async (_, facts, said) => {
    const { ask } = setUp(knows(facts))
    expect(await ask('POST', 'verification/start')).toMatchObject({ status: 200, body: said })
  })

  it.each([
    ['out of reach', new Refusal('unavailable'), 0],
    ['a bug, which is reported', new TypeError('x is not a function'), 1],
  ])('succeeds when the look-up is %s', async (_, error, reports) => {
    const log = silence()
    const { ask } = setUp(throws(error))
    expect(await ask('POST', 'verification/start')).toMatchObject({
      status: 200,
      body: { carrier: 'Unknown', is_cellphone: true, is_ported: false, success: true },
    })
    expect(log).toHaveBeenCalledTimes(reports)
  })

  it('that is refused looks nothing up', async () => {
    const { ask, lookUpNumber } = setUp(knows({}), async () => {
      throw new Refusal('too_many_sends', { retryAfterSeconds: 5 })
    })
    expect((await ask('POST', 'verification/start')).status).toBe(429)
    expect(lookUpNumber).not.toHaveBeenCalled()
  })
})

describe('info', () => {
  it.each([
    ['mobile', 'cellphone'],
    ['landline', 'landline'],
    ['voip', 'voip'],
    ['unknown', 'unknown'],
  ] as const)('writes the type %s as %s', async (type, written) => {
    const { ask } = setUp(knows({ type }))
    expect(await ask('GET', 'info')).toMatchObject({
      status: 200,
      body: { type: written, provider: 'T-Mobile', ported: true, success: true },
    })
  })

  it('answers 503 to a bug', async () => {
    silence()
    const { ask } = setUp(throws(new TypeError('x is not a function')))
    expect(await ask('GET', 'info')).toMatchObject({ status: 503, body: { error_code: '60000' } })
  })
})
