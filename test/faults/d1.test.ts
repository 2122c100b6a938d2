import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { account, client, PHONE, wrong } from '../support/api.ts'
import { breakableD1, D1_ERRORS, giveLine } from '../support/broken-d1.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { lineOfNumber, rowsOfLedger, rowsOfLines } from '../support/lines.ts'

const MINUTE = 60_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

/** A project whose Worker and line both use a database that can be broken. */
async function setUp() {
  const provider = fakeProvider()
  const { db, state } = breakableD1()
  const environment = { ...env, DB: db }
  const caller = await account({ environment })
  await giveLine(PHONE, { DB: db })
  return { ...caller, provider, d1: state, environment }
}

/** Runs the line's alarm at its time, and says when that was. */
async function nextAlarm(): Promise<number | null> {
  const line = await lineOfNumber(PHONE)
  const at = await runInDurableObject(line, (_, { storage }) => storage.getAlarm())
  if (at !== null && at > Date.now()) vi.setSystemTime(at)
  await runDurableObjectAlarm(line)
  return at
}

describe('while D1 fails (R-06, N-14)', () => {
  it.each(D1_ERRORS)('goes on after "%s" once, and the ledger gets its one row', async (error) => {
    const { start, check, provider, d1 } = await setUp()
    const { body } = await start()
    d1.error = error
    await nextAlarm()
    expect(await rowsOfLedger('verifications')).toEqual([])
    const code = provider.messages[0]?.code ?? ''
    expect((await check({ id: body['id'], code })).body).toMatchObject({ verified: true })
    d1.error = undefined
    await nextAlarm()
    expect(await rowsOfLedger('verifications')).toMatchObject([
      { id: body['id'], status: 'approved' },
    ])
    expect(await rowsOfLedger('deliveries')).toHaveLength(1)
  })

  it.each(['before', 'after'] as const)(
    'for 10 minutes (%s its effect), all starts and checks of a warm isolate are answered',
    async (moment) => {
      const { start, check, provider, d1 } = await setUp()
      await start({ phoneNumber: '+37255500001' })
      d1.error = 'D1_ERROR: Network connection lost.'
      d1.afterEffect = moment === 'after'
      const statuses: number[] = []
      const ids: string[] = []
      for (let minute = 0; minute < 10; minute += 1) {
        const started = await start({ purpose: `step ${minute}` })
        statuses.push(started.status)
        if (started.status !== 201) expect(started.body).toMatchObject({ code: 'too_many_sends' })
        if (started.status === 201) {
          const id = started.body['id'] as string
          ids.push(id)
          const code = provider.messages.at(-1)?.code ?? ''
          expect((await check({ id, code: wrong(code) })).status).toBe(200)
          expect((await check({ id, code })).body).toMatchObject({ verified: true })
        }
        await nextAlarm()
        advance(MINUTE)
      }
      expect(statuses.slice(0, 5)).toEqual([201, 201, 201, 201, 201])
      d1.error = undefined
      const healedAt = Date.now()
      const at = (await nextAlarm()) ?? 0
      expect(at - healedAt).toBeLessThanOrEqual(60_000)
      const rows = (await rowsOfLedger('verifications')).filter(
        (row) => row['phone_last4'] === '0123',
      )
      expect(rows.map((row) => row['id'])).toEqual(expect.arrayContaining(ids))
      expect(rows).toHaveLength(ids.length)
      expect(new Set(rows.map((row) => row['status']))).toEqual(new Set(['approved']))
      expect(
        (await rowsOfLines('events')).filter(
          ({ drained, verification_id: id }) => drained === 0 && ids.includes(id as string),
        ),
      ).toEqual([])
    },
  )

  it('waits at most 30 s between two tries, and sets an alarm after each failure', async () => {
    const { start, d1 } = await setUp()
    await start()
    d1.error = 'D1_ERROR: D1 DB is overloaded. Too many requests queued.'
    const waits: number[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const before = Date.now()
      waits.push(((await nextAlarm()) ?? Infinity) - before)
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
    expect(Math.max(...waits)).toBeGreaterThan(10_000)
  })

  it('answers a cold isolate 503 with Retry-After, and never 401', async () => {
    const { secret, d1, environment } = await setUp()
    d1.error = 'D1_ERROR: Network connection lost.'
    const cold = client(secret, { ...environment })
    for (const key of [cold, client('sk_live_unknown', { ...environment })]) {
      const answer = await key('POST', '/v1/verifications', { phoneNumber: PHONE })
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.body).toMatchObject({ code: 'unavailable' })
    }
    expect((await cold('GET', '/health')).status).toBe(503)
  })

  it('keeps a known key usable for 15 minutes, and answers 503 after that', async () => {
    const { check, d1 } = await setUp()
    const question = { id: `ver_${'0'.repeat(32)}`, code: '123456' }
    expect((await check(question)).status).toBe(404)
    d1.error = 'D1_ERROR: Network connection lost.'
    advance(15 * MINUTE - 1)
    expect((await check(question)).status).toBe(404)
    advance(2)
    expect((await check(question)).status).toBe(503)
  })

  it('answers reads that need the ledger 503', async () => {
    const { send, start, d1 } = await setUp()
    const { body } = await start()
    d1.error = 'D1_ERROR: Network connection lost.'
    expect((await send('GET', `/v1/verifications/${body['id']}`)).status).toBe(200)
    expect((await send('GET', '/v1/verifications')).status).toBe(503)
    expect((await send('GET', `/v1/verifications/ver_${'0'.repeat(32)}`)).status).toBe(503)
  })
})
