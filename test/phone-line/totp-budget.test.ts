import { runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { PHONE, wrong as wrongText } from '../support/api.ts'
import {
  advance,
  lineClient,
  makeApp,
  stopClockWithinStep,
  wrongCodes,
  type App,
} from '../support/app-logins.ts'
import { lineOfNumber, rowsOfLines } from '../support/lines.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LIFE = 10 * MINUTE

beforeEach(stopClockWithinStep)

const line = lineClient()

/** Checks wrong codes of the app, beginning anew as often as it takes; counts what is evaluated. */
async function guess(app: App, count: number): Promise<number> {
  let evaluated = 0
  for (const code of wrongCodes(app.secret, count)) {
    const begun = await line.challenge()
    if (begun.outcome !== 'begun') return evaluated
    const answer = await line.check(begun.verification.id, code, app)
    if (answer.outcome === 'answered' && answer.evaluated) evaluated += 1
  }
  return evaluated
}

describe('failed codes of an app (T-11)', () => {
  it('share the hour’s budget of the number with codes of messages', async () => {
    const app = await makeApp()
    for (const purpose of ['one', 'two']) {
      const sent = await line.text(purpose)
      if (sent.outcome !== 'admitted') throw new Error('refused')
      const { code, verification } = sent
      for (let n = 1; n <= 5; n += 1) {
        await line.check(verification.id, wrongText(code, n), undefined)
      }
    }
    const id = await line.begin()
    const other = await line.text('three')
    if (other.outcome !== 'admitted') throw new Error('refused')
    const [first = '', ...codes] = wrongCodes(app.secret, 5)
    for (const code of codes) await line.check(id, code, app)
    await line.check(other.verification.id, wrongText(other.code), undefined)
    const locked = { outcome: 'locked', retryAfterSeconds: 3600 }
    expect(await line.check(id, first, app)).toMatchObject({ ...locked, channel: 'totp' })
    expect(await line.check(id, app.shows(), app)).toMatchObject({ ...locked, attemptsLeft: 1 })
    expect(await line.check(other.verification.id, other.code, undefined)).toMatchObject(locked)
    expect(await rowsOfLines('failures')).toHaveLength(15)
    expect(await rowsOfLines('totp_steps')).toEqual([])
  })

  it('lock the number: a challenge that nobody could check in its life is refused', async () => {
    const app = await makeApp()
    expect(await guess(app, 20)).toBe(15)
    const sent = await line.text('other')
    expect(sent).toMatchObject({ outcome: 'refused', code: 'too_many_failed_checks' })
    const refused = { outcome: 'refused', code: 'too_many_failed_checks' }
    expect(await line.challenge()).toEqual({ ...refused, retryAfterSeconds: 3600 })
    advance(HOUR - LIFE)
    expect(await line.challenge()).toEqual({ ...refused, retryAfterSeconds: 600 })
    advance(1)
    const begun = await line.challenge()
    if (begun.outcome !== 'begun') throw new Error('refused')
    const { id } = begun.verification
    expect(await line.check(id, app.shows(), app)).toMatchObject({ outcome: 'locked' })
    advance(LIFE - 2)
    expect(await line.check(id, app.shows(), app)).toMatchObject({ outcome: 'locked' })
    advance(1)
    expect(await line.check(id, app.shows(), app)).toMatchObject({ verified: true })
  })

  it('leave what is pending alone when a challenge is refused', async () => {
    const app = await makeApp()
    const sent = await line.text('pay')
    if (sent.outcome !== 'admitted') throw new Error('refused')
    await guess(app, 15)
    expect(await line.challenge('pay')).toMatchObject({ outcome: 'refused' })
    expect(await rowsOfLines('verifications')).toContainEqual(
      expect.objectContaining({ id: sent.verification.id, status: 'pending' }),
    )
  })

  it('lock the number for a day at the hundredth in a row, and a right code ends the run', async () => {
    const app = await makeApp()
    await guess(app, 1)
    const inARow = (count: number) =>
      lineOfNumber(PHONE).then((object) =>
        runInDurableObject(object, (_, { storage }) => {
          storage.sql.exec('UPDATE streaks SET in_a_row = ?', count)
        }),
      )
    await inARow(98)
    await guess(app, 1)
    expect(await line.check(await line.begin(), app.shows(), app)).toMatchObject({ verified: true })
    expect(await rowsOfLines('streaks')).toEqual([])
    await guess(app, 1)
    await inARow(99)
    await guess(app, 1)
    expect(await rowsOfLines('streaks')).toMatchObject([{ in_a_row: 100 }])
    expect(await line.challenge()).toMatchObject({ outcome: 'refused', retryAfterSeconds: 86_400 })
    advance(DAY - LIFE)
    expect(await line.challenge()).toMatchObject({ outcome: 'refused' })
    advance(LIFE)
    expect(await line.check(await line.begin(), app.shows(), app)).toMatchObject({ verified: true })
  })

  it('stay within 15 an hour, 50 a day and 100 in a row, however often one begins (T-04)', async () => {
    const app = await makeApp()
    const times: number[] = []
    for (let minutes = 0; minutes < 4 * 24 * 60; minutes += 20) {
      const evaluated = await guess(app, 16)
      times.push(...Array.from({ length: evaluated }, () => Date.now()))
      advance(20 * MINUTE)
    }
    const within = (window: number) =>
      Math.max(...times.map((at) => times.filter((t) => t > at - window && t <= at).length))
    expect(within(HOUR)).toBe(15)
    expect(within(DAY)).toBe(50)
    expect(times.length).toBeGreaterThan(100)
    const [hundredth = 0, next = Infinity] = times.slice(99)
    expect(next - hundredth).toBeGreaterThanOrEqual(DAY)
  })
})
