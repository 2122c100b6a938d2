import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ledger } from '../../src/storage/ledger.ts'
import { timelineText } from '../../src/storage/verifications.ts'
import { refusalOf } from '../core/refusal-of.ts'
import { delivery, idOf, NOW, PROJECT, record } from './records.ts'

const SCOPE = { projectId: PROJECT, mode: 'live' } as const
const book = ledger(() => env.DB)

const count = async (table: 'verifications' | 'deliveries') =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n

describe('ledger.record and ledger.find', () => {
  it('give back everything that was written', async () => {
    const written = record(
      1,
      { status: 'approved', approvedAt: NOW + 5, locale: null },
      { deliveries: [delivery(1), delivery(2, { verificationId: idOf(1), createdAt: NOW + 11 })] },
    )
    await book.record([written])
    expect(await book.find(SCOPE, idOf(1))).toEqual(written)
  })

  it('keep one row however often the same is written', async () => {
    const written = record(1, {}, { deliveries: [delivery(1)] })
    for (let i = 0; i < 10; i += 1) await book.record([written, written])
    expect(await count('verifications')).toBe(1)
    expect(await count('deliveries')).toBe(1)
    expect(await book.find(SCOPE, idOf(1))).toEqual(written)
  })

  it('let a later version change what changes, and keep the rest', async () => {
    await book.record([record(1, {}, { deliveries: [delivery(1, { status: 'sending' })] })])
    const later = record(
      1,
      {
        version: 4,
        status: 'approved',
        channel: 'call',
        channels: ['call'],
        locale: 'de',
        metadata: {},
        attempts: 2,
        sends: 3,
        updatedAt: NOW + 9,
        approvedAt: NOW + 9,
      },
      {
        deliveries: [delivery(1, { version: 3, status: 'delivered', price: '1', segments: 2 })],
        timeline: [],
      },
    )
    await book.record([later])
    expect(await book.find(SCOPE, idOf(1))).toEqual(later)
  })

  it('never go back to an earlier or another equal version', async () => {
    const newest = record(1, { version: 5 }, { deliveries: [delivery(1, { version: 5 })] })
    await book.record([newest])
    for (const version of [1, 4, 5]) {
      await book.record([
        record(
          1,
          { version, status: 'expired', attempts: 4 },
          { deliveries: [delivery(1, { version, status: 'failed', error: 'late' })] },
        ),
      ])
    }
    expect(await book.find(SCOPE, idOf(1))).toEqual(newest)
  })

  it('end with the newest version, in whatever order versions come', async () => {
    const orders = fc.shuffledSubarray([1, 2, 3, 4, 5, 2, 4], { minLength: 1 })
    let n = 0
    await fc.assert(
      fc.asyncProperty(orders, async (versions) => {
        n += 1
        for (const version of versions) await book.record([record(n, { version, sends: version })])
        const found = await book.find(SCOPE, idOf(n))
        expect(found?.verification.sends).toBe(Math.max(...versions))
      }),
      { numRuns: 25 },
    )
  })

  it('write all records of a call or none', async () => {
    const broken = record(2, { purpose: undefined as unknown as string })
    await expect(book.record([record(1), broken])).rejects.toThrow('undefined')
    expect(await count('verifications')).toBe(0)
  })

  it('take an empty list', async () => {
    await book.record([])
    expect(await count('verifications')).toBe(0)
  })

  it.each([
    ['another project', { projectId: 'b'.repeat(24), mode: 'live' }, idOf(1)],
    ['another mode', { projectId: PROJECT, mode: 'test' }, idOf(1)],
    ['another id', SCOPE, idOf(2)],
    ['a wildcard', SCOPE, 'ver_%'],
    ['a quote', SCOPE, `${idOf(1)}' OR '1'='1`],
  ] as const)('know nothing under %s', async (_, scope, id) => {
    await book.record([record(1, {}, { deliveries: [delivery(1)] })])
    expect(await book.find(scope, id)).toBeUndefined()
  })

  it('find no delivery of another project', async () => {
    await book.record([record(1)])
    const foreign = record(2, { projectId: 'b'.repeat(24) })
    await book.record([{ ...foreign, deliveries: [delivery(2, { verificationId: idOf(1) })] }])
    expect((await book.find(SCOPE, idOf(1)))?.deliveries).toEqual([])
  })

  it('decline as unavailable when the database fails', async () => {
    const failing = ledger(() => {
      throw new Error('D1_ERROR: Network connection lost.')
    })
    expect((await refusalOf(() => failing.find(SCOPE, idOf(1)))).code).toBe('unavailable')
    const list = () => failing.list(SCOPE, { limit: 1 })
    expect((await refusalOf(list)).code).toBe('unavailable')
    await expect(failing.record([record(1)])).rejects.toThrow('D1_ERROR')
  })
})

describe('ledger.probe', () => {
  it('throws when the last migration is missing', async () => {
    await expect(book.probe()).resolves.toBeUndefined()
    await env.DB.exec('DROP TABLE deliveries')
    await expect(book.probe()).rejects.toThrow('no such table')
  })
})

describe('timelineText', () => {
  const event = fc.record({
    id: fc.string({ maxLength: 20 }),
    type: fc.string({ maxLength: 30 }),
    at: fc.nat(),
    data: fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ unit: 'binary', maxLength: 60 })),
  })

  it('is JSON of at most 4 KB, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120, size: 'max' }), (timeline) => {
        const text = timelineText(timeline)
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(4096)
        const kept = JSON.parse(text) as unknown[]
        const all = timeline.map((entry) => JSON.stringify(entry))
        let at = -1
        for (const entry of kept) {
          at = all.indexOf(JSON.stringify(entry), at + 1)
          expect(at).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('keeps all of a short one, and the first and last of a long one', () => {
    const events = Array.from({ length: 200 }, (_, i) => ({
      id: String(i),
      type: 'check.wrong',
      at: NOW + i,
      data: {},
    }))
    expect(JSON.parse(timelineText(events.slice(0, 20)))).toEqual(events.slice(0, 20))
    const kept = JSON.parse(timelineText(events)) as typeof events
    expect(kept.length).toBeGreaterThan(50)
    expect(kept.slice(0, 10)).toEqual(events.slice(0, 10))
    expect(kept.slice(-10)).toEqual(events.slice(-10))
  })

  it('is within 4 KB in the database too', async () => {
    const timeline = Array.from({ length: 100 }, (_, i) => ({
      id: String(i),
      type: 'é'.repeat(50),
      at: NOW,
      data: {},
    }))
    await book.record([record(1, {}, { timeline })])
    const row = await env.DB.prepare(
      'SELECT length(CAST(timeline AS BLOB)) AS bytes FROM verifications',
    ).first<{ bytes: number }>()
    expect(row?.bytes).toBeLessThanOrEqual(4096)
    expect(row?.bytes).toBeGreaterThan(3800)
  })
})
