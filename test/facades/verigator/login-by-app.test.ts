import { describe, expect, it } from 'vitest'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { addUser, appCode, pendingOf, withApp, withNewApp, withUser } from './support.ts'

const INVALID = { throttled: false, expired: false, invalid: true, result: 'INVALID' }

describe('a login by app', () => {
  it('sends nothing, and is one of channel totp in the native API', async () => {
    const user = await withUser()
    await withApp(user)
    const { auth_id: id } = (await user.begin('totp')).body
    expect(user.provider.messages).toEqual([])
    expect(await rowsOfLines('sends')).toEqual([])
    expect((await user.send('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: 'pending',
      channel: 'totp',
    })
  })

  it('is checked and sent by no other API', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    const { auth_id: id } = (await user.begin('totp')).body
    const code = appCode(secret)
    expect(await user.check({ id, code })).toBeProblem(422, 'invalid_request')
    for (const channel of ['sms', 'call']) {
      const resent = await user.send('POST', `/v1/verifications/${id}/resend`, { channel })
      expect(resent.body['code']).toBe('channel_unavailable')
    }
    expect(user.provider.messages).toEqual([])
    expect((await user.verify(code)).body['verified']).toBe(true)
  })

  it('falls back to SMS while the app is not confirmed', async () => {
    const user = await withNewApp()
    expect((await user.begin('totp')).body['method']).toBe('sms')
    expect((await user.verify(user.code(), { method: 'totp' })).body['verified']).toBe(true)
  })

  it('is not opened by the code that confirmed the app', async () => {
    const { confirm, appSecret: secret, begin, verify } = await withNewApp()
    const token = appCode(secret)
    expect((await confirm(token)).body['confirmed']).toBe(true)
    await begin('totp')
    expect((await verify(token)).body).toEqual({ method: 'totp', verified: false, status: INVALID })
    expect((await verify(appCode(secret, 1))).body['verified']).toBe(true)
  })

  it('takes each step once, and none before one that was taken', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('totp')
    expect((await user.verify(appCode(secret, 1))).body['verified']).toBe(true)
    await user.begin('totp')
    for (const steps of [1, 0, -1]) {
      expect((await user.verify(appCode(secret, steps))).body['verified']).toBe(false)
    }
  })

  it('takes the codes of later steps as time goes on', async () => {
    const clock = stopClock()
    const user = await withUser({ environment: clock.environment })
    const secret = await withApp(user)
    for (let n = 0; n < 3; n += 1) {
      await user.begin('totp')
      expect((await user.verify(appCode(secret))).body['verified']).toBe(true)
      clock.advance(30_000)
    }
  })

  it('takes one of many equal answers at once', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('totp')
    const token = appCode(secret)
    const answers = await Promise.all(Array.from({ length: 10 }, () => user.verify(token)))
    expect(answers.filter(({ body }) => body['verified'] === true)).toHaveLength(1)
  })

  it('is not opened by the app of another user of the number', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    const [johns, anns] = [await withApp(john), await withApp(ann)]
    await john.begin('totp')
    const token = appCode(anns)
    if (token !== appCode(johns)) {
      expect((await john.verify(token)).body['verified']).toBe(false)
    }
    expect((await john.verify(appCode(johns))).body['verified']).toBe(true)
  })
})

describe('changing the method', () => {
  it('from app to SMS makes the message the one way', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    const first = (await user.begin('totp')).body
    const second = (await user.begin('sms')).body
    expect(second).toMatchObject({ method: 'sms' })
    expect(second['auth_id']).not.toBe(first['auth_id'])
    expect(await pendingOf(user)).toHaveLength(1)
    const byApp = appCode(secret)
    if (byApp !== user.code()) {
      const answer = await user.verify(byApp, { method: 'totp' })
      expect(answer.body).toMatchObject({ method: 'sms', verified: false })
    }
    expect(await user.verify(byApp, { auth_id: first['auth_id'] as string })).toBeVerigatorError(
      404,
    )
    expect((await user.verify(user.code())).body).toEqual({ method: 'sms', verified: true })
  })

  it('from SMS to app makes the app the one way', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('sms')
    const sent = user.code()
    expect((await user.begin('totp')).body['method']).toBe('totp')
    expect(await pendingOf(user)).toHaveLength(1)
    expect(await user.verify(sent, { method: 'sms' })).toBeVerigatorError(422)
    if (![-1, 0, 1].some((steps) => appCode(secret, steps) === sent)) {
      expect((await user.verify(sent)).body).toMatchObject({ method: 'totp', verified: false })
    }
    expect((await user.verify(appCode(secret))).body).toEqual({ method: 'totp', verified: true })
  })

  it('there and back gives a new code by message', async () => {
    const user = await withUser()
    await withApp(user)
    const first = (await user.begin('sms')).body['auth_id'] as string
    await user.begin('totp')
    const last = (await user.begin('sms')).body['auth_id'] as string
    expect(last).not.toBe(first)
    expect((await user.verify(user.code(), { auth_id: last })).body['verified']).toBe(true)
  })

  it('does not begin a login by app anew while one is pending', async () => {
    const user = await withUser()
    await withApp(user)
    expect((await user.begin('totp')).body).toEqual((await user.begin('totp')).body)
  })
})
