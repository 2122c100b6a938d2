import { Secret } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { everythingStored, searchable } from '../../support/dump.ts'
import {
  appCode,
  enrol,
  pendingOf,
  withApp,
  withNewApp,
  withUser,
  wrongAppCode,
} from './support.ts'

const NO_APP = 'This user has no authenticator app. Enrol one.'
const HAS_APP = 'The user has a confirmed authenticator app. Log in with it, or remove it first.'
const INVALID = { throttled: false, expired: false, invalid: true, result: 'INVALID' }

describe('POST …/totp', () => {
  it('answers 201 with secret, URI and QR code of an app that is not confirmed', async () => {
    const { call, path } = await withUser()
    const { status, body, headers } = await call('POST', `${path}/totp`)
    expect(status).toBe(201)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/) as string,
      uri: expect.stringMatching(/^otpauth:\/\/totp\/Example:john\?/) as string,
      qr: expect.stringMatching(/^data:image\/svg\+xml;base64,/) as string,
      confirmed: false,
    })
    expect(Object.fromEntries(new URL(body['uri'] as string).searchParams)).toEqual({
      issuer: 'Example',
      secret: body['secret'],
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
    expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: false })
  })

  it('again makes a new secret; the old one confirms nothing', async () => {
    const user = await withNewApp()
    const second = await enrol(user)
    expect(second).not.toBe(user.secret)
    const old = [-1, 0, 1].map((steps) => appCode(user.appSecret, steps))
    const fresh = new Set([-1, 0, 1].map((steps) => appCode(second, steps)))
    for (const token of old.filter((code) => !fresh.has(code))) {
      expect((await user.confirm(token)).body['confirmed']).toBe(false)
    }
    expect((await user.confirm(appCode(second))).body).toEqual({ confirmed: true })
  })

  it('answers 409 once an app is confirmed, and changes nothing', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    expect(await user.call('POST', `${user.path}/totp`)).toBeVerigatorError(409, HAS_APP)
    await user.begin('totp')
    expect((await user.verify(appCode(secret))).body['verified']).toBe(true)
  })

  it('keeps the secret sealed: it stands nowhere in clear', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('totp')
    await user.verify(appCode(secret))
    const { d1, objects } = await everythingStored()
    const stored = searchable([...d1, ...objects])
    const bytes = Secret.fromBase32(secret).bytes
    for (const clear of [
      secret,
      secret.toLowerCase(),
      bytes.toHex(),
      bytes.toBase64(),
      '2025550123',
    ]) {
      expect(stored).not.toContain(clear)
    }
  })
})

describe('PUT …/totp', () => {
  it('answers a wrong code with confirmed false, a right one with true, and none after it', async () => {
    const { appSecret: secret, confirm, call, path } = await withNewApp()
    const wrong = await confirm(wrongAppCode(secret))
    expect(wrong.status).toBe(200)
    expect(wrong.body).toEqual({ confirmed: false, status: INVALID })
    expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: false })
    const right = await confirm(appCode(secret))
    expect(right).toMatchObject({ status: 200, text: '{"confirmed":true}' })
    for (const token of [appCode(secret), wrongAppCode(secret)]) {
      expect(await confirm(token)).toBeVerigatorError(409, HAS_APP)
    }
    expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: true })
  })

  it.each([-1, 0, 1])('takes the code of a clock that is %i steps off', async (steps) => {
    const { appSecret: secret, confirm } = await withNewApp()
    expect((await confirm(appCode(secret, steps))).body['confirmed']).toBe(true)
  })

  it.each([-2, 2])('refuses the code of a clock that is %i steps off', async (steps) => {
    const { appSecret: secret, confirm } = await withNewApp()
    const near = new Set([-1, 0, 1].map((step) => appCode(secret, step)))
    const token = appCode(secret, steps)
    // Once in some hundred thousand times two steps have the same code.
    expect((await confirm(token)).body['confirmed']).toBe(near.has(token))
  })

  it('answers 404 without an app, and 422 without a token', async () => {
    const { call, path } = await withUser()
    expect(await call('PUT', `${path}/totp`, { token: '123456' })).toBeVerigatorError(404, NO_APP)
    await call('POST', `${path}/totp`)
    expect(await call('PUT', `${path}/totp`, {})).toBeVerigatorError(422)
    expect(await call('PUT', `${path}/totp`, '{"token"')).toBeVerigatorError(422)
  })

  it('reads a code as people type it', async () => {
    const { appSecret: secret, confirm } = await withNewApp()
    const code = appCode(secret)
    const typed = ` ${code.slice(0, 3)} ${code.slice(3)} `
    expect((await confirm(typed)).body['confirmed']).toBe(true)
  })

  it('confirms once, whoever asks at the same time', async () => {
    const { appSecret: secret, confirm, call, path } = await withNewApp()
    const token = appCode(secret)
    const answers = await Promise.all(Array.from({ length: 5 }, () => confirm(token)))
    expect(answers.some(({ body }) => body['confirmed'] === true)).toBe(true)
    expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: true })
  })

  it('begins anew after five wrong codes', async () => {
    const { appSecret: secret, confirm } = await withNewApp()
    for (let n = 0; n < 6; n += 1) {
      expect((await confirm(wrongAppCode(secret, n))).body['confirmed']).toBe(false)
    }
    expect((await confirm(appCode(secret))).body['confirmed']).toBe(true)
  })
})

describe('DELETE …/totp', () => {
  it('answers 202 with {}, then 404; logins fall back to SMS', async () => {
    const user = await withUser()
    await withApp(user)
    const totp = `${user.path}/totp`
    expect(await user.call('DELETE', totp)).toMatchObject({ status: 202, text: '{}' })
    expect(await user.call('GET', totp)).toBeVerigatorError(404, NO_APP)
    expect(await user.call('DELETE', totp)).toBeVerigatorError(404, NO_APP)
    expect((await user.begin('totp')).body['method']).toBe('sms')
    expect((await user.verify(user.code(), { method: 'totp' })).body).toEqual({
      method: 'sms',
      verified: true,
    })
  })

  it('ends a login that waits for the app, which a new app does not revive', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    await user.begin('totp')
    expect(await pendingOf(user)).toHaveLength(1)
    await user.call('DELETE', `${user.path}/totp`)
    expect(await pendingOf(user)).toEqual([])
    expect(await user.verify(appCode(secret))).toBeVerigatorError(404)
    const other = await withApp(user)
    expect(await user.verify(appCode(other))).toBeVerigatorError(404)
    expect(await user.verify(appCode(secret))).toBeVerigatorError(404)
  })

  it('leaves a login by message', async () => {
    const user = await withUser()
    await withApp(user)
    await user.begin('sms')
    await user.call('DELETE', `${user.path}/totp`)
    expect((await user.verify(user.code())).body['verified']).toBe(true)
  })

  it('removes also an app that is not confirmed', async () => {
    const { call, path, confirm, appSecret: secret } = await withNewApp()
    expect((await call('DELETE', `${path}/totp`)).status).toBe(202)
    expect(await confirm(appCode(secret))).toBeVerigatorError(404, NO_APP)
  })
})
