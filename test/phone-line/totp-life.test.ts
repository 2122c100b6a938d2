import { runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { PHONE } from '../support/api.ts'
import {
  advance,
  currentStep,
  lineClient,
  makeApp,
  STEP_MS,
  stopClockWithinStep,
  wrongCodes,
} from '../support/app-logins.ts'
import {
  evict,
  hurryTimers,
  lineOfNumber,
  rowsOfLedger,
  rowsOfLines,
  runAlarms,
} from '../support/lines.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LIFE = 10 * MINUTE

beforeEach(stopClockWithinStep)

const line = lineClient()

const leftOf = async () =>
  runInDurableObject(await lineOfNumber(PHONE), async (_, { storage }) => ({
    tables: storage.sql
      .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
      .toArray(),
    alarm: await storage.getAlarm(),
  }))

describe('the life of a verification by an app (N-08)', () => {
  it.each([
    [-1, { verified: true, status: 'approved', evaluated: true }],
    [0, { verified: false, status: 'expired', evaluated: false }],
    [1, { verified: false, status: 'expired', evaluated: false }],
  ])('at its end %i ms', async (milliseconds, answer) => {
    const app = await makeApp()
    const id = await line.begin()
    advance(LIFE + milliseconds)
    expect(await line.check(id, app.shows(), app)).toMatchObject({ outcome: 'answered', ...answer })
    expect(await rowsOfLines('totp_steps')).toHaveLength(answer.verified ? 1 : 0)
  })

  it('ends by the alarm, and goes to the ledger without a code', async () => {
    const id = await line.begin()
    const [row] = await rowsOfLines('verifications')
    expect(row).toMatchObject({ id, status: 'pending', code_hash: null, code_sealed: null })
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toMatchObject([{ id, status: 'pending' }])
    expect((await leftOf()).alarm).toBe(row?.['expires_at'])
    advance(LIFE)
    await runAlarms()
    await runAlarms()
    const [kept] = await rowsOfLedger('verifications')
    expect(kept).toMatchObject({ id, channel: 'totp', status: 'expired', sends: 0 })
    expect(Object.keys(kept ?? {}).filter((name) => name.includes('code'))).toEqual([])
    expect(await rowsOfLedger('deliveries')).toEqual([])
  })

  it('is remembered for 24 hours, then the line deletes everything with the steps', async () => {
    const app = await makeApp()
    const id = await line.begin()
    await line.check(id, app.shows(), app)
    await runAlarms()
    expect(await rowsOfLedger('verifications')).toMatchObject([{ id, status: 'approved' }])
    advance(DAY - 1)
    await runAlarms()
    expect(await rowsOfLines('totp_steps')).toHaveLength(1)
    expect(await line.check(id, app.shows(), app)).toMatchObject({ evaluated: false })
    advance(1)
    await runAlarms()
    expect(await leftOf()).toEqual({ tables: [], alarm: null })
    expect(await line.check(id, app.shows(), app)).toEqual({ outcome: 'unknown' })
  })

  it('and steps that outlive it keep the line awake until they are a day old', async () => {
    const app = await makeApp()
    await line.check(await line.begin(), app.shows(), app)
    await runAlarms()
    advance(HOUR)
    const [code] = [app.shows()]
    await line.check(await line.begin(), code, app)
    const forgottenAt = Date.now() + DAY
    await runAlarms()
    advance(DAY - HOUR)
    await runAlarms()
    expect(await rowsOfLines('totp_steps')).toHaveLength(1)
    expect((await leftOf()).alarm).toBe(forgottenAt)
    vi.setSystemTime(forgottenAt)
    await runAlarms()
    expect(await leftOf()).toEqual({ tables: [], alarm: null })
  })
})

describe('a line that was made before lines kept steps', () => {
  it('accepts a step once, and still deletes itself', async () => {
    hurryTimers()
    const app = await makeApp()
    await line.text('pay')
    await scheduler.wait(10)
    const object = await lineOfNumber(PHONE)
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec('DROP TABLE totp_steps')
    })
    await evict(object)
    await runAlarms()
    const id = await line.begin()
    expect(await line.check(id, app.shows(), app)).toMatchObject({ verified: true })
    expect(await rowsOfLines('totp_steps')).toMatchObject([
      { factor_id: app.factorId, step: currentStep(), at: Date.now() },
    ])
    expect(await line.check(await line.begin(), app.shows(), app)).toMatchObject({
      verified: false,
    })
    advance(LIFE)
    await runAlarms()
    // The wrong check is remembered as a run of failures for a month.
    await line.check(await line.begin(), app.shows(), app)
    await runAlarms()
    advance(DAY)
    await runAlarms()
    expect(await leftOf()).toEqual({ tables: [], alarm: null })
  })
})

describe('a code that is typed late', () => {
  it('has a code that was shown in the last millisecond of its step accepted for 30 s more', async () => {
    const app = await makeApp()
    vi.setSystemTime((currentStep() + 1) * STEP_MS - 1)
    const typed = app.shows()
    const id = await line.begin()
    advance(STEP_MS)
    expect(await line.check(id, typed, app)).toMatchObject({ verified: true })
    const later = await makeApp()
    const shown = later.shows(0)
    advance(STEP_MS + 1)
    expect(await line.check(await line.begin(), shown, later)).toMatchObject({ verified: false })
  })
})

describe('a challenge that is asked for again and again', () => {
  it('postpones no wake-up, neither while it is answered nor while it is refused', async () => {
    const app = await makeApp()
    await line.begin()
    const { alarm } = await leftOf()
    expect(alarm).toBe(Date.now() + 20_000)
    advance(15_000)
    await line.begin()
    expect((await leftOf()).alarm).toBe(alarm)
    // One that begins may: what it writes drains in a moment by a timer.
    for (let n = 0; n < 3; n += 1) {
      const id = await line.begin()
      for (const code of wrongCodes(app.secret, 5)) await line.check(id, code, app)
    }
    const next = (await leftOf()).alarm
    advance(5000)
    expect(await line.challenge()).toMatchObject({ outcome: 'refused' })
    expect((await leftOf()).alarm).toBe(next)
  })
})
