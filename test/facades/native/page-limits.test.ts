import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { expectLimit, page, stopClock } from './support.ts'

const ID = `ver_${'7'.repeat(32)}`
const phone = (n: number) => ({ phoneNumber: `+120255501${String(n).padStart(2, '0')}` })
const from = (ip: string) => ({ 'cf-connecting-ip': ip })

describe('starts from one address', () => {
  const settings = { startsPerIp: [{ limit: 2, seconds: 600 }] }

  it.each([
    ['one IPv4 address', ['192.0.2.1', '192.0.2.1', '192.0.2.1']],
    ['one IPv6 /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:0DB8:1:2:0:0:0:9']],
    ['one IPv4 address in IPv6', ['::ffff:192.0.2.1', '192.0.2.1', '::ffff:c000:201']],
  ])('are counted together: %s', async (_, [first = '', second = '', third = '']) => {
    const provider = fakeProvider()
    const { start } = await page({ settings })
    expect((await start(phone(1), from(first))).status).toBe(201)
    expect((await start(phone(2), from(second))).status).toBe(201)
    expectLimit(await start(phone(3), from(third)), 'too_many_ip_sends')
    expect((await start(phone(3), from('198.51.100.7'))).status).toBe(201)
    expect(provider.messages).toHaveLength(3)
  })

  it('are those of a hundred addresses in one /64', async () => {
    fakeProvider()
    const { start } = await page({ settings })
    const statuses: number[] = []
    for (let n = 0; n < 100; n += 1) {
      const ip = `2001:db8:1:2:${n.toString(16)}::${n}`
      statuses.push((await start(phone(n % 50), from(ip))).status)
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(2)
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
  })

  it('are known by what the platform says only', async () => {
    fakeProvider()
    const { start } = await page({ settings })
    const spoofed = (n: number) => ({
      ...from('192.0.2.1'),
      'x-forwarded-for': `198.51.100.${n}`,
      'x-real-ip': `198.51.100.${n}`,
      'true-client-ip': `198.51.100.${n}`,
      'cf-connecting-ipv6': `2001:db8::${n}`,
      forwarded: `for=198.51.100.${n}`,
    })
    expect((await start(phone(1), spoofed(1))).status).toBe(201)
    expect((await start(phone(2), spoofed(2))).status).toBe(201)
    expectLimit(await start(phone(3), spoofed(3)), 'too_many_ip_sends')
  })

  it.each([
    ['missing', {}],
    ['no address', from('x')],
    ['text with colons', from('x:y::z')],
    ['two addresses', from('192.0.2.1, 192.0.2.2')],
  ])('are those of everybody whose address is %s', async (_, headers) => {
    fakeProvider()
    const { start } = await page({ settings })
    expect((await start(phone(1))).status).toBe(201)
    expect((await start(phone(2), headers)).status).toBe(201)
    expectLimit(await start(phone(3), headers), 'too_many_ip_sends')
  })

  it('are limited by the key instead, where it says so', async () => {
    fakeProvider()
    const strict = await page({
      settings,
      restrictions: { startsPerIp: [{ limit: 1, seconds: 60 }] },
    })
    expect((await strict.start(phone(1))).status).toBe(201)
    expectLimit(await strict.start(phone(2)), 'too_many_ip_sends')
    const open = await page({ settings, restrictions: { startsPerIp: [] } })
    for (let n = 1; n <= 4; n += 1) expect((await open.start(phone(n))).status).toBe(201)
  })
})

describe('messages of a key', () => {
  it.each([
    ['one meter', {}],
    ['a meter of three shards', { meterShards: 3 }],
  ])('are as many as its cap under parallel starts: %s', async (_, more) => {
    const provider = fakeProvider()
    const { start } = await page({
      restrictions: { sendsPerDay: 5 },
      settings: { startsPerIp: [], ...more },
    })
    const answers = await Promise.all(Array.from({ length: 30 }, (__, n) => start(phone(n))))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectLimit(answer, 'too_many_key_sends')
    }
    expect(provider.messages).toHaveLength(5)
  })

  it('are counted with those that are sent again, for as long as it says', async () => {
    fakeProvider()
    const clock = stopClock()
    const { start, resend } = await page({
      restrictions: { sendsPerDay: 2 },
      environment: clock.environment,
    })
    const { body } = await start()
    clock.advance(30_000)
    expect((await resend(body['id'])).status).toBe(201)
    const seconds = expectLimit(await start(phone(7)), 'too_many_key_sends')
    clock.advance(30_000)
    expectLimit(await resend(body['id']), 'too_many_key_sends')
    clock.advance(seconds * 1000)
    expect((await start(phone(7))).status).toBe(201)
  })

  it('are counted for each key alone, with test keys too, and not when they fail', async () => {
    const provider = fakeProvider({ status: 500 })
    const server = await account()
    const { projectId } = server
    const one = await page({ projectId, restrictions: { sendsPerDay: 1 } })
    expect((await one.start()).body['code']).toBe('delivery_unavailable')
    // What was not used is given back after the answer.
    await vi.waitFor(async () => expect((await one.start(phone(1))).status).toBe(201))
    expectLimit(await one.start(phone(2)), 'too_many_key_sends')
    const another = await page({ projectId, restrictions: { sendsPerDay: 1 } })
    expect((await another.start(phone(3))).status).toBe(201)
    expect((await server.start(phone(4))).status).toBe(201)
    const test = await page({ projectId, mode: 'test', restrictions: { sendsPerDay: 1 } })
    expect((await test.start(phone(5))).status).toBe(201)
    expectLimit(await test.start(phone(6)), 'too_many_key_sends')
    expect(provider.messages).toHaveLength(4)
  })
})

describe('checks from one address', () => {
  /** A shield that lets so many through, by name. */
  const shielded = (limit: number) => {
    const seen: string[] = []
    const CHECKS_BY_IP: RateLimit = {
      limit: async ({ key }) => {
        seen.push(key)
        return { success: seen.filter((name) => name === key).length <= limit }
      },
    }
    return { environment: { ...env, CHECKS_BY_IP }, seen }
  }

  it('are refused by the shield, before the line is asked', async () => {
    const provider = fakeProvider()
    const { environment } = shielded(2)
    const { start, check } = await page({ environment })
    const { body } = await start()
    const question = { id: body['id'], code: '000000' }
    await check(question, from('2001:db8:1:2::1'))
    await check(question, from('2001:db8:1:2::2'))
    const refused = await check(question, from('2001:db8:1:2::3'))
    expect(expectLimit(refused, 'too_many_ip_checks')).toBe(60)
    expect(await rowsOfLines('verifications')).toMatchObject([{ attempts: 2 }])
    const right = { id: body['id'], code: provider.messages[0]?.code }
    expect((await check(right, from('2001:db8:1:3::1'))).body['verified']).toBe(true)
  })

  it('are named to it without the address', async () => {
    const { environment, seen } = shielded(2)
    await (await page({ environment })).check({ id: ID, code: '000000' }, from('192.0.2.1'))
    expect(seen).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  it.each([
    ['is missing', undefined],
    ['throws', { limit: () => Promise.reject(new Error('lost')) }],
    [
      'throws at once',
      {
        limit: () => {
          throw new Error('lost')
        },
      },
    ],
  ])('go on when the shield %s', async (_, CHECKS_BY_IP) => {
    const environment = { ...env, CHECKS_BY_IP } as Env
    const { check } = await page({ environment })
    expect((await check({ id: ID, code: '000000' })).status).toBe(404)
  })

  it('are 30 in a minute by the binding of wrangler.toml', async () => {
    const { check } = await page({ environment: { ...env } })
    const statuses = new Set<number>()
    for (let n = 0; n < 40; n += 1) {
      statuses.add((await check({ id: ID, code: '000000' }, from('203.0.113.9'))).status)
    }
    expect(statuses).toEqual(new Set([404, 429]))
  })

  it('are not counted for servers', async () => {
    const { environment, seen } = shielded(0)
    const { check } = await account({ environment })
    expect((await check({ id: ID, code: '000000' })).status).toBe(404)
    expect(seen).toEqual([])
  })
})
