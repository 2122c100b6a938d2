import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deriveCodeKeys, deriveNumberKeys } from '../../src/core/keys.ts'
import { lookUpNumber } from '../../src/core/look-up.ts'
import { parsePhone } from '../../src/core/phone.ts'
import type { NumberFacts, Ports } from '../../src/core/ports.ts'
import { projectSettings, type Caller, type Mode } from '../../src/core/project.ts'
import { phoneLines } from '../../src/phone-line/client.ts'
import { account, PHONE } from '../support/api.ts'
import { searchable, everythingStored } from '../support/dump.ts'
import { testEnv } from '../support/env.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { intercept } from '../support/intercept.ts'
import { evict, hurryTimers, lineOfNumber, rowsOfLines, runAlarms } from '../support/lines.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NUMBER = parsePhone(PHONE, 'live')
const FOUND: NumberFacts = { type: 'voip', carrier: 'Acme Mobile', ported: true }
const OFFLINE: NumberFacts = { type: 'mobile', carrier: null, ported: false }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})

const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

const linesOf = (namespace = env.PHONE_LINE) =>
  phoneLines(namespace, async () => ({
    numbers: await deriveNumberKeys(testEnv.OTPOST_NUMBER_KEY),
    codes: await deriveCodeKeys([testEnv.OTPOST_SECRET]),
  }))

/** Looks a number up as the core does, in real lines, at a vendor that is counted. */
function lookingUp(namespace = env.PHONE_LINE) {
  const works: Promise<unknown>[] = []
  const lookUp = vi.fn(async () => FOUND)
  const ports = {
    lines: linesOf(namespace),
    lookup: { lookUp },
    meters: { take: async () => ({ admitted: true, giveBack: async () => {} }) },
    background: (work: Promise<unknown>) => void works.push(work),
  } as unknown as Ports
  const ask = async (mode: Mode = 'live', id = 'a'.repeat(24)) => {
    const project = {
      id,
      name: 'Acme',
      paused: false,
      settings: projectSettings.parse({ countries: '*' }),
    }
    const caller: Caller = { kind: 'secret', mode, project }
    const facts = await lookUpNumber(ports, caller, NUMBER)
    await Promise.all(works)
    return facts
  }
  return { ask, lookUp }
}

/** Has a project prove the number, so that it has a line. */
async function proven(mode: Mode = 'live') {
  const provider = fakeProvider()
  const { start, check } = await account({ mode })
  const { body } = await start()
  await check({ id: body['id'], code: provider.messages[0]?.code ?? '' })
}

const leftOf = async (phone: string) =>
  runInDurableObject(await lineOfNumber(phone), async (_, { storage }) => ({
    tables: storage.sql
      .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
      .toArray(),
    alarm: await storage.getAlarm(),
  }))

describe('a look-up of a number that has a line', () => {
  it('asks the vendor once a day, whichever project asks', async () => {
    await proven()
    const { ask, lookUp } = lookingUp()
    expect(await ask()).toEqual(FOUND)
    advance(DAY - 1)
    expect(await ask()).toEqual(FOUND)
    expect(await ask('live', 'b'.repeat(24))).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(1)
    advance(1)
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(2)
    advance(DAY - 1)
    await ask()
    expect(lookUp).toHaveBeenCalledTimes(2)
  })

  it('asks nobody after the line was dropped from memory', async () => {
    hurryTimers()
    await proven()
    const { ask, lookUp } = lookingUp()
    await ask()
    await scheduler.wait(10)
    await evict(await lineOfNumber(PHONE))
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(1)
  })

  it('asks the vendor once for each of those that come together, and never afterwards', async () => {
    await proven()
    const { ask, lookUp } = lookingUp()
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([FOUND, FOUND, FOUND])
    const before = lookUp.mock.calls.length
    expect(before).toBeLessThanOrEqual(3)
    await ask()
    expect(lookUp).toHaveBeenCalledTimes(before)
    expect(await rowsOfLines('facts')).toHaveLength(1)
  })

  it('keeps the facts under the hash of the number, and the number nowhere', async () => {
    await proven()
    await lookingUp().ask()
    const [verification] = await rowsOfLines('verifications')
    expect(await rowsOfLines('facts')).toEqual([
      {
        number_hash: verification?.['number_hash'],
        type: 'voip',
        carrier: 'Acme Mobile',
        ported: 1,
        at: Date.now(),
      },
    ])
    expect(searchable((await everythingStored()).objects)).not.toContain(PHONE.slice(1))
  })

  it('keeps what is not known as not known', async () => {
    await proven()
    const lines = linesOf()
    await lines.keepFacts('live', NUMBER, { ...OFFLINE, type: 'unknown' })
    expect(await lines.facts('live', NUMBER)).toEqual({ ...OFFLINE, type: 'unknown' })
  })

  it('tells nothing of another number that shares the line', async () => {
    await proven()
    const line = await lineOfNumber(PHONE)
    await line.keepFacts('00', FOUND)
    expect(await line.facts('01')).toBeUndefined()
    expect(await line.facts('00')).toEqual(FOUND)
  })
})

describe('a look-up of a number that has no line', () => {
  it('asks once a day, and leaves nothing behind after it', async () => {
    const { ask, lookUp } = lookingUp()
    expect(await ask()).toEqual(FOUND)
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(1)
    await runAlarms()
    advance(DAY)
    await runAlarms()
    expect(await leftOf(PHONE)).toEqual({ tables: [], alarm: null })
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(2)
  })
})

describe('a look-up with a test key', () => {
  it('asks nobody, and hears nothing of what live keys were told', async () => {
    await proven()
    await proven('test')
    const { ask, lookUp } = lookingUp()
    expect(await ask('test')).toEqual(OFFLINE)
    expect(lookUp).not.toHaveBeenCalled()
    await ask('live')
    expect(await ask('test')).toEqual(OFFLINE)
    expect(lookUp).toHaveBeenCalledTimes(1)
    expect(await linesOf().facts('test', NUMBER)).toBeUndefined()
  })
})

describe('a look-up while the line is out of reach', () => {
  it('asks the vendor', async () => {
    await proven()
    const lost = intercept(env.PHONE_LINE, async () => {
      throw Object.assign(new Error('Network connection lost.'), { retryable: true })
    })
    const { ask, lookUp } = lookingUp(lost)
    expect(await ask()).toEqual(FOUND)
    expect(lookUp).toHaveBeenCalledTimes(1)
    expect(await rowsOfLines('facts')).toEqual([])
  })
})

describe('a line with facts', () => {
  it('forgets them after a day, while it remembers more', async () => {
    await proven()
    await lookingUp().ask()
    await runAlarms()
    advance(HOUR)
    await proven()
    advance(DAY - HOUR - 1)
    await runAlarms()
    expect(await rowsOfLines('facts')).toHaveLength(1)
    advance(1)
    await runAlarms()
    expect(await rowsOfLines('facts')).toEqual([])
    expect(await rowsOfLines('verifications')).toHaveLength(1)
  })

  it('and nothing else wakes when they are a day old, and deletes everything', async () => {
    await proven()
    await runAlarms()
    advance(23 * HOUR)
    await lookingUp().ask()
    const forgottenAt = Date.now() + DAY
    advance(HOUR)
    await runAlarms()
    expect(await rowsOfLines('verifications')).toEqual([])
    expect(await rowsOfLines('facts')).toHaveLength(1)
    expect((await leftOf(PHONE)).alarm).toBe(forgottenAt)
    vi.setSystemTime(forgottenAt)
    await runAlarms()
    expect(await leftOf(PHONE)).toEqual({ tables: [], alarm: null })
  })
})

describe('a line that was made before lines kept facts', () => {
  it('keeps them, and still forgets and deletes itself', async () => {
    hurryTimers()
    await proven()
    await scheduler.wait(10)
    const line = await lineOfNumber(PHONE)
    await runInDurableObject(line, (_, { storage }) => {
      storage.sql.exec('DROP TABLE facts')
    })
    await evict(line)
    await runAlarms()
    const { ask, lookUp } = lookingUp()
    await ask()
    await ask()
    expect(lookUp).toHaveBeenCalledTimes(1)
    advance(DAY)
    await runAlarms()
    expect(await leftOf(PHONE)).toEqual({ tables: [], alarm: null })
  })
})
