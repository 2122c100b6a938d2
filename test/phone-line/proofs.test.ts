import { runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { orderOf, proven, signAsWorker } from '../facades/native/proofs.ts'
import { PHONE } from '../support/api.ts'
import { evict, hurryTimers, lineOfNumber, rowsOfLines, runAlarms } from '../support/lines.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})

const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

const tablesOf = async (phone: string) =>
  runInDurableObject(await lineOfNumber(phone), (_, { storage }) =>
    storage.sql
      .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
      .toArray(),
  )

/** The same proof with a longer life: its own is over before the line forgets. */
const longLived = (token: string) =>
  signAsWorker({ ...orderOf(token), lifeSeconds: (2 * DAY) / 1000 })

describe('a line whose proof was consumed', () => {
  it('knows it as long as the verification, which is longer than any proof lives', async () => {
    const { token, trade } = await proven()
    await trade({ token })
    await runAlarms()
    expect(await rowsOfLines('proofs')).toHaveLength(1)
    advance(DAY - 1)
    await runAlarms()
    expect(await rowsOfLines('proofs')).toHaveLength(1)
    expect((await trade({ token: await longLived(token) })).body['reason']).toBe('used')
    await runAlarms()
    advance(HOUR)
    await runAlarms()
    expect(await tablesOf(PHONE)).toEqual([])
  })

  it('takes it no more once the verification is forgotten', async () => {
    const { token, trade } = await proven()
    await runAlarms()
    advance(25 * HOUR)
    await runAlarms()
    expect(await tablesOf(PHONE)).toEqual([])
    expect((await trade({ token })).body).toEqual({ valid: false, reason: 'invalid' })
    expect((await trade({ token: await longLived(token) })).body['valid']).toBe(false)
    expect(await tablesOf(PHONE)).toEqual([])
  })

  it('forgets the row with its verification, while it remembers others', async () => {
    const first = await proven()
    await first.trade({ token: first.token })
    await runAlarms()
    advance(DAY - HOUR)
    const second = await proven()
    await second.trade({ token: second.token })
    await runAlarms()
    expect(await rowsOfLines('proofs')).toHaveLength(2)
    advance(HOUR)
    await runAlarms()
    expect(await rowsOfLines('proofs')).toMatchObject([{ verification_id: second.id }])
    expect(await rowsOfLines('verifications')).toMatchObject([{ id: second.id }])
  })

  it('knows it after it was dropped from memory', async () => {
    hurryTimers()
    const { token, trade } = await proven()
    await trade({ token })
    await scheduler.wait(10)
    await evict(await lineOfNumber(PHONE))
    expect((await trade({ token })).body['reason']).toBe('used')
  })

  it('tells its ledger', async () => {
    const { server, token, id, trade } = await proven()
    await runAlarms()
    const versionOf = async () =>
      (await rowsOfLines('verifications')).map(({ version }) => Number(version))
    const [before = 0] = await versionOf()
    await trade({ token })
    expect(await versionOf()).toEqual([before + 1])
    await runAlarms()
    expect((await rowsOfLines('events')).filter(({ drained }) => drained === 0)).toEqual([])
    advance(2 * DAY)
    await runAlarms()
    expect((await server.send('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: 'approved',
    })
  })
})

describe('a proof that says of a verification what is not so', () => {
  it.each([
    ['is pending', async () => {}],
    ['was canceled', async (cancel: () => Promise<unknown>) => void (await cancel())],
  ])('is not taken when it %s', async (_, change) => {
    const { token, trade, start, server } = await proven()
    advance(31_000)
    const { body } = await start()
    expect(body['id']).toMatch(/^ver_/)
    await change(() => server.send('DELETE', `/v1/verifications/${body['id']}`))
    const order = orderOf(token)
    const other = await signAsWorker({ ...order, claims: { ...order.claims, vid: body['id'] } })
    expect((await trade({ token: other })).body).toEqual({ valid: false, reason: 'used' })
    expect(await rowsOfLines('proofs')).toEqual([])
  })
})

describe('a line that was made before lines consumed proofs', () => {
  it('consumes them once, and still deletes itself', async () => {
    hurryTimers()
    const { token, trade } = await proven()
    await scheduler.wait(10)
    const line = await lineOfNumber(PHONE)
    await runInDurableObject(line, (_, { storage }) => {
      storage.sql.exec('DROP TABLE proofs')
    })
    await evict(line)
    expect((await trade({ token })).body['valid']).toBe(true)
    expect((await trade({ token })).body['reason']).toBe('used')
    await runAlarms()
    advance(DAY + HOUR)
    await runAlarms()
    expect(await tablesOf(PHONE)).toEqual([])
  })
})
