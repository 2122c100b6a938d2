import { describe, expect, it, vi } from 'vitest'
import { account } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { expectLimit, stopClock, SMS_ONLY } from './support.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('POST /v1/verifications: limits of a number', () => {
  it('refuses the 6th message in 10 minutes, for exactly as long as it says', async () => {
    const provider = fakeProvider()
    const clock = stopClock()
    const { start } = await account({ environment: clock.environment })
    for (let sent = 1; sent <= 5; sent += 1) {
      clock.advance(1234)
      expect((await start()).status).toBe(201)
    }
    const seconds = expectLimit(await start(), 'too_many_sends')
    const opensAt = Date.now() + seconds * 1000
    clock.at(clock.start + 1234 + 600_000 - 1)
    expect(expectLimit(await start(), 'too_many_sends')).toBe(1)
    clock.at(opensAt)
    expect((await start()).status).toBe(201)
    expect(provider.messages).toHaveLength(6)
  })

  it('refuses the 11th message in 24 hours, for exactly as long as it says', async () => {
    const provider = fakeProvider()
    const clock = stopClock()
    const { start } = await account({ environment: clock.environment })
    for (let sent = 1; sent <= 10; sent += 1) {
      expect((await start()).status).toBe(201)
      clock.advance(11 * MINUTE)
    }
    const seconds = expectLimit(await start(), 'too_many_sends')
    expect(seconds).toBe((DAY - 110 * MINUTE) / 1000)
    clock.advance(seconds * 1000 - 1)
    expect(expectLimit(await start(), 'too_many_sends')).toBe(1)
    clock.advance(1)
    expect((await start()).status).toBe(201)
    expect(provider.messages).toHaveLength(11)
  })

  it('counts 15 messages in 24 hours over all projects, without saying whose they were', async () => {
    const provider = fakeProvider()
    const clock = stopClock()
    const first = await account({ environment: clock.environment })
    const second = await account({ environment: clock.environment })
    for (let sent = 1; sent <= 15; sent += 1) {
      const { start } = sent % 2 === 1 ? first : second
      expect((await start()).status).toBe(201)
      clock.advance(3 * MINUTE)
    }
    const refused = await second.start()
    const seconds = expectLimit(refused, 'too_many_sends')
    expect(seconds).toBe((DAY - 45 * MINUTE) / 1000)
    const stranger = await account({ environment: clock.environment })
    const unseen = await stranger.start()
    expect(unseen.body['detail']).toBe(refused.body['detail'])
    expect(expectLimit(unseen, 'too_many_sends')).toBe(seconds)
    clock.advance(seconds * 1000)
    expect((await second.start()).status).toBe(201)
    expect(await first.start()).toBeProblem(429, 'too_many_sends')
    expect(provider.messages).toHaveLength(16)
  })

  it('counts resends and every purpose alike, and each number and project alone', async () => {
    fakeProvider()
    const { start, send } = await account()
    const { body } = await start()
    await send('POST', `/v1/verifications/${body['id']}/resend`)
    for (const purpose of ['a', 'b', 'c']) await start({ purpose })
    expect(await start({ purpose: 'd' })).toBeProblem(429, 'too_many_sends')
    const resent = await send('POST', `/v1/verifications/${body['id']}/resend`)
    expect(resent).toBeProblem(429, 'too_many_sends')
    expect((await start({ phoneNumber: '+12025550124' })).status).toBe(201)
    const other = await account()
    expect((await other.start()).status).toBe(201)
  })

  it('keeps the seconds between two messages that the project asks for', async () => {
    fakeProvider()
    const clock = stopClock()
    const { start } = await account({
      environment: clock.environment,
      settings: { secondsBetweenSends: { secret: 45 } },
    })
    expect((await start()).body['resendAfter']).toBe(45)
    clock.advance(1)
    expect(expectLimit(await start(), 'too_many_sends')).toBe(45)
    clock.at(clock.start + 44_999)
    expect(expectLimit(await start({ purpose: 'another' }), 'too_many_sends')).toBe(1)
    clock.at(clock.start + 45_000)
    expect((await start()).status).toBe(201)
  })

  it('tells in resendAfter when the next message is admitted', async () => {
    fakeProvider()
    const clock = stopClock()
    const { start } = await account({
      environment: clock.environment,
      settings: { sendsPerNumber: [{ limit: 2, seconds: 120 }] },
    })
    expect((await start()).body['resendAfter']).toBe(0)
    clock.advance(20_000)
    expect((await start()).body['resendAfter']).toBe(100)
    clock.advance(100_000)
    expect((await start()).status).toBe(201)
  })
})

describe('POST /v1/verifications: limits of an address', () => {
  const settings = { startsPerIp: [{ limit: 2, seconds: 600 }] }
  const phone = (n: number) => ({ phoneNumber: `+120255501${String(n).padStart(2, '0')}` })

  it.each([
    ['one IPv4 address', ['192.0.2.1', '192.0.2.1', '192.0.2.1']],
    ['one IPv6 /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:0DB8:1:2:0:0:0:9']],
    ['one IPv4 address in IPv6', ['::ffff:192.0.2.1', '::ffff:c000:201', '::FFFF:192.0.2.1']],
  ])('counts %s as one', async (_, addresses) => {
    const provider = fakeProvider()
    const { start } = await account({ settings })
    const [first, second, third] = addresses
    expect((await start({ ...phone(1), ip: first })).status).toBe(201)
    expect((await start({ ...phone(2), ip: second })).status).toBe(201)
    expectLimit(await start({ ...phone(3), ip: third }), 'too_many_ip_sends')
    expect(provider.messages).toHaveLength(2)
  })

  it.each([
    ['IPv4 addresses', ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
    ['IPv6 /64s', ['2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:1:4::1']],
    ['IPv4 addresses in IPv6', ['::ffff:192.0.2.1', '::ffff:192.0.2.2', '::ffff:192.0.2.3']],
  ])('counts other %s apart', async (_, addresses) => {
    fakeProvider()
    const { start } = await account({ settings: { startsPerIp: [{ limit: 1, seconds: 600 }] } })
    for (const [n, ip] of addresses.entries()) {
      expect((await start({ ...phone(n), ip })).status).toBe(201)
    }
  })

  it('counts the ip of the body only, never a header', async () => {
    fakeProvider()
    const { start } = await account({ settings })
    for (let n = 1; n <= 2; n += 1) {
      const headers = { 'x-forwarded-for': `192.0.2.${n}`, 'cf-connecting-ip': `192.0.2.${n}` }
      expect((await start({ ...phone(n), ip: '198.51.100.7' }, headers)).status).toBe(201)
    }
    const spoofed = { 'x-forwarded-for': '192.0.2.9', 'cf-connecting-ip': '192.0.2.9' }
    const third = await start({ ...phone(3), ip: '198.51.100.7' }, spoofed)
    expectLimit(third, 'too_many_ip_sends')
    expect((await start(phone(4), spoofed)).status).toBe(201)
  })

  it('counts no start that was refused', async () => {
    const provider = fakeProvider({ status: 500 })
    const { start } = await account({ settings, environment: SMS_ONLY })
    const ip = '192.0.2.1'
    expect(await start({ ...phone(1), ip })).toBeProblem(503, 'delivery_unavailable')
    expect(await start({ ...phone(1), ip, channel: 'call' })).toBeProblem(
      422,
      'channel_unavailable',
    )
    expect((await start({ ...phone(2), ip })).status).toBe(201)
    // What was not used is given back after the answer.
    await vi.waitFor(async () => expect((await start({ ...phone(3), ip })).status).toBe(201))
    expectLimit(await start({ ...phone(4), ip }), 'too_many_ip_sends')
    expect(provider.messages).toHaveLength(3)
  })

  it('admits one again after exactly as long as it says', async () => {
    fakeProvider()
    const clock = stopClock()
    const { start } = await account({ settings, environment: clock.environment })
    const ip = '192.0.2.1'
    await start({ ...phone(1), ip })
    await start({ ...phone(2), ip })
    const seconds = expectLimit(await start({ ...phone(3), ip }), 'too_many_ip_sends')
    clock.advance(seconds * 1000)
    expect((await start({ ...phone(3), ip })).status).toBe(201)
  })
})

describe('POST /v1/verifications: limits of a project', () => {
  it.each([
    ['a day', { sendsPerDay: 1, sendsPerCountryPerDay: null }],
    ['a day and country', { sendsPerDay: null, sendsPerCountryPerDay: 1 }],
  ])('refuses what is over its cap for %s, for exactly as long as it says', async (_, settings) => {
    const provider = fakeProvider()
    const clock = stopClock()
    const { start } = await account({ settings, environment: clock.environment })
    expect((await start()).status).toBe(201)
    const other = { phoneNumber: '+12025550124' }
    const seconds = expectLimit(await start(other), 'too_many_project_sends')
    clock.advance(seconds * 1000)
    expect((await start(other)).status).toBe(201)
    expect(provider.messages).toHaveLength(2)
  })

  it('has no cap for test keys', async () => {
    fakeProvider()
    const { start } = await account({ mode: 'test', settings: { sendsPerDay: 0 } })
    expect((await start()).status).toBe(201)
  })
})
