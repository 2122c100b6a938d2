import { runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { PHONE } from '../support/api.ts'
import { lineClient, makeApp, stopClockWithinStep, wrongCodes } from '../support/app-logins.ts'
import { lineOfNumber, rowsOfLines } from '../support/lines.ts'

beforeEach(stopClockWithinStep)

const line = lineClient()
const right = { outcome: 'answered', verified: true, status: 'approved', evaluated: true }

describe('an exception half-way (R-15)', () => {
  /** Tables whose change fails, and what is asked meanwhile. */
  const cases = [
    ['totp_steps', 'INSERT', 'right'],
    ['verifications', 'UPDATE', 'right'],
    ['events', 'INSERT', 'right'],
    ['checks', 'INSERT', 'right'],
    ['streaks', 'DELETE', 'right'],
    ['failures', 'INSERT', 'wrong'],
    ['streaks', 'INSERT', 'wrong'],
    ['events', 'INSERT', 'wrong'],
    ['checks', 'INSERT', 'wrong'],
    ['verifications', 'INSERT', 'challenge'],
    ['verifications', 'UPDATE', 'challenge'],
    ['events', 'INSERT', 'challenge'],
  ] as const

  it.each(cases)('at %s (%s) leaves nothing of a %s', async (table, change, ask) => {
    const app = await makeApp()
    const [first = '', second = ''] = wrongCodes(app.secret, 2)
    const id = await line.begin()
    await line.check(id, first, app)
    const sent = await line.text('pay')
    const before = await everything()
    await inLine((sql) =>
      sql.exec(
        `CREATE TRIGGER broken BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`,
      ),
    )
    const asking = {
      right: () => line.check(id, app.shows(), app),
      wrong: () => line.check(id, second, app),
      challenge: () => line.challenge('pay'),
    }
    await expect(asking[ask]()).rejects.toThrow('broken')
    await inLine((sql) => sql.exec('DROP TRIGGER broken'))
    expect(await everything()).toEqual(before)
    if (sent.outcome !== 'admitted') throw new Error('refused')
    expect(await line.check(sent.verification.id, sent.code, undefined)).toMatchObject(right)
    expect(await line.check(id, app.shows(), app)).toMatchObject(right)
  })

  const inLine = async (change: (sql: SqlStorage) => unknown) =>
    runInDurableObject(await lineOfNumber(PHONE), (_, { storage }) => void change(storage.sql))

  async function everything() {
    const tables = [
      'verifications',
      'events',
      'checks',
      'failures',
      'streaks',
      'totp_steps',
      'sends',
    ]
    const rows = await Promise.all(tables.map(rowsOfLines))
    // The outbox drains meanwhile.
    return rows.map((some) => some.map((row) => ({ ...row, drained: 0 })))
  }
})
