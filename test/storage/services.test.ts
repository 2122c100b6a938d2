import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Scope } from '../../src/core/project.ts'
import type { Service, ServiceUser } from '../../src/core/service.ts'
import { serviceUsers } from '../../src/storage/service-users.ts'
import { services } from '../../src/storage/services.ts'
import { totpFactors } from '../../src/storage/totp-factors.ts'
import { refusalOf } from '../core/refusal-of.ts'
import { breakableD1, D1_ERRORS } from '../support/broken-d1.ts'
import { rowsOfLedger } from '../support/lines.ts'
import { NOW, PROJECT } from './records.ts'

const OTHER = 'b'.repeat(24)
const SCOPE: Scope = { projectId: PROJECT, mode: 'live' }
const FOREIGN: readonly (readonly [string, Scope])[] = [
  ['another project', { projectId: OTHER, mode: 'live' }],
  ['another mode', { projectId: PROJECT, mode: 'test' }],
]

const book = services(() => env.DB)
const people = serviceUsers(() => env.DB)
const apps = totpFactors(() => env.DB)

const service = (id: string, changes: Partial<Service> = {}): Service => ({
  id,
  fqdn: `${id}.example.com`,
  name: `Example ${id}`,
  createdAt: NOW,
  ...changes,
})

const user = (id: string, changes: Partial<ServiceUser> = {}): ServiceUser => ({
  id,
  serviceId: 's1',
  mode: 'live',
  idInService: `name of ${id}`,
  phone: { hash: 'ab'.repeat(32), last4: '0123', sealed: 'key.sealed', country: 'US' },
  createdAt: NOW,
  ...changes,
})

const sealed = (factorId: string) => ({ factorId, sealed: `key.${factorId}` })

beforeEach(async () => {
  await env.DB.batch(
    [PROJECT, OTHER].map((id) =>
      env.DB.prepare('INSERT INTO projects (id, name, created_at) VALUES (?, ?, 1)').bind(id, id),
    ),
  )
  await book.add(SCOPE, service('s1'))
})

describe('services', () => {
  it('gives back what was added', async () => {
    expect(await book.find(SCOPE, 's1')).toEqual(service('s1'))
    expect(await book.find(SCOPE, 's2')).toBeUndefined()
  })

  it('has one of a name for a project and mode, however it is spelled', async () => {
    for (const fqdn of ['s1.example.com', 'S1.Example.COM']) {
      expect(await book.add(SCOPE, service('s2', { fqdn }))).toBe(false)
    }
    for (const [n, [, scope]] of FOREIGN.entries()) {
      expect(await book.add(scope, service(`f${n}`, { fqdn: 's1.example.com' }))).toBe(true)
    }
    expect(await rowsOfLedger('services')).toHaveLength(3)
  })

  it('lets one of fifty at once have a name', async () => {
    const added = await Promise.all(
      Array.from({ length: 50 }, (_, n) => book.add(SCOPE, service(`p${n}`, { fqdn: 'one' }))),
    )
    expect(added.filter(Boolean)).toHaveLength(1)
  })

  it.each(FOREIGN)('shows %s nothing, and removes nothing for it', async (_, scope) => {
    expect(await book.find(scope, 's1')).toBeUndefined()
    expect(await book.remove(scope, 's1')).toBe(false)
    expect(await book.find(SCOPE, 's1')).toBeDefined()
  })

  it('is removed once, when it has no users', async () => {
    await people.add(SCOPE, user('u1'))
    expect(await book.remove(SCOPE, 's1')).toBe(false)
    await people.remove(SCOPE, 's1', 'u1')
    expect(await book.remove(SCOPE, 's1')).toBe(true)
    expect(await book.remove(SCOPE, 's1')).toBe(false)
    expect(await book.find(SCOPE, 's1')).toBeUndefined()
    expect(await book.add(SCOPE, service('s2', { fqdn: 's1.example.com' }))).toBe(true)
  })

  it('leaves no user without a service, whichever of adding and removing is first', async () => {
    expect(await people.add(SCOPE, user('u1'))).toBe(true)
    expect(await book.remove(SCOPE, 's1')).toBe(false)
    await book.add(SCOPE, service('s2'))
    expect(await book.remove(SCOPE, 's2')).toBe(true)
    expect(await people.add(SCOPE, user('u2', { serviceId: 's2' }))).toBe(false)
    for (let n = 0; n < 20; n += 1) {
      const id = `r${n}`
      await book.add(SCOPE, service(id))
      const adding = () => people.add(SCOPE, user(`of ${id}`, { serviceId: id }))
      const removing = () => book.remove(SCOPE, id)
      const calls = n % 2 === 0 ? [adding(), removing()] : [removing(), adding()]
      const done = await Promise.all(calls)
      expect(done.filter(Boolean)).toHaveLength(1)
    }
    const known = new Set((await rowsOfLedger('services')).map(({ id }) => id))
    const orphans = (await rowsOfLedger('service_users')).filter(
      (row) => !known.has(row['service_id']),
    )
    expect(orphans).toEqual([])
  })
})

describe('service users', () => {
  it('are given back as they were added, without an app', async () => {
    expect(await people.add(SCOPE, user('u1'))).toBe(true)
    expect(await people.find(SCOPE, 's1', 'u1')).toEqual({ user: user('u1'), totp: undefined })
  })

  it('have one of a name for a service, and names mind their case', async () => {
    await people.add(SCOPE, user('u1', { idInService: 'john' }))
    expect(await people.add(SCOPE, user('u2', { idInService: 'john' }))).toBe(false)
    expect(await people.add(SCOPE, user('u3', { idInService: 'John' }))).toBe(true)
    await book.add(SCOPE, service('s2'))
    expect(await people.add(SCOPE, user('u4', { idInService: 'john', serviceId: 's2' }))).toBe(true)
    expect(await people.count(SCOPE, 's1')).toBe(2)
  })

  it('are many of one number', async () => {
    await people.add(SCOPE, user('u1'))
    expect(await people.add(SCOPE, user('u2'))).toBe(true)
  })

  it.each(FOREIGN)('are nobody to %s, which adds and removes none', async (_, scope) => {
    await people.add(SCOPE, user('u1'))
    await apps.put(SCOPE, 'u1', sealed('f1'))
    expect(await people.add(scope, user('u2'))).toBe(false)
    expect(await people.find(scope, 's1', 'u1')).toBeUndefined()
    expect(await people.list(scope, 's1', { limit: 10 })).toEqual([])
    expect(await people.count(scope, 's1')).toBe(0)
    await people.remove(scope, 's1', 'u1')
    expect(await apps.put(scope, 'u1', sealed('f2'))).toBe(false)
    expect(await people.find(SCOPE, 's1', 'u1')).toMatchObject({ totp: { factorId: 'f1' } })
  })

  it('are found and removed under their own service only', async () => {
    await book.add(SCOPE, service('s2'))
    await people.add(SCOPE, user('u1'))
    expect(await people.find(SCOPE, 's2', 'u1')).toBeUndefined()
    await people.remove(SCOPE, 's2', 'u1')
    expect(await people.find(SCOPE, 's1', 'u1')).toBeDefined()
    await people.remove(SCOPE, 's1', 'u1')
    expect(await people.find(SCOPE, 's1', 'u1')).toBeUndefined()
  })

  it('page by id without gap or repetition, also after one who was removed', async () => {
    const data = fc.uniqueArray(fc.uuid({ version: 4 }), { maxLength: 30, size: 'max' })
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 1, max: 7 }), async (ids, limit) => {
        await env.DB.exec('DELETE FROM service_users')
        const all = ids.map((id) => user(id))
        for (const one of all) await people.add(SCOPE, one)
        const expected = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        const seen: ServiceUser[] = []
        for (let after: string | undefined; ; after = seen.at(-1)?.id) {
          const page = await people.list(SCOPE, 's1', { after, limit })
          seen.push(...page)
          if (page.length < limit) break
          await people.remove(SCOPE, 's1', page.at(-1)?.id ?? '')
        }
        expect(seen).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  it('are counted by service', async () => {
    await book.add(SCOPE, service('s2'))
    for (const id of ['u1', 'u2']) await people.add(SCOPE, user(id))
    await people.add(SCOPE, user('u3', { serviceId: 's2' }))
    expect(await people.count(SCOPE, 's1')).toBe(2)
    expect(await people.list(SCOPE, 's2', { limit: 10 })).toEqual([user('u3', { serviceId: 's2' })])
  })
})

describe('authenticator apps', () => {
  beforeEach(async () => void (await people.add(SCOPE, user('u1'))))

  const totp = async () => (await people.find(SCOPE, 's1', 'u1'))?.totp

  it('are put in the place of one that was not confirmed, never of one that was', async () => {
    expect(await apps.put(SCOPE, 'u1', sealed('f1'))).toBe(true)
    expect(await totp()).toEqual({ ...sealed('f1'), confirmed: false })
    expect(await apps.put(SCOPE, 'u1', sealed('f2'))).toBe(true)
    expect(await apps.confirm(SCOPE, 'u1', 'f1')).toBe(false)
    expect(await totp()).toEqual({ ...sealed('f2'), confirmed: false })
    expect(await apps.confirm(SCOPE, 'u1', 'f2')).toBe(true)
    expect(await apps.confirm(SCOPE, 'u1', 'f2')).toBe(true)
    expect(await apps.put(SCOPE, 'u1', sealed('f3'))).toBe(false)
    expect(await totp()).toEqual({ ...sealed('f2'), confirmed: true })
    expect(await rowsOfLedger('totp_factors')).toHaveLength(1)
  })

  it('need a user', async () => {
    expect(await apps.put(SCOPE, 'nobody', sealed('f1'))).toBe(false)
    expect(await apps.confirm(SCOPE, 'nobody', 'f1')).toBe(false)
    await apps.remove(SCOPE, 'nobody')
    expect(await rowsOfLedger('totp_factors')).toEqual([])
  })

  it('are confirmed and removed by no other project', async () => {
    await apps.put(SCOPE, 'u1', sealed('f1'))
    const foreign = { ...SCOPE, projectId: OTHER }
    expect(await apps.confirm(foreign, 'u1', 'f1')).toBe(false)
    await apps.remove(foreign, 'u1')
    expect(await totp()).toMatchObject({ confirmed: false })
    await apps.remove(SCOPE, 'u1')
    expect(await totp()).toBeUndefined()
  })

  it('go with their user, who may come again without one', async () => {
    await apps.put(SCOPE, 'u1', sealed('f1'))
    await people.remove(SCOPE, 's1', 'u1')
    expect(await rowsOfLedger('totp_factors')).toEqual([])
    await people.add(SCOPE, user('u1'))
    expect(await totp()).toBeUndefined()
  })
})

describe('while D1 fails', () => {
  it.each(D1_ERRORS)('every call is refused as unavailable: %s', async (error) => {
    const { db, state } = breakableD1()
    state.error = error
    const [s, u, t] = [services(() => db), serviceUsers(() => db), totpFactors(() => db)]
    const calls = [
      () => s.add(SCOPE, service('s2')),
      () => s.find(SCOPE, 's1'),
      () => s.remove(SCOPE, 's1'),
      () => u.add(SCOPE, user('u1')),
      () => u.list(SCOPE, 's1', { limit: 1 }),
      () => u.count(SCOPE, 's1'),
      () => u.find(SCOPE, 's1', 'u1'),
      () => u.remove(SCOPE, 's1', 'u1'),
      () => t.put(SCOPE, 'u1', sealed('f1')),
      () => t.confirm(SCOPE, 'u1', 'f1'),
      () => t.remove(SCOPE, 'u1'),
    ]
    for (const call of calls) {
      const { code, facts } = await refusalOf(call)
      expect(code).toBe('unavailable')
      expect(facts.retryAfterSeconds).toBeGreaterThan(0)
    }
    expect(state.calls).toBe(calls.length)
  })
})
