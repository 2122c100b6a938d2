import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keyRing } from '../../src/storage/key-ring.ts'
import { refusalOf } from '../core/refusal-of.ts'
import { account, sha256 } from '../support/api.ts'

const SECRET = 'sk_live_of_the_tests'
const SECOND = 1000
const MINUTE = 60 * SECOND

const ROW = {
  hash: 'f'.repeat(64),
  kind: 'secret',
  mode: 'live',
  restrictions: '{}',
  id: 'a'.repeat(24),
  name: 'Acme',
  settings: '{"countries":["EE"]}',
  paused_at: null as number | null,
}

/** Ends every wait for the database at once; until then none ends. */
let runOutOfPatience = () => {}

beforeEach(() => {
  const late = new Promise<void>((resolve) => (runOutOfPatience = resolve))
  vi.spyOn(scheduler, 'wait').mockReturnValue(late)
})

/** A key ring over a database of one table in memory, with a clock of its own. */
async function setUp() {
  const rows = new Map<string, typeof ROW>([[await sha256(SECRET), { ...ROW }]])
  const state = { now: 1_800_000_000_000, queries: 0, failing: false, hanging: false }
  const work: Promise<unknown>[] = []
  const database = {
    prepare: () => ({
      bind: (hash: string) => ({
        async first() {
          state.queries += 1
          if (state.hanging) await new Promise(() => {})
          if (state.failing) throw new Error('D1_ERROR: Network connection lost.')
          return rows.get(hash) ?? null
        },
      }),
    }),
  }
  const ring = keyRing(
    () => database as unknown as D1Database,
    (done) => work.push(done),
    () => state.now,
  )
  return {
    state,
    find: (secret = SECRET) => ring.find(secret),
    wait: (ms: number) => (state.now += ms),
    settle: () => Promise.all(work.splice(0)),
    change: async (row: Partial<typeof ROW> | undefined, secret = SECRET) => {
      const hash = await sha256(secret)
      if (row === undefined) rows.delete(hash)
      else rows.set(hash, { ...ROW, ...row })
    },
  }
}

describe('keyRing', () => {
  it('finds who holds a key, with the settings of the project', async () => {
    const { find, change } = await setUp()
    await change({ kind: 'publishable', mode: 'test', paused_at: 1 })
    expect(await find()).toMatchObject({
      kind: 'publishable',
      mode: 'test',
      project: {
        id: ROW.id,
        name: 'Acme',
        paused: true,
        settings: { countries: ['EE'], codeLength: 6 },
      },
    })
  })

  it('asks the database once in the first 30 seconds', async () => {
    const { find, wait, state } = await setUp()
    for (const pause of [0, 1, 10 * SECOND, 20 * SECOND - 2]) {
      wait(pause)
      expect(await find()).toBeDefined()
    }
    expect(state.queries).toBe(1)
  })

  it('refreshes in the background from the 30th second, once for all who ask', async () => {
    const { find, wait, state, settle } = await setUp()
    await find()
    wait(30 * SECOND)
    await Promise.all([find(), find(), find()])
    expect(state.queries).toBe(2)
    await settle()
    wait(30 * SECOND - 1)
    expect(await find()).toBeDefined()
    expect(state.queries).toBe(2)
  })

  it('lets nobody wait for the refresh', async () => {
    const { find, wait, change, settle } = await setUp()
    await find()
    await change({ paused_at: 1 })
    wait(30 * SECOND)
    expect((await find())?.project.paused).toBe(false)
    await settle()
    expect((await find())?.project.paused).toBe(true)
  })

  it('refuses a revoked key after 60 seconds, in use or not', async () => {
    const { find, wait, change } = await setUp()
    await find()
    await change(undefined)
    wait(MINUTE - 1)
    expect(await find()).toBeDefined()
    wait(1)
    expect(await find()).toBeUndefined()
  })

  it('refuses a revoked key at 61 seconds when it is used every second', async () => {
    const { find, wait, change, settle } = await setUp()
    await find()
    await change(undefined)
    let caller = await find()
    for (let second = 1; second <= 61; second += 1) {
      wait(SECOND)
      caller = await find()
      await settle()
    }
    expect(caller).toBeUndefined()
  })

  it('sees a paused project within 60 seconds', async () => {
    const { find, wait, change } = await setUp()
    await find()
    await change({ paused_at: 1 })
    wait(MINUTE)
    expect((await find())?.project.paused).toBe(true)
  })

  it('remembers an unknown key for 60 seconds', async () => {
    const { find, wait, state, change } = await setUp()
    expect(await find('sk_live_unknown')).toBeUndefined()
    await change({}, 'sk_live_unknown')
    wait(MINUTE - 1)
    expect(await find('sk_live_unknown')).toBeUndefined()
    expect(state.queries).toBe(1)
    wait(1)
    expect(await find('sk_live_unknown')).toBeDefined()
    expect(state.queries).toBe(2)
  })

  it('knows a good key after 10,000 unknown ones, of which it remembers some only', async () => {
    const { find, state } = await setUp()
    await find()
    for (let i = 0; i < 10_000; i += 1) await find(`sk_live_guess_${i}`)
    expect(state.queries).toBe(10_001)
    expect(await find()).toBeDefined()
    await find('sk_live_guess_9999')
    expect(state.queries).toBe(10_001)
    await find('sk_live_guess_0')
    expect(state.queries).toBe(10_002)
  })
})

describe('keyRing while D1 fails', () => {
  it('uses a known key for 15 minutes, then declines as unavailable', async () => {
    const { find, wait, state, settle } = await setUp()
    await find()
    state.failing = true
    for (const pause of [30 * SECOND, 30 * SECOND, 7 * MINUTE, 7 * MINUTE - 1]) {
      wait(pause)
      expect(await find()).toBeDefined()
      await settle()
    }
    wait(1)
    const refusal = await refusalOf(() => find())
    expect(refusal.code).toBe('unavailable')
    expect(refusal.facts.retryAfterSeconds).toBeGreaterThan(0)
  })

  it('declines as unavailable, and not as unknown, a key that it never saw', async () => {
    const { find, state } = await setUp()
    state.failing = true
    expect((await refusalOf(() => find())).code).toBe('unavailable')
    expect((await refusalOf(() => find('sk_live_unknown'))).code).toBe('unavailable')
    state.failing = false
    expect(await find()).toBeDefined()
  })

  it('is fresh again as soon as D1 answers', async () => {
    const { find, wait, state, change } = await setUp()
    await find()
    state.failing = true
    wait(10 * MINUTE)
    await find()
    state.failing = false
    await change(undefined)
    wait(5 * SECOND)
    expect(await find()).toBeUndefined()
  })

  it('lets nobody with a known key wait for 5 seconds after a failure', async () => {
    const { find, wait, state, settle } = await setUp()
    await find()
    wait(MINUTE)
    state.hanging = true
    const first = find()
    runOutOfPatience()
    expect(await first).toBeDefined()
    wait(5 * SECOND - 1)
    expect(await find()).toBeDefined()
    state.hanging = false
    expect(state.queries).toBe(3)
    void settle()
  })

  it('declines as unavailable a new key for which D1 takes too long', async () => {
    const { find, state } = await setUp()
    state.hanging = true
    const answer = refusalOf(() => find())
    runOutOfPatience()
    expect((await answer).code).toBe('unavailable')
  })

  it('uses no revoked key that it had learnt of', async () => {
    const { find, wait, state, change } = await setUp()
    await find()
    await change(undefined)
    wait(MINUTE)
    expect(await find()).toBeUndefined()
    state.failing = true
    wait(MINUTE)
    expect((await refusalOf(() => find())).code).toBe('unavailable')
  })
})

describe('keyRing with bad settings in the database', () => {
  it.each([
    ['a setting out of range', '{"codeLifeSeconds":601}', 'codeLifeSeconds'],
    ['no JSON', 'codeLength=6', 'settings'],
    ['two bad settings', '{"codeLength":3,"resend":"x"}', 'codeLength, resend'],
  ])('declines as misconfigured and names %s', async (_, settings, names) => {
    const { find, change } = await setUp()
    await change({ settings })
    const refusal = await refusalOf(() => find())
    expect(refusal.code).toBe('misconfigured')
    expect(refusal.facts.detail).toContain(`are not valid: ${names}.`)
  })
})

describe('keyRing over D1', () => {
  const ringOf = () =>
    keyRing(
      () => env.DB,
      () => undefined,
      Date.now,
    )

  it('finds a key by its hash, and no other', async () => {
    const { secret, projectId } = await account({ settings: { codeLength: 8 } })
    const caller = await ringOf().find(secret)
    expect(caller).toMatchObject({ kind: 'secret', mode: 'live', project: { id: projectId } })
    expect(caller?.project.settings.codeLength).toBe(8)
    expect(await ringOf().find(`${secret} `)).toBeUndefined()
    expect(await ringOf().find(await sha256(secret))).toBeUndefined()
  })

  it('finds no revoked key, and sees when a project is paused', async () => {
    const { secret, projectId } = await account()
    await env.DB.prepare('UPDATE projects SET paused_at = 1 WHERE id = ?').bind(projectId).run()
    expect((await ringOf().find(secret))?.project.paused).toBe(true)
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1').run()
    expect(await ringOf().find(secret)).toBeUndefined()
  })

  it('keeps no usable key in the database', async () => {
    const { secret } = await account()
    const { results } = await env.DB.prepare('SELECT * FROM api_keys').all()
    expect(results).toHaveLength(1)
    expect(JSON.stringify(results)).not.toContain(secret)
  })
})
