import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { serviceUsers } from '../../src/storage/service-users.ts'
import { services } from '../../src/storage/services.ts'
import { totpFactors } from '../../src/storage/totp-factors.ts'
import { NOW, PROJECT } from './records.ts'

const SCOPE = { projectId: PROJECT, mode: 'live' } as const
const PHONE = { hash: 'ab', last4: '0123', sealed: 'key.sealed', country: 'US' }

interface Asked {
  readonly query: string
  readonly values: readonly unknown[]
}

/** What a call asks D1, without asking it. */
async function askedBy(call: (db: () => D1Database) => Promise<unknown>): Promise<Asked> {
  const asked: Asked[] = []
  const nothing = async () => ({ results: [], meta: { changes: 0 } })
  const db = {
    prepare: (query: string) => ({
      bind: (...values: readonly unknown[]) => {
        asked.push({ query, values })
        return { all: nothing, run: nothing, first: async () => null }
      },
    }),
  }
  await call(() => db as unknown as D1Database)
  const [only, ...more] = asked
  if (only === undefined || more.length > 0) throw new Error('One call asks one question')
  return only
}

const service = { id: 's1', fqdn: 'example.com', name: 'Example', createdAt: NOW }
const user = {
  ...SCOPE,
  id: 'u1',
  serviceId: 's1',
  idInService: 'john',
  phone: PHONE,
  createdAt: NOW,
}
const sealed = { factorId: 'f1', sealed: 'key.sealed' }

/** Every call of the adapters, and the steps of its plan. */
const calls: readonly (readonly [
  string,
  (db: () => D1Database) => Promise<unknown>,
  readonly string[],
])[] = [
  ['services.add', (db) => services(db).add(SCOPE, service), []],
  [
    'services.find',
    (db) => services(db).find(SCOPE, 's1'),
    ['SEARCH services USING PRIMARY KEY (id=?)'],
  ],
  [
    'services.remove',
    (db) => services(db).remove(SCOPE, 's1'),
    ['SEARCH services USING PRIMARY KEY (id=?)', 'SEARCH service_users USING INDEX'],
  ],
  [
    'users.add',
    (db) => serviceUsers(db).add(SCOPE, user),
    ['SEARCH services USING PRIMARY KEY (id=?)'],
  ],
  [
    'users.list',
    (db) => serviceUsers(db).list(SCOPE, 's1', { limit: 10 }),
    ['SEARCH service_users USING INDEX service_users_by_service (service_id=? AND id>?)'],
  ],
  [
    'users.list, a later page',
    (db) => serviceUsers(db).list(SCOPE, 's1', { after: 'u1', limit: 10 }),
    ['SEARCH service_users USING INDEX service_users_by_service (service_id=? AND id>?)'],
  ],
  [
    'users.count',
    (db) => serviceUsers(db).count(SCOPE, 's1'),
    ['SEARCH service_users USING INDEX'],
  ],
  [
    'users.find',
    (db) => serviceUsers(db).find(SCOPE, 's1', 'u1'),
    ['SEARCH u USING PRIMARY KEY (id=?)', 'SEARCH t USING PRIMARY KEY (user_id=?)'],
  ],
  [
    'users.remove',
    (db) => serviceUsers(db).remove(SCOPE, 's1', 'u1'),
    ['SEARCH service_users USING PRIMARY KEY (id=?)'],
  ],
  [
    'apps.put',
    (db) => totpFactors(db).put(SCOPE, 'u1', sealed),
    ['SEARCH service_users USING PRIMARY KEY (id=?)'],
  ],
  [
    'apps.confirm',
    (db) => totpFactors(db).confirm(SCOPE, 'u1', 'f1'),
    ['SEARCH totp_factors USING PRIMARY KEY (user_id=?)'],
  ],
  [
    'apps.remove',
    (db) => totpFactors(db).remove(SCOPE, 'u1'),
    ['SEARCH totp_factors USING PRIMARY KEY (user_id=?)'],
  ],
]

describe('what services, users and apps ask D1', () => {
  it.each(calls)('%s is bound to the project (T-20)', async (name, call) => {
    const { query, values } = await askedBy(call)
    const isPlainInsert = name === 'services.add'
    if (!isPlainInsert) expect(query).toMatch(/project_id = \?/)
    expect(query).toContain('project_id')
    expect(values).toContain(PROJECT)
    // Of the mode too, except what hangs on a user that was found by it.
    const hangsOnUser = ['apps.confirm', 'apps.remove'].includes(name)
    expect(values.includes('live')).toBe(!hangsOnUser)
    // Nothing is written into the text of a query.
    expect(query).not.toMatch(/'/)
  })

  it.each(calls)(
    '%s finds its rows by an index, and sorts nothing by hand',
    async (_, call, steps) => {
      const { query, values } = await askedBy(call)
      const explain = env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`).bind(...values)
      const { results } = await explain.all<{ detail: string }>()
      const plan = results.map(({ detail }) => detail)
      expect(plan.filter((step) => /^SCAN (?!CONSTANT)|TEMP B-TREE/.test(step))).toEqual([])
      for (const step of steps) {
        expect(plan).toContainEqual(expect.stringContaining(step))
      }
    },
  )
})
