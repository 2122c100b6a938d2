import { describe, expect, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { wrong } from '../../support/api.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { authyAccount, begun, NUMBER } from './support.ts'

const CORRECT = { message: 'Verification code is correct.', success: true }
const INCORRECT = 'Verification code is incorrect.'
const NONE_PENDING = 'No pending verifications for +1 202-555-0123 found.'

const attempts = async (): Promise<unknown> => (await rowsOfLines('verifications'))[0]?.['attempts']

describe('GET /protected/json/phones/verification/check', () => {
  it('says correct once, and no more', async () => {
    const { guess, right } = await begun()
    const { status, body } = await guess(right)
    expect({ status, body }).toEqual({ status: 200, body: CORRECT })
    expect(await guess(right)).toBeAuthyError(404, '60023', NONE_PENDING)
  })

  it('takes the right code as fifth guess, not as sixth', async () => {
    const fifth = await begun()
    for (let step = 1; step <= 4; step += 1) {
      expect(await fifth.guess(wrong(fifth.right, step))).toBeAuthyError(401, '60022', INCORRECT)
    }
    expect((await fifth.guess(fifth.right)).status).toBe(200)
    const { guess, right } = await begun()
    for (let step = 1; step <= 5; step += 1) {
      expect(await guess(wrong(right, step))).toBeAuthyError(401, '60022', INCORRECT)
    }
    expect(await guess(right)).toBeAuthyError(404, '60023', NONE_PENDING)
  })

  it('takes a code as the person typed it', async () => {
    const { guess, right } = await begun()
    expect((await guess(` ${right.slice(0, 3)}-${right.slice(3)} `)).status).toBe(200)
  })

  it.each(['abc', '1', '٠', "' OR 1=1 --", '12345678901234'])(
    'says incorrect to what is no code: %s',
    async (typed) => {
      const { guess } = await begun()
      expect(await guess(typed)).toBeAuthyError(401, '60022', INCORRECT)
    },
  )

  it('refuses a code of more than 64 characters, and spends no attempt', async () => {
    const { guess } = await begun()
    expect(await guess('1'.repeat(65))).toBeAuthyError(400, '60004')
    expect(await attempts()).toBe(0)
  })

  it('finds an expired verification no more', async () => {
    const clock = stopClock()
    const { guess, right } = await begun({ environment: { ...env } })
    clock.advance(600_000)
    expect(await guess(right)).toBeAuthyError(404, '60023', NONE_PENDING)
  })

  it.each([
    ['HEAD', {}, 405],
    ['OPTIONS', {}, 405],
    ['POST', {}, 405],
    ['GET', { 'sec-purpose': 'prefetch;prerender' }, 400],
  ])('spends no attempt by %s %j', async (method, headers, status) => {
    const { call, right, guess } = await begun()
    const query = { ...NUMBER, verification_code: right }
    expect((await call(method, 'verification/check', { query, headers })).status).toBe(status)
    expect(await attempts()).toBe(0)
    expect((await guess(right)).status).toBe(200)
  })

  it('knows nothing of the verification of another project', async () => {
    const { right } = await begun()
    const other = await authyAccount()
    const foreign = await other.guess(right)
    const unknown = await other.guess('000000', { query: { phone_number: '2025550199' } })
    expect(foreign).toBeAuthyError(404, '60023', NONE_PENDING)
    expect(unknown.text.replaceAll('0199', '0123')).toBe(foreign.text)
    expect(await attempts()).toBe(0)
  })
})

describe('one number', () => {
  it('has one budget of guesses through every API', async () => {
    const { guess, right, native } = await begun()
    const typed = (step: number) => wrong(right, step)
    await guess(typed(1))
    await native.check({ phoneNumber: '+12025550123', code: typed(2) })
    await guess(typed(3))
    await native.check({ phoneNumber: '+12025550123', code: typed(4) })
    await guess(typed(5))
    expect(await guess(right)).toBeAuthyError(404, '60023', NONE_PENDING)
    const last = await native.check({ phoneNumber: '+12025550123', code: right })
    expect(last.body).toMatchObject({ verified: false, status: 'max_attempts' })
  })

  it('can be started here and checked there, and the other way round', async () => {
    const { right, native, guess, code } = await begun()
    const there = await native.check({ phoneNumber: '+12025550123', code: right })
    expect(there.body['verified']).toBe(true)
    expect(await guess(right)).toBeAuthyError(404, '60023')
    await native.start()
    expect((await guess(code())).body).toEqual(CORRECT)
  })

  it('has one budget of messages through every API', async () => {
    const { begin, native } = await begun()
    await native.start()
    await begin()
    await native.start()
    await begin()
    expect(await begin()).toBeAuthyError(429, '60003')
    expect((await native.start()).status).toBe(429)
  })
})
