import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListFilter } from '../../src/core/ports.ts'
import type { Verification } from '../../src/core/verification.ts'
import { ledger } from '../../src/storage/ledger.ts'
import { idOf, NOW, PROJECT, record, verification } from './records.ts'

const SCOPE = { projectId: PROJECT, mode: 'live' } as const
const book = ledger(() => env.DB)

const HASHES = ['ab'.repeat(32), 'cd'.repeat(32)] as const
const COUNTRIES = ['US', 'EE', 'BR'] as const
const STATUSES = ['pending', 'approved', 'expired', 'canceled', 'max_attempts', 'failed'] as const

async function allPages(filter: Omit<ListFilter, 'limit' | 'after'>, limit: number) {
  const pages: Verification[][] = []
  let after: ListFilter['after']
  while (pages.length < 100) {
    const page = await book.list(SCOPE, { ...filter, limit, after })
    pages.push([...page])
    const last = page.at(-1)
    if (page.length < limit || last === undefined) return pages
    after = { createdAt: last.createdAt, id: last.id }
  }
  throw new Error('The pages do not end')
}

describe('ledger.list', () => {
  it('gives the newest first, as they were written', async () => {
    await book.record([record(1), record(3), record(2)])
    const list = await book.list(SCOPE, { limit: 10 })
    expect(list).toEqual([verification(3), verification(2), verification(1)])
    expect(await book.list(SCOPE, { limit: 2 })).toHaveLength(2)
  })

  it('orders those of one millisecond by id', async () => {
    await book.record([1, 2, 3].map((n) => record(n, { createdAt: NOW })))
    const list = await book.list(SCOPE, { limit: 10 })
    expect(list.map(({ id }) => id)).toEqual([idOf(3), idOf(2), idOf(1)])
  })

  it('shows nothing of another project or mode', async () => {
    await book.record([
      record(1, { projectId: 'b'.repeat(24) }),
      record(2, { mode: 'test' }),
      record(3),
    ])
    expect((await book.list(SCOPE, { limit: 10 })).map(({ id }) => id)).toEqual([idOf(3)])
  })

  it('finds those of one purpose', async () => {
    await book.record([record(1, { purpose: '' }), record(2, { purpose: 'pay' }), record(3)])
    const list = await book.list(SCOPE, { purpose: '', limit: 10 })
    expect(list.map(({ id }) => id)).toEqual([idOf(1)])
  })

  it('counts `from` in and `to` out', async () => {
    await book.record([1, 2, 3, 4].map((n) => record(n)))
    const list = await book.list(SCOPE, { from: NOW + 2, to: NOW + 4, limit: 10 })
    expect(list.map(({ id }) => id)).toEqual([idOf(3), idOf(2)])
  })

  it('pages through any data by any filter without gap or repetition', async () => {
    const rows = fc.array(
      fc.record({
        createdAt: fc.integer({ min: NOW, max: NOW + 8 }),
        status: fc.constantFrom(...STATUSES),
        country: fc.constantFrom(...COUNTRIES),
        hash: fc.constantFrom(...HASHES),
      }),
      { minLength: 1, maxLength: 40, size: 'max' },
    )
    const some = { requiredKeys: [] as [] }
    const filters = fc.record(
      {
        status: fc.constantFrom(...STATUSES),
        country: fc.constantFrom(...COUNTRIES),
        phoneHash: fc.constantFrom(...HASHES),
        from: fc.integer({ min: NOW, max: NOW + 8 }),
        to: fc.integer({ min: NOW, max: NOW + 9 }),
      },
      some,
    )
    await fc.assert(
      fc.asyncProperty(
        rows,
        filters,
        fc.integer({ min: 1, max: 9 }),
        async (data, filter, limit) => {
          await env.DB.exec('DELETE FROM verifications')
          const all = data.map(({ hash, country, ...rest }, n) =>
            record(n, { ...rest, phone: { ...verification(n).phone, hash, country } }),
          )
          await book.record(all)
          const expected = all
            .map((entry) => entry.verification)
            .filter(
              (entry) =>
                (filter.status === undefined || entry.status === filter.status) &&
                (filter.country === undefined || entry.phone.country === filter.country) &&
                (filter.phoneHash === undefined || entry.phone.hash === filter.phoneHash) &&
                (filter.from === undefined || entry.createdAt >= filter.from) &&
                (filter.to === undefined || entry.createdAt < filter.to),
            )
            .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
          const pages = await allPages(filter, limit)
          expect(pages.flat()).toEqual(expected)
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('ledger.list: its queries', () => {
  /** The plan of the query that a list sends, a step each. */
  async function planOf(filter: ListFilter): Promise<readonly string[]> {
    const plans: string[] = []
    const watched = {
      prepare: (query: string) => ({
        bind: (...values: readonly unknown[]) => ({
          async all() {
            const explain = env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`).bind(...values)
            const { results } = await explain.all<{ detail: string }>()
            plans.push(...results.map(({ detail }) => detail))
            return { results: [] }
          },
        }),
      }),
    }
    await ledger(() => watched as unknown as D1Database).list(SCOPE, filter)
    return plans
  }

  const after = { createdAt: NOW, id: idOf(1) }
  const page = { limit: 20 }
  const cases = [
    ['no filter', {}, 'time'],
    ['a number', { phoneHash: HASHES[0] }, 'phone'],
    ['a status', { status: 'expired' }, 'status'],
    ['a country', { country: 'EE' }, 'country'],
    ['a time', { from: NOW, to: NOW + 1 }, 'time'],
  ] as const

  it.each(cases)('reads %s from its index, in its order', async (_, filter, index) => {
    for (const range of [{}, { after }, { from: NOW }, { from: NOW, to: NOW + 9, after }]) {
      const plan = await planOf({ ...page, ...filter, ...range })
      expect(plan).toHaveLength(1)
      expect(plan[0]).toContain(`SEARCH verifications USING INDEX verifications_by_${index} (`)
      expect(plan[0]).toContain('project_id=? AND mode=?')
      expect(plan[0]?.includes('created_at') ?? false).toBe(
        Object.keys({ ...filter, ...range }).some((key) => ['from', 'to', 'after'].includes(key)),
      )
    }
  })

  it('sorts nothing by hand when filters come together', async () => {
    const plan = await planOf({
      ...page,
      phoneHash: HASHES[0],
      status: 'pending',
      country: 'EE',
      from: NOW,
      to: NOW + 9,
      after,
    })
    expect(plan).toHaveLength(1)
    expect(plan[0]).toMatch(/^SEARCH verifications USING INDEX verifications_by_/)
  })

  it('reads the deliveries of a verification from their index', async () => {
    const { results } = await env.DB.prepare(
      'EXPLAIN QUERY PLAN SELECT * FROM deliveries WHERE verification_id = ? AND project_id = ?',
    )
      .bind(idOf(1), PROJECT)
      .all<{ detail: string }>()
    expect(results.map(({ detail }) => detail).join()).toContain('deliveries_by_verification')
  })
})
