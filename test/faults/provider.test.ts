import { beforeEach, describe, expect, it, vi } from 'vitest'
import { account, PHONE } from '../support/api.ts'
import { fakeProvider, type Script } from '../support/fake-provider.ts'
import { rowsOfLines } from '../support/lines.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

/** Makes each limit of a try end soon, so that no test waits for seconds. */
const hurry = () => {
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  return vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 100))
}

const FAULTS: readonly (readonly [name: string, script: Script, delivery: string])[] = [
  ['429', { status: 429, body: { code: 20429 } }, 'failed'],
  ['500', { status: 500 }, 'failed'],
  ['503 in HTML', { status: 503, body: '<html>' }, 'failed'],
  ['bad credentials', { status: 401, body: { code: 20003 } }, 'failed'],
  ['504 of a gateway', { status: 504 }, 'unknown'],
  ['refused', 'refused', 'unknown'],
  ['hanging', 'hang', 'unknown'],
  ['garbage', 'garbage', 'unknown'],
  ['10 MB', 'huge', 'unknown'],
]

describe('one provider that fails (R-01 to R-05)', () => {
  it.each(FAULTS)(
    '%s: 503 with Retry-After, and the send is given back',
    async (_, fault, status) => {
      hurry()
      const provider = fakeProvider(...Array.from({ length: 8 }, () => fault))
      // What may have gone out counts for the project's cap, which guards its owner's money.
      const sendsPerDay = status === 'failed' ? 3 : 20
      const { start } = await account({ settings: { sendsPerDay, sendsPerCountryPerDay: null } })
      for (let attempt = 0; attempt < 8; attempt += 1) {
        const answer = await start()
        expect(answer.status).toBe(503)
        expect(answer.body).toMatchObject({ code: 'delivery_unavailable', retryAfter: 10 })
        expect(answer.headers.get('retry-after')).toBe('10')
      }
      const deliveries = await rowsOfLines('deliveries')
      expect(new Set(deliveries.map((row) => row['status']))).toEqual(new Set([status]))
      expect((await rowsOfLines('sends')).filter((row) => row['counts'] === 1)).toEqual([])
      const healed = await start()
      expect(healed.status).toBe(201)
      expect(provider.messages).toHaveLength(9)
    },
  )

  it('lets a message that came although nobody confirmed it prove the number', async () => {
    hurry()
    const provider = fakeProvider('hang')
    const { start, check } = await account()
    expect((await start()).status).toBe(503)
    const again = await start()
    expect(again.status).toBe(201)
    const [late, second] = provider.messages
    expect(late?.code).toBe(second?.code)
    expect((await check({ phoneNumber: PHONE, code: late?.code })).body).toMatchObject({
      verified: true,
    })
  })

  it('begins anew after a message that certainly did not go out', async () => {
    const provider = fakeProvider({ status: 500 })
    const { start } = await account()
    expect((await start()).status).toBe(503)
    expect(await rowsOfLines('verifications')).toMatchObject([{ status: 'failed' }])
    expect((await start()).status).toBe(201)
    expect(provider.messages[0]?.code).not.toBe(undefined)
  })

  it('keeps a verification pending whose first message went out when the second fails', async () => {
    const provider = fakeProvider('ok', { status: 500 })
    const { start, check, send } = await account()
    const { body } = await start()
    expect((await send('POST', `/v1/verifications/${body['id']}/resend`)).status).toBe(503)
    const code = provider.messages[0]?.code
    expect((await check({ id: body['id'], code })).body).toMatchObject({ verified: true })
  })

  it('says that the number cannot be reached when the provider says so', async () => {
    fakeProvider({
      status: 400,
      body: { code: 21614, message: "'To' number is not a valid mobile number" },
    })
    const { start } = await account()
    const answer = await start()
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'undeliverable_number' })
  })

  it('stores why it failed without code, number or token', async () => {
    const provider = fakeProvider({
      status: 400,
      body: { code: 21999, message: `Body 123456 to ${PHONE} twilio-token-of-the-tests` },
    })
    const { start } = await account()
    await start()
    const [delivery] = await rowsOfLines('deliveries')
    expect(delivery?.['error']).toBe('misconfigured: HTTP 400, Twilio error 21999')
    expect(JSON.stringify(await rowsOfLines('events'))).not.toContain(provider.messages[0]?.code)
  })

  it('stops after ten messages in ten minutes that nobody confirmed', async () => {
    const provider = fakeProvider(...Array.from({ length: 20 }, () => 'garbage' as const))
    const { start } = await account()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) statuses.push((await start()).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 503), 429, 429])
    expect(provider.messages).toHaveLength(10)
  })

  it("counts what may have gone out for the project's cap", async () => {
    const provider = fakeProvider(...Array.from({ length: 9 }, () => 'garbage' as const))
    const { start } = await account({ settings: { sendsPerDay: 2, sendsPerCountryPerDay: null } })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) {
      statuses.push((await start({ phoneNumber: `+3725550000${n}` })).status)
    }
    expect(statuses).toEqual([503, 503, 429, 429])
    expect(provider.messages).toHaveLength(2)
  })

  it('keeps the code that the person has when the message with a new one fails', async () => {
    const provider = fakeProvider('ok', { status: 500 })
    const { start, check } = await account({ settings: { resend: 'new' } })
    const { body } = await start()
    expect((await start()).status).toBe(503)
    const [first, second] = provider.messages
    expect(first?.code).not.toBe(second?.code)
    expect((await check({ id: body['id'], code: first?.code })).body).toMatchObject({
      verified: true,
    })
    expect((await rowsOfLines('sends')).filter((row) => row['replaced_hash'] !== null)).toEqual([])
  })

  it('stores nothing of an answer but an id and a code that can be no secret', async () => {
    const provider = fakeProvider(
      { status: 201, body: { sid: `SID 123456 ${PHONE}`, status: 'queued' } },
      { status: 400, body: { code: 157_234 } },
    )
    const { start } = await account()
    expect((await start()).status).toBe(201)
    expect((await start()).status).toBe(503)
    const deliveries = await rowsOfLines('deliveries')
    expect(deliveries.map((row) => row['provider_message_id'])).toEqual([null, null])
    expect(deliveries.map((row) => row['error'])).toContain('misconfigured: HTTP 400')
    expect(provider.messages).toHaveLength(2)
  })
})
