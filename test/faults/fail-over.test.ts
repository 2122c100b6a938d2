import { isDeepStrictEqual } from 'node:util'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { account } from '../support/api.ts'
import {
  fakeVendors,
  VENDOR_NAMES,
  withVendors,
  type VendorAct,
  type VendorName,
} from '../support/fake-vendors.ts'
import { rowsOfLines } from '../support/lines.ts'

const ACTS: readonly VendorAct[] = [
  'ok',
  'down',
  'busy',
  'hang',
  'reset',
  'garbage',
  'bad_credentials',
  'bad_number',
]
const MAY_BE_OUT: ReadonlySet<VendorAct> = new Set(['hang', 'reset', 'garbage', 'huge', 'gateway'])
const NO_CAPS = { sendsPerDay: null, sendsPerCountryPerDay: null }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

const mixesOf = (size: number): readonly (readonly VendorAct[])[] =>
  size === 0 ? [[]] : mixesOf(size - 1).flatMap((mix) => ACTS.map((act) => [...mix, act]))

/** What the rules say of providers that act so, one after the other. */
function expectedOf(mix: readonly VendorAct[]) {
  const tries: VendorAct[] = []
  for (const act of mix) {
    // After one that may be out there is one more.
    if (tries.slice(0, -1).some((made) => MAY_BE_OUT.has(made))) break
    tries.push(act)
    if (act === 'ok') return { tries, status: 201, code: undefined }
    if (act === 'bad_number') return { tries, status: 422, code: 'undeliverable_number' }
  }
  return { tries, status: 503, code: 'delivery_unavailable' }
}

const codeIn = (body: string): string =>
  /(\d{6}) is your/.exec(decodeURIComponent(body.replaceAll('+', ' ')))?.[1] ?? body

describe('a start, in every mix of provider faults (N-15)', () => {
  it.each([2, 3] as const)('of %i providers', async (size) => {
    const acts = new Map<VendorName, VendorAct>()
    const names = VENDOR_NAMES.slice(0, size)
    const made = fakeVendors((vendor) => acts.get(vendor) ?? 'ok')
    const { start } = await account({ settings: NO_CAPS, environment: withVendors(names) })
    const wrong: unknown[] = []
    for (const [n, mix] of mixesOf(size).entries()) {
      names.forEach((name, i) => acts.set(name, mix[i] ?? 'ok'))
      made.length = 0
      const begun = Date.now()
      const answer = await start({ phoneNumber: `+3725${1_000_000 + n * 7}`, locale: 'en' })
      const { status } = answer
      const code = answer.body['code'] as unknown
      const tries = made.map(({ act }) => act)
      const vendors = made.map(({ vendor }) => vendor)
      const codes = new Set(made.map(({ body }) => codeIn(body)))
      const isRight =
        isDeepStrictEqual({ tries, status, code }, expectedOf(mix)) &&
        isDeepStrictEqual(vendors, names.slice(0, tries.length)) &&
        codes.size === 1 &&
        Date.now() - begun <= 8000 &&
        (status !== 503 || answer.headers.get('retry-after') === '10')
      if (!isRight) wrong.push({ mix, tries, status, code, codes, took: Date.now() - begun })
      // Longer than any circuit remembers.
      vi.setSystemTime(Date.now() + 1_200_000)
    }
    expect(wrong).toEqual([])
  })

  it('gives the budget back when all are down, and works when they are up', async () => {
    let act: VendorAct = 'down'
    const tries = fakeVendors(() => act)
    const { start } = await account({ settings: NO_CAPS, environment: withVendors() })
    for (let n = 0; n < 8; n += 1) {
      const { status, body, headers } = await start()
      expect(status).toBe(503)
      expect(body).toMatchObject({ code: 'delivery_unavailable' })
      expect(headers.get('retry-after')).toBe('10')
    }
    expect(tries).toHaveLength(24)
    expect((await rowsOfLines('sends')).filter((row) => row['counts'] === 1)).toEqual([])
    act = 'ok'
    expect((await start()).status).toBe(201)
  })

  it('records every try, and the timeline shows it', async () => {
    fakeVendors((vendor) => (vendor === 'twilio' ? 'down' : vendor === 'telnyx' ? 'reset' : 'ok'))
    const { start, send } = await account({ environment: withVendors() })
    const { body } = await start()
    expect(body).toMatchObject({ delivery: { provider: 'messente', status: 'sent' } })
    const verification = await send('GET', `/v1/verifications/${body['id']}`)
    const deliveries = verification.body['deliveries'] as { provider: string; status: string }[]
    expect(deliveries.map(({ provider, status }) => `${provider} ${status}`).toSorted()).toEqual([
      'messente sent',
      'telnyx unknown',
      'twilio failed',
    ])
    const { body: told } = await send('GET', `/v1/verifications/${body['id']}/timeline`)
    expect(told['events']).toMatchObject([
      { type: 'verification.started' },
      { type: 'send.admitted' },
      {
        type: 'delivery.failed',
        provider: 'twilio',
        channel: 'sms',
        error: 'unreachable: HTTP 503',
      },
      { type: 'delivery.unknown', provider: 'telnyx' },
      { type: 'delivery.sent', provider: 'messente', error: null },
    ])
  })
})

describe('routes of a project', () => {
  it('choose provider and sender by country', async () => {
    const tries = fakeVendors(() => 'ok')
    const routes = [
      { channel: 'sms', countries: ['EE'], providers: ['messente', 'twilio'], sender: 'Acme' },
      { channel: 'sms', providers: ['telnyx'] },
    ]
    const { start } = await account({ settings: { routes }, environment: withVendors() })
    await start({ phoneNumber: '+37255500001' })
    await start({ phoneNumber: '+12025550123' })
    expect(tries.map(({ vendor }) => vendor)).toEqual(['messente', 'telnyx'])
    expect(tries[0]?.body).toContain('"sender":"Acme"')
    expect(tries[1]?.body).toContain('"from":"+12025550103"')
  })

  it('that name nobody of this deployment: 422 before anything is counted', async () => {
    fakeVendors(() => 'ok')
    const settings = { routes: [{ channel: 'sms', providers: ['vonage'] }] }
    const { start } = await account({ settings, environment: withVendors() })
    expect((await start()).body).toMatchObject({
      code: 'channel_unavailable',
      detail:
        "No provider sends by sms to US. Look at PROVIDERS, the sender for US, and the project's setting routes.",
    })
  })
})

describe('a provider that fails in one isolate', () => {
  it('is tried last in another', async () => {
    const acts = new Map<VendorName, VendorAct>([['twilio', 'hang']])
    const tries = fakeVendors((vendor) => acts.get(vendor) ?? 'ok')
    const settings = { ...NO_CAPS, sendsPerNumber: [{ limit: 50, seconds: 600 }] }
    const first = await account({ settings, environment: withVendors() })
    for (let n = 0; n < 3; n += 1) await first.start({ phoneNumber: `+3725550000${n}` })
    tries.length = 0
    const second = await account({ settings, environment: withVendors() })
    const begun = Date.now()
    expect((await second.start({ phoneNumber: '+37255500009' })).status).toBe(201)
    expect(tries.map(({ vendor }) => vendor)).toEqual(['telnyx'])
    expect(Date.now() - begun).toBe(0)
    // Another country is another circuit.
    tries.length = 0
    await second.start({ phoneNumber: '+12025550123' })
    expect(tries.map(({ vendor }) => vendor)).toEqual(['twilio', 'telnyx'])
  })

  it('is tried first again when it works again', async () => {
    const acts = new Map<VendorName, VendorAct>([['twilio', 'down']])
    const tries = fakeVendors((vendor) => acts.get(vendor) ?? 'ok')
    const { start } = await account({ settings: NO_CAPS, environment: withVendors() })
    for (let n = 0; n < 3; n += 1) await start({ phoneNumber: `+3725550000${n}` })
    acts.clear()
    vi.setSystemTime(Date.now() + 20_000)
    tries.length = 0
    await start({ phoneNumber: '+37255500005' })
    expect(tries.map(({ vendor }) => vendor)).toEqual(['twilio'])
  })

  it('is still tried when all others fail', async () => {
    const acts = new Map<VendorName, VendorAct>([
      ['twilio', 'down'],
      ['telnyx', 'ok'],
    ])
    const tries = fakeVendors((vendor) => acts.get(vendor) ?? 'down')
    const { start } = await account({ settings: NO_CAPS, environment: withVendors() })
    for (let n = 0; n < 3; n += 1) await start({ phoneNumber: `+3725550000${n}` })
    acts.set('twilio', 'ok').set('telnyx', 'down')
    tries.length = 0
    expect((await start({ phoneNumber: '+37255500005' })).status).toBe(201)
    expect(tries.map(({ vendor }) => vendor)).toEqual(['telnyx', 'messente', 'twilio'])
  })
})
