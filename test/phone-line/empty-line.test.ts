import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { account, PHONE } from '../support/api.ts'
import { lineOfNumber, rowsOfLines, runAlarms } from '../support/lines.ts'

describe('a send that is refused by a line which knows nothing', () => {
  it('leaves nothing behind once the alarm has looked', async () => {
    const line = await lineOfNumber(PHONE)
    const phone = { hash: 'aa', last4: '0123', sealed: 'x', country: 'US' }
    const answer = await line.admit(
      { projectId: 'p', mode: 'live' },
      {
        operationId: 'o',
        phone,
        facade: 'native',
        purpose: '',
        channels: ['sms'],
        locale: null,
        metadata: {},
        message: {},
        verificationId: 'ver_gone',
        newId: 'ver_new',
        codeLength: 6,
        lifeSeconds: 600,
        attemptsAllowed: 5,
        freshCode: false,
        deliveries: [],
        policy: { windows: [{ limit: 5, seconds: 600 }], secondsBetween: 0 },
      },
    )
    expect(answer).toEqual({ outcome: 'refused', code: 'verification_ended' })
    await runAlarms()
    const tables = await runInDurableObject(line, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_schema WHERE name = 'events'").toArray(),
    )
    expect(tables).toEqual([])
  })
})

describe('a made-up id', () => {
  it('is unknown and writes nothing anywhere', async () => {
    const { check } = await account()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        check({ id: `ver_${crypto.randomUUID().replaceAll('-', '')}`, code: '123456' }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
    expect(await rowsOfLines('verifications')).toEqual([])
  })

  it('that meets a line which knows nothing makes no table there', async () => {
    const line = await lineOfNumber(PHONE)
    const answer = await line.check(
      { projectId: 'p', mode: 'live' },
      { name: { id: 'ver_00' }, code: '123456', operationId: 'o' },
    )
    expect(answer).toEqual({ outcome: 'unknown' })
    const tables = await runInDurableObject(line, (_, { storage }) =>
      storage.sql
        .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
        .toArray(),
    )
    expect(tables).toEqual([])
  })
})
