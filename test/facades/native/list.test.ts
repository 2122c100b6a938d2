import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong, type Send } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLedger, rowsOfLines, runAlarms } from '../../support/lines.ts'
import { badFields, stopClock } from './support.ts'

const MINUTE = 60_000

interface Row {
  readonly id: string
  readonly status: string
  readonly country: string
  readonly createdAt: string
}

const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id)

const list = async (send: Send, query: Record<string, string> = {}) => {
  const answer = await send('GET', `/v1/verifications?${new URLSearchParams(query).toString()}`)
  expect(answer).toMatchObject({ status: 200 })
  return answer.body as { data: Row[]; next: string | null }
}

const isoIn = (at: number, zone: '+02:00') =>
  new Date(at + 2 * 60 * MINUTE).toISOString().replace('Z', zone)

/** All pages of a list, and how long they were. */
async function pages(send: Send, query: Record<string, string>) {
  const rows: Row[] = []
  const lengths: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await list(send, { ...query, ...(cursor === '' ? {} : { cursor }) })
    rows.push(...page.data)
    lengths.push(page.data.length)
    cursor = page.next
  }
  return { rows, lengths }
}

/** Seven verifications a minute apart, oldest first: three statuses, two countries; one foreign. */
async function filled() {
  const provider = fakeProvider()
  const clock = stopClock()
  const begin = Math.ceil(clock.start / 1000) * 1000
  clock.at(begin)
  const caller = await account({ environment: clock.environment })
  const stranger = await account({ environment: clock.environment })
  await stranger.start()
  const phones = [PHONE, '+37255500001', '+12025550124', PHONE, '+37255500002', PHONE, PHONE]
  const ids: string[] = []
  for (const [n, phoneNumber] of phones.entries()) {
    const { body } = await caller.start({ phoneNumber, purpose: `n${n}` })
    const id = body['id'] as string
    const code = provider.messages.at(-1)?.code ?? ''
    if (n === 1 || n === 3) await caller.check({ id, code })
    if (n === 4) await caller.send('DELETE', `/v1/verifications/${id}`)
    ids.push(id)
    clock.advance(MINUTE)
  }
  return { ...caller, clock, begin, provider, ids, newestFirst: ids.toReversed() }
}

describe('GET /v1/verifications', () => {
  it('answers what the ledger has, newest first', async () => {
    const { send, newestFirst, ids, begin } = await filled()
    await runAlarms()
    const answer = await send('GET', '/v1/verifications')
    expect(answer).toCarryCommonHeaders()
    const { data, next } = await list(send)
    expect(idsOf(data)).toEqual(newestFirst)
    expect(next).toBeNull()
    expect(data[0]).toEqual({
      id: ids[6],
      status: 'pending',
      channel: 'sms',
      purpose: 'n6',
      phoneLast4: '0123',
      country: 'US',
      locale: null,
      metadata: {},
      attemptsLeft: 5,
      sends: 1,
      expires: (begin + 16 * MINUTE) / 1000,
      createdAt: new Date(begin + 6 * MINUTE).toISOString(),
      updatedAt: new Date(begin + 6 * MINUTE).toISOString(),
      approvedAt: null,
    })
    expect(answer.text).not.toContain(PHONE.slice(1))
  })

  it.each([
    ['status=pending', [6, 5, 2, 0], []],
    ['status=expired', [], [6, 5, 2, 0]],
    ['status=approved', [3, 1], [3, 1]],
    ['status=canceled', [4], [4]],
    ['country=EE', [4, 1], [4, 1]],
    ['country=US', [6, 5, 3, 2, 0], [6, 5, 3, 2, 0]],
    ['country=GB', [], []],
    ['phoneNumber=%2B12025550123', [6, 5, 3, 0], [6, 5, 3, 0]],
    ['phoneNumber=12025550123', [6, 5, 3, 0], [6, 5, 3, 0]],
    ['phoneNumber=%2B1 (202) 555-0124', [2], [2]],
    ['phoneNumber=%2B12025550199', [], []],
    ['status=approved&country=US', [3], [3]],
    ['phoneNumber=12025550123&status=pending', [6, 5, 0], []],
    ['phoneNumber=12025550123&country=EE', [], []],
    ['limit=2', [6, 5], [6, 5]],
    ['phoneNumber=12025550123&limit=2', [6, 5], [6, 5]],
  ])('answers by %s while lines remember, and later', async (query, live, later) => {
    const { send, ids, clock } = await filled()
    await runAlarms()
    const fields = Object.fromEntries(new URLSearchParams(query))
    expect(idsOf((await list(send, fields)).data)).toEqual(live.map((n) => ids[n]))
    clock.advance(11 * MINUTE)
    await runAlarms()
    clock.advance(24 * 60 * MINUTE)
    await runAlarms()
    expect(await rowsOfLines('verifications')).toEqual([])
    expect(idsOf((await list(send, fields)).data)).toEqual(later.map((n) => ids[n]))
  })

  it.each([
    ['ISO 8601', (at: number) => new Date(at).toISOString()],
    ['ISO 8601 of another zone', (at: number) => isoIn(at, '+02:00')],
    ['Unix seconds', (at: number) => String(at / 1000)],
  ])('answers by from (inclusive) and to (exclusive) in %s', async (_, write) => {
    const { send, ids, begin } = await filled()
    await runAlarms()
    const at = (n: number) => write(begin + n * MINUTE)
    for (const [extra, own] of [
      [{}, [6, 5, 4, 3, 2, 1, 0]],
      [{ phoneNumber: PHONE }, [6, 5, 3, 0]],
    ] as const) {
      const between = (from: number, to: number) =>
        own.filter((n) => n >= from && n < to).map((n) => ids[n])
      const listed = async (query: Record<string, string>) =>
        idsOf((await list(send, { ...query, ...extra })).data)
      expect(await listed({ from: at(3) })).toEqual(between(3, 7))
      expect(await listed({ to: at(3) })).toEqual(between(0, 3))
      expect(await listed({ from: at(1), to: at(5) })).toEqual(between(1, 5))
    }
  })

  it.each([
    ['all', {}, [3, 3, 1]],
    ['one number', { phoneNumber: PHONE }, [3, 1]],
    ['one country', { country: 'US' }, [3, 2]],
  ])('gives pages of %s that follow each other', async (_, query, lengths) => {
    const { send, newestFirst } = await filled()
    await runAlarms()
    const { data } = await list(send, query)
    const paged = await pages(send, { ...query, limit: '3' })
    expect(paged.lengths).toEqual(lengths)
    expect(paged.rows).toEqual(data)
    expect(newestFirst.filter((id) => idsOf(paged.rows).includes(id))).toEqual(idsOf(paged.rows))
  })

  it('gives pages that follow each other when all were made in one millisecond', async () => {
    fakeProvider()
    const clock = stopClock()
    const { start, send } = await account({ environment: clock.environment })
    for (const purpose of ['a', 'b', 'c', 'd', 'e']) await start({ purpose })
    await runAlarms()
    for (const query of [{}, { phoneNumber: PHONE }]) {
      const { rows, lengths } = await pages(send, { ...query, limit: '2' })
      expect(lengths).toEqual([2, 2, 1])
      expect(idsOf(rows)).toEqual([...new Set(idsOf(rows))].toSorted().toReversed())
    }
  })

  it('shows by number what is live before the ledger knows it', async () => {
    const { send, ids, check, provider } = await filled()
    const code = provider.messages.at(-1)?.code ?? ''
    await runAlarms()
    const ledgerKnew = await rowsOfLedger('verifications')
    expect(ledgerKnew).toHaveLength(8)
    await check({ id: ids[6], code: wrong(code) })
    await send('DELETE', `/v1/verifications/${ids[5]}`)
    const { data } = await list(send, { phoneNumber: PHONE })
    expect(data.slice(0, 2)).toMatchObject([
      { id: ids[6], status: 'pending', attemptsLeft: 4 },
      { id: ids[5], status: 'canceled', attemptsLeft: 0 },
    ])
    expect(data).toHaveLength(4)
  })

  it('filters by number what is live, not what the ledger still believes', async () => {
    const { send, ids } = await filled()
    await runAlarms()
    await send('DELETE', `/v1/verifications/${ids[5]}`)
    const listed = async (status: string) =>
      idsOf((await list(send, { phoneNumber: PHONE, status })).data)
    expect(await listed('canceled')).toEqual([ids[5]])
    expect(await listed('pending')).toEqual([ids[6], ids[0]])
  })

  it('is empty for a project without any', async () => {
    const { send } = await account()
    expect(await list(send)).toEqual({ data: [], next: null })
  })
})

describe('GET /v1/verifications: a bad query', () => {
  it.each([
    ['phoneNumber', ''],
    ['status', 'used'],
    ['status', ''],
    ['country', 'ee'],
    ['country', 'EST'],
    ['from', 'yesterday'],
    ['from', '2026-11-21T20:00:00'],
    ['to', '1e9'],
    ['to', ''],
    ['cursor', 'next'],
    ['cursor', '1_ver_'],
    ['cursor', `1_ver_${'g'.repeat(32)}`],
    ['limit', '0'],
    ['limit', '101'],
    ['limit', 'all'],
    ['limit', '1.5'],
    ['order', 'asc'],
  ])('names %s in errors: %j', async (field, value) => {
    const { send } = await account()
    const query = new URLSearchParams({ [field]: value }).toString()
    const answer = await send('GET', `/v1/verifications?${query}`)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect([...new Set(badFields(answer))]).toEqual([field])
  })

  it('is a number that is none', async () => {
    const { send } = await account()
    const answer = await send('GET', '/v1/verifications?phoneNumber=x')
    expect(answer).toBeProblem(422, 'invalid_phone')
  })
})
