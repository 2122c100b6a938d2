import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { wrong } from '../../support/api.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { lockedUser, REFUSALS } from './refusals.ts'
import { addUser, appCode, verigatorClient, withApp, withUser, wrongAppCode } from './support.ts'

const WITH_RETRY_AFTER: ReadonlySet<string> = new Set([
  'too_many_sends',
  'too_many_failed_checks',
  'too_many_project_sends',
  'delivery_unavailable',
  'unavailable',
])

const THROTTLED = { throttled: true, expired: false, invalid: false, result: 'THROTTLED' }

const secondsOf = ({ headers }: { headers: Headers }) => Number(headers.get('retry-after'))

describe('an error', () => {
  it.each(Object.entries(REFUSALS))(
    'has its status and message: %s',
    async (name, [status, message, provoke]) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const answer = await provoke()
      expect(answer).toBeVerigatorError(status, message)
      const more =
        name === 'too_many_failed_checks'
          ? ['message', 'method', 'status', 'verified']
          : ['message']
      expect(Object.keys(answer.body).toSorted()).toEqual(more)
      expect(answer.headers.has('retry-after')).toBe(WITH_RETRY_AFTER.has(name))
      expect(answer.headers.has('allow')).toBe(name === 'method_not_allowed')
    },
  )
})

describe('too many messages', () => {
  it('are 429 with the seconds to wait, after which the next is sent', async () => {
    const clock = stopClock()
    const { begin, provider } = await withUser({ environment: clock.environment })
    for (let n = 0; n < 5; n += 1) expect((await begin()).status).toBe(201)
    const refused = await begin()
    expect(refused).toBeVerigatorError(429)
    expect(secondsOf(refused)).toBe(600)
    clock.advance(599_000)
    expect(await begin('totp')).toBeVerigatorError(429)
    clock.advance(1000)
    expect((await begin()).status).toBe(201)
    expect(provider.messages).toHaveLength(6)
  })

  it('do not keep anybody from logging in by app', async () => {
    const user = await withUser({ settings: { sendsPerNumber: [{ limit: 1, seconds: 600 }] } })
    const secret = await withApp(user)
    await user.begin('sms')
    expect(await user.begin('sms')).toBeVerigatorError(429)
    expect((await user.begin('totp')).status).toBe(201)
    expect((await user.verify(appCode(secret))).body['verified']).toBe(true)
  })
})

describe('a locked number', () => {
  it('is 409 to a check, which also says THROTTLED, and spends nothing', async () => {
    const user = await lockedUser()
    for (const token of [user.code(), wrong(user.code())]) {
      const answer = await user.verify(token)
      expect(answer).toBeVerigatorError(409)
      expect(answer.body).toEqual({
        message: 'The number is locked after too many wrong tokens. Wait.',
        method: 'sms',
        verified: false,
        status: THROTTLED,
      })
      expect(secondsOf(answer)).toBeGreaterThan(3500)
    }
    expect(await rowsOfLines('failures')).toHaveLength(15)
  })

  it('is 409 to a start, which sends nothing', async () => {
    const user = await lockedUser()
    const { length } = user.provider.messages
    const answer = await user.begin()
    expect(answer).toBeVerigatorError(409)
    expect(Object.keys(answer.body)).toEqual(['message'])
    expect(secondsOf(answer)).toBeGreaterThan(3500)
    expect(user.provider.messages).toHaveLength(length)
  })

  it('opens after an hour', async () => {
    const clock = stopClock()
    const user = await lockedUser()
    clock.advance(3_600_000)
    const again = { ...user, call: verigatorClient(user.projectId, user.secret, { ...env }) }
    expect((await again.call('POST', `${user.path}/auth`, { method: 'sms' })).status).toBe(201)
    const right = { token: user.code() }
    expect((await again.call('PUT', `${user.path}/auth`, right)).body['verified']).toBe(true)
  })

  it('is one also after guesses at the app, at an enrolment and at a message together', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('totp')
    for (let n = 0; n < 5; n += 1) {
      expect((await user.verify(wrongAppCode(secret, n))).body['verified']).toBe(false)
    }
    await user.begin('sms')
    const code = user.code()
    for (let step = 1; step <= 5; step += 1) {
      expect((await user.verify(wrong(code, step))).body['verified']).toBe(false)
    }
    const ann = await addUser(user, user.service, { id_in_service: 'ann' })
    const { body } = await ann.call('POST', `${ann.path}/totp`)
    const anns = body['secret'] as string
    for (let n = 0; n < 5; n += 1) {
      const answer = await ann.call('PUT', `${ann.path}/totp`, { token: wrongAppCode(anns, n) })
      expect(answer.body['confirmed']).toBe(false)
    }
    for (const method of ['sms', 'totp'] as const) {
      expect(await user.begin(method)).toBeVerigatorError(409)
    }
    const confirm = await ann.call('PUT', `${ann.path}/totp`, { token: appCode(anns) })
    expect(confirm).toBeVerigatorError(409)
    expect((await ann.call('GET', `${ann.path}/totp`)).body).toEqual({ confirmed: false })
  })

  it('is 409 also to the right code of an app', async () => {
    const user = await withUser({ settings: { checksPerVerification: 10 } })
    const secret = await withApp(user)
    for (const guesses of [10, 5]) {
      await user.begin('totp')
      for (let n = 0; n < guesses; n += 1) await user.verify(wrongAppCode(secret, n))
    }
    const answer = await user.verify(appCode(secret))
    expect(answer).toBeVerigatorError(409)
    expect(answer.body).toMatchObject({ method: 'totp', verified: false, status: THROTTLED })
  })
})

describe('a paused project', () => {
  it.each(['sms', 'totp'])('begins no login by %s', async (method) => {
    const user = await withUser()
    await withApp(user)
    await env.DB.prepare('UPDATE projects SET paused_at = 1').run()
    const call = verigatorClient(user.projectId, user.secret, { ...env })
    expect(await call('POST', `${user.path}/auth`, { method })).toBeVerigatorError(403)
    expect(user.provider.messages).toEqual([])
  })
})
