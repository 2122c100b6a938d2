import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { account, PHONE, wrong } from '../support/api.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { intercept } from '../support/intercept.ts'
import { evict, lineOfNumber, rowsOfLedger, rowsOfLines, runAlarms } from '../support/lines.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})

const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

const alarmOf = async (phone: string) =>
  runInDurableObject(await lineOfNumber(phone), (_, state) => state.storage.getAlarm())

async function pending(settings = {}) {
  const provider = fakeProvider()
  const caller = await account({ settings })
  const { body } = await caller.start()
  return { ...caller, provider, id: body['id'] as string, code: provider.messages[0]?.code ?? '' }
}

describe('the outbox', () => {
  it('writes a start and its settling to the ledger in one drain, 1 to 2 s later', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const { id } = await pending()
    const delays = timers.mock.calls.map(([, delay]) => delay ?? 0).filter((delay) => delay >= 1000)
    expect(delays).toHaveLength(1)
    expect(delays[0]).toBeLessThanOrEqual(2000)
    expect(await rowsOfLedger('verifications')).toEqual([])
    await vi.waitFor(async () => expect(await rowsOfLedger('deliveries')).toHaveLength(1), 10_000)
    expect(await rowsOfLedger('verifications')).toMatchObject([
      { id, status: 'pending', sends: 1, phone_last4: '0123' },
    ])
    expect(await rowsOfLedger('deliveries')).toMatchObject([
      { verification_id: id, status: 'sent', provider: 'twilio' },
    ])
  })

  it('is drained by the alarm when its timer died with the object', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation(() => 0 as never)
    const { id, check, code } = await pending()
    await check({ id, code })
    expect(timers).toHaveBeenCalled()
    expect(await alarmOf(PHONE)).toBe(Date.now() + 20_000)
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toMatchObject([{ id, status: 'approved' }])
  })

  it('changes nothing when an alarm comes twice', async () => {
    const { check, id, code } = await pending()
    await check({ id, code })
    await runAlarms()
    const first = await rowsOfLedger('verifications')
    const line = await lineOfNumber(PHONE)
    await runInDurableObject(line, async (instance) => {
      await instance.alarm()
      await instance.alarm()
    })
    expect(await rowsOfLedger('verifications')).toEqual(first)
    expect(first).toMatchObject([{ status: 'approved' }])
  })

  it('keeps the events that come while it drains', async () => {
    const { check, id, code } = await pending()
    const line = await lineOfNumber(PHONE)
    await Promise.all([
      runDurableObjectAlarm(line),
      ...Array.from({ length: 20 }, (_, n) => check({ id, code: wrong(code, n + 1) })),
    ])
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toMatchObject([
      { status: 'max_attempts', attempts: 5 },
    ])
    expect((await rowsOfLines('events')).filter(({ drained }) => drained === 0)).toEqual([])
  })
})

describe('the end of a verification', () => {
  it('comes at its expiry by the alarm, and with it hash and seal of the code go', async () => {
    await pending()
    expect(await rowsOfLines('verifications')).toMatchObject([
      { status: 'pending', code_sealed: expect.any(String) as string },
    ])
    await runAlarms()
    advance(10 * MINUTE)
    await runAlarms()
    expect(await rowsOfLines('verifications')).toMatchObject([
      { status: 'expired', code_hash: null, code_sealed: null },
    ])
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toMatchObject([{ status: 'expired' }])
  })

  it('is remembered for 24 hours, then the line deletes everything and sets no alarm', async () => {
    const { check, send, id, code } = await pending()
    await check({ id, code })
    await runAlarms()
    advance(DAY - 1)
    await runAlarms()
    expect((await check({ id, code })).body).toMatchObject({ status: 'used' })
    await runAlarms()
    advance(2)
    await runAlarms()
    const left = await runInDurableObject(await lineOfNumber(PHONE), async (_, { storage }) => ({
      tables: storage.sql
        .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
        .toArray(),
      alarm: await storage.getAlarm(),
    }))
    expect(left).toEqual({ tables: [], alarm: null })
    expect((await check({ id, code })).status).toBe(404)
    expect((await send('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      id,
      status: 'approved',
    })
    expect((await pending()).id).toMatch(/^ver_/)
  })

  it('leaves a run of failed checks remembered for 30 days', async () => {
    const { check, id, code } = await pending()
    await check({ id, code: wrong(code) })
    for (const days of [0, 1, 1, 1]) {
      advance(days * DAY + 1)
      await runAlarms()
    }
    expect(await rowsOfLines('streaks')).toMatchObject([{ in_a_row: 1 }])
    expect(await rowsOfLines('verifications')).toEqual([])
    advance(30 * DAY)
    await runAlarms()
    expect(await rowsOfLines('streaks')).toEqual([])
  })
})

describe('an alarm', () => {
  it('that finds nothing left while a start is hashing makes the start fail in no way', async () => {
    const { check, id, code, start } = await pending()
    await check({ id, code })
    await runAlarms()
    advance(DAY + 1)
    const line = await lineOfNumber(PHONE)
    const instance = await runInDurableObject(line, (object) => object)
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
    let calls = 0
    vi.spyOn(crypto.subtle, 'encrypt').mockImplementation(async (...args) => {
      calls += 1
      // The first seals the number, in the Worker; the second the code, in the line.
      if (calls === 2) await instance.alarm()
      return encrypt(...args)
    })
    expect((await start()).status).toBe(201)
    expect(calls).toBe(2)
  })

  it('drains what it can when one step fails, and comes again, but not at once', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await pending()
    const line = await lineOfNumber(PHONE)
    await runInDurableObject(line, (_, { storage }) => {
      storage.sql.exec("UPDATE verifications SET metadata = 'no JSON'")
    })
    await runAlarms()
    const first = (await alarmOf(PHONE)) ?? 0
    expect(first - Date.now()).toBeGreaterThanOrEqual(1000)
    await runInDurableObject(line, (_, { storage }) => {
      storage.sql.exec("UPDATE verifications SET metadata = '{}'")
    })
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toHaveLength(1)
  })
})

describe('an intent without an outcome', () => {
  it('becomes unknown after 20 s, its code stays good, and no second message goes out', async () => {
    const provider = fakeProvider()
    const caller = await account()
    const scope = { projectId: caller.projectId, mode: 'live' } as const
    const { body } = await caller.start()
    const line = await lineOfNumber(PHONE)
    await runInDurableObject(line, (_, { storage }) => {
      storage.sql.exec("UPDATE deliveries SET status = 'sending'")
    })
    await evict(line)
    advance(20_000)
    await runAlarms()
    await runAlarms()
    expect(await line.find(scope, body['id'] as string)).toMatchObject({
      deliveries: [{ status: 'unknown', error: 'outcome lost' }],
      verification: { status: 'pending' },
    })
    const code = provider.messages[0]?.code ?? ''
    expect((await caller.check({ id: body['id'], code })).body).toMatchObject({ verified: true })
    expect(provider.messages).toHaveLength(1)
  })
})

describe('a start whose admission is answered, but the answer is lost', () => {
  it('is asked again, counts once and sends one message', async () => {
    const provider = fakeProvider()
    const environment = { ...env, PHONE_LINE: losingAnswers(env.PHONE_LINE, 'admit') }
    const { start, check } = await account({ environment })
    const { status, body } = await start()
    expect(status).toBe(201)
    expect(provider.messages).toHaveLength(1)
    expect(await rowsOfLines('sends')).toHaveLength(1)
    const code = provider.messages[0]?.code ?? ''
    expect((await check({ id: body['id'], code })).body).toMatchObject({ verified: true })
  })
})

describe('a start whose Worker died after admission', () => {
  it('sends nothing when it is tried again under its Idempotency-Key', async () => {
    const provider = fakeProvider()
    const dying = { ...env, PHONE_LINE: dyingAfter(env.PHONE_LINE, 'admit') }
    const { start, projectId } = await account({ environment: dying })
    const key = { 'idempotency-key': 'order-1' }
    expect((await start({}, key)).status).toBe(500)
    const again = await account({ projectId })
    expect((await again.start({}, key)).body).toMatchObject({ code: 'idempotency_running' })
    advance(30_000)
    expect((await again.start({}, key)).status).toBe(201)
    expect(provider.messages).toHaveLength(0)
    expect((await again.start({}, { 'idempotency-key': 'order-2' })).status).toBe(201)
    expect(provider.messages).toHaveLength(1)
  })
})

describe('a check whose answer is lost', () => {
  it('is asked again and spends one attempt', async () => {
    const { id, code, projectId } = await pending()
    const environment = { ...env, PHONE_LINE: losingAnswers(env.PHONE_LINE, 'check') }
    const lossy = await account({ environment, projectId })
    expect((await lossy.check({ id, code: wrong(code) })).body).toMatchObject({ attemptsLeft: 4 })
    expect((await lossy.check({ id, code })).body).toMatchObject({ verified: true })
  })
})

/** Carries a method out and never answers, as a Worker that dies in between would find. */
function dyingAfter<T extends typeof env.PHONE_LINE>(namespace: T, method: string): T {
  return intercept(namespace, async (asked, call) => {
    const answer = await call()
    if (asked === method) throw new Error('the Worker died')
    return answer
  })
}

/** Carries every first call of a method out and loses its answer, as a moved object does. */
function losingAnswers<T extends typeof env.PHONE_LINE>(namespace: T, method: string): T {
  let calls = 0
  return intercept(namespace, async (asked, call) => {
    const answer = await call()
    calls += asked === method ? 1 : 0
    if (asked === method && calls % 2 === 1) {
      throw Object.assign(new Error('Network connection lost.'), { retryable: true })
    }
    return answer
  })
}
