import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { wrong } from '../../support/api.ts'
import { stopClock } from '../native/support.ts'
import { addUser, appCode, OTHER_NUMBER, withApp, withUser, wrongAppCode } from './support.ts'

const NOT_BEGUN = 'Verification with auth_id was not found'

const status = (result: 'INVALID' | 'EXPIRED' | 'THROTTLED') => ({
  throttled: result === 'THROTTLED',
  expired: result === 'EXPIRED',
  invalid: result === 'INVALID',
  result,
})

describe('POST …/auth', () => {
  it('answers the method used and auth_id, and sends a message', async () => {
    const { begin, provider } = await withUser()
    const begun = await begin()
    expect(begun.body).toEqual({
      method: 'sms',
      auth_id: expect.stringMatching(/^ver_[0-9a-f]{32}$/) as string,
    })
    expect(provider.messages).toHaveLength(1)
  })

  it('again sends the same code, of the same auth_id', async () => {
    const { begin, provider } = await withUser()
    expect((await begin()).body).toEqual((await begin('totp')).body)
    const [first, second] = provider.messages
    expect(second?.code).toBe(first?.code)
  })

  it.each([
    ['no method', {}],
    ['another method', { method: 'call' }],
    ['a method in capitals', { method: 'SMS' }],
    ['null', { method: null }],
    ['broken JSON', '{"method":"sms"'],
    ['a text', '"sms"'],
  ])('answers 422 to %s, and sends nothing', async (_, body) => {
    const { call, path, provider } = await withUser()
    expect(await call('POST', `${path}/auth`, body)).toBeVerigatorError(422)
    expect(provider.messages).toEqual([])
  })
})

describe('PUT …/auth', () => {
  it('takes a token without a method', async () => {
    const { begin, verify, code } = await withUser()
    await begin()
    expect((await verify(code())).body).toEqual({ method: 'sms', verified: true })
  })

  it.each(['sms', 'totp'])('takes the method %s after a fall-back to SMS', async (method) => {
    const { begin, verify, code } = await withUser()
    expect((await begin('totp')).body['method']).toBe('sms')
    const answer = await verify(code(), { method })
    expect(answer).toMatchObject({ status: 200, body: { method: 'sms', verified: true } })
  })

  it.each([{}, { method: 'totp' }, { auth_id: null }, { method: null }])(
    'takes the token of an app with %j',
    async (fields) => {
      const user = await withUser()
      const secret = await withApp(user)
      expect((await user.begin('totp')).body['method']).toBe('totp')
      expect((await user.verify(appCode(secret), fields)).body).toEqual({
        method: 'totp',
        verified: true,
      })
    },
  )

  it('answers 422 to the method sms after a start by the app, and spends nothing', async () => {
    const user = await withUser({ settings: { checksPerVerification: 1 } })
    const secret = await withApp(user)
    await user.begin('totp')
    for (let n = 0; n < 20; n += 1) {
      const answer = await user.verify(wrongAppCode(secret), { method: 'sms' })
      expect(answer).toBeVerigatorError(422)
    }
    expect((await user.verify(appCode(secret))).body['verified']).toBe(true)
  })

  it('answers a wrong token with verified false and its status', async () => {
    const { begin, verify, code } = await withUser()
    await begin()
    const answer = await verify(wrong(code()))
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({ method: 'sms', verified: false, status: status('INVALID') })
    expect((await verify(code())).body['verified']).toBe(true)
  })

  it.each(['', ' ', 'x', '1', '0'.repeat(64)])(
    'is never a success with the token %j',
    async (token) => {
      const { begin, verify } = await withUser()
      await begin()
      const { status: answered, body } = await verify(token)
      expect([200, 422]).toContain(answered)
      expect(body['verified']).not.toBe(true)
    },
  )

  it.each([
    ['no token', {}],
    ['a number', { token: 123_456 }],
    ['a list', { token: ['123456'] }],
    ['another method', { token: '123456', method: 'call' }],
    ['an auth_id that is no text', { token: '123456', auth_id: 7 }],
    ['broken JSON', '{"token":"123456'],
  ])('answers 422 to %s', async (_, body) => {
    const { begin, call, path } = await withUser()
    await begin()
    expect(await call('PUT', `${path}/auth`, body)).toBeVerigatorError(422)
  })

  it('answers EXPIRED with 200 after the life of the code', async () => {
    const clock = stopClock()
    const { begin, verify, code } = await withUser({ environment: clock.environment })
    const begun = await begin()
    clock.advance(600_000)
    for (const fields of [{}, { auth_id: begun.body['auth_id'] as string }]) {
      const answer = await verify(code(), fields)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({ method: 'sms', verified: false, status: status('EXPIRED') })
    }
  })

  it('answers EXPIRED also for the app', async () => {
    const clock = stopClock()
    const user = await withUser({ environment: clock.environment })
    const secret = await withApp(user)
    await user.begin('totp')
    clock.advance(600_000)
    expect((await user.verify(appCode(secret))).body).toEqual({
      method: 'totp',
      verified: false,
      status: status('EXPIRED'),
    })
  })

  it('answers 404 when nothing was begun, when it is used, and after the last attempt', async () => {
    const { begin, verify, code } = await withUser({ environment: { ...env } })
    expect(await verify('123456')).toBeVerigatorError(404, NOT_BEGUN)
    await begin()
    expect((await verify(code())).body['verified']).toBe(true)
    expect(await verify(code())).toBeVerigatorError(404, NOT_BEGUN)
    await begin()
    const right = code()
    for (let step = 1; step <= 5; step += 1) {
      expect((await verify(wrong(right, step))).body['status']).toEqual(status('INVALID'))
    }
    expect(await verify(right)).toBeVerigatorError(404, NOT_BEGUN)
  })
})

describe('auth_id', () => {
  it('may be sent along', async () => {
    const { begin, verify, code } = await withUser()
    const { auth_id } = (await begin()).body
    expect((await verify(code(), { auth_id, method: 'sms' })).body['verified']).toBe(true)
  })

  it('may be null or left out', async () => {
    for (const fields of [{ auth_id: null }, {}]) {
      const { begin, verify, code } = await withUser()
      await begin()
      expect((await verify(code(), fields)).body['verified']).toBe(true)
    }
  })

  it.each(['ver_7b19ddcc6402fd0cd28ade60246ca60c', 'x', '%', "' OR 1=1"])(
    'that is another is 404, and spends nothing: %s',
    async (auth_id) => {
      const { begin, verify, code } = await withUser({ settings: { checksPerVerification: 1 } })
      await begin()
      for (let n = 0; n < 3; n += 1) {
        expect(await verify(wrong(code()), { auth_id })).toBeVerigatorError(404, NOT_BEGUN)
      }
      expect(await verify(code(), { auth_id })).toBeVerigatorError(404, NOT_BEGUN)
      expect((await verify(code())).body['verified']).toBe(true)
    },
  )

  it('of another user is 404, with the same number and with another', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    const eve = await addUser(john, john.service, {
      id_in_service: 'eve',
      phone_number: OTHER_NUMBER,
    })
    const { auth_id } = (await john.begin()).body
    const code = john.code()
    for (const other of [ann, eve]) {
      expect(await other.verify(code, { auth_id })).toBeVerigatorError(404, NOT_BEGUN)
      await other.begin()
      expect(await other.verify(code, { auth_id })).toBeVerigatorError(404, NOT_BEGUN)
    }
    expect((await john.verify(code, { auth_id })).body['verified']).toBe(true)
  })

  it('of an older login is 404', async () => {
    const { begin, verify, code } = await withUser()
    const older = (await begin()).body['auth_id'] as string
    expect((await verify(code())).body['verified']).toBe(true)
    const newer = (await begin()).body['auth_id'] as string
    expect(newer).not.toBe(older)
    expect(await verify(code(), { auth_id: older })).toBeVerigatorError(404, NOT_BEGUN)
    expect((await verify(code(), { auth_id: newer })).body['verified']).toBe(true)
  })
})

describe('two users with one number', () => {
  it('have two codes', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    const johns = (await john.begin()).body['auth_id'] as string
    const code = john.code()
    expect((await ann.begin()).body['auth_id']).not.toBe(johns)
    // Once in a million times the codes are the same by chance.
    if (ann.code() !== code) expect((await ann.verify(code)).body['verified']).toBe(false)
    expect((await john.verify(code)).body['verified']).toBe(true)
    expect((await ann.verify(ann.code())).body['verified']).toBe(true)
  })

  it('have one budget of messages', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    for (const user of [john, ann, john, ann, john]) expect((await user.begin()).status).toBe(201)
    for (const user of [john, ann]) expect(await user.begin()).toBeVerigatorError(429)
    expect(john.provider.messages).toHaveLength(5)
  })

  it('have one budget of wrong tokens', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    for (const user of [john, ann, john]) {
      await user.begin()
      const code = user.code()
      for (let step = 1; step <= 5; step += 1) {
        expect((await user.verify(wrong(code, step))).status).toBe(200)
      }
    }
    expect(await ann.begin()).toBeVerigatorError(409)
  })
})
