import { describe, expect, it } from 'vitest'
import { wrong } from '../../support/api.ts'
import { appCode, verigatorAccount, withApp, withUser } from './support.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("Verigator's API", () => {
  it('makes a service and a user, sends a code and takes it once', async () => {
    const { call, provider } = await verigatorAccount()
    const service = await call('POST', '', { fqdn: 'example.com', name: 'Example' })
    expect(service.status).toBe(201)
    expect(service.body).toEqual({
      id: expect.stringMatching(UUID),
      fqdn: 'example.com',
      name: 'Example',
      ctime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    const users = `/${service.body['id']}/users`
    const user = await call('POST', users, { phone_number: '+12025550123', id_in_service: 'john' })
    expect(user).toMatchObject({ status: 201, body: { id_in_service: 'john' } })
    const auth = `${users}/${user.body['id']}/auth`
    const begun = await call('POST', auth, { method: 'totp' })
    expect(begun).toMatchObject({ status: 201, body: { method: 'sms' } })
    const code = provider.messages[0]?.code ?? ''
    expect(await call('PUT', auth, { token: wrong(code) })).toMatchObject({
      status: 200,
      body: {
        method: 'sms',
        verified: false,
        status: { throttled: false, expired: false, invalid: true, result: 'INVALID' },
      },
    })
    const right = await call('PUT', auth, { token: code, method: 'totp' })
    expect(right.body).toEqual({ method: 'sms', verified: true })
    expect((await call('PUT', auth, { token: code })).status).toBe(404)
  })

  it('takes a code of the app once', async () => {
    const user = await withUser()
    const secret = await withApp(user)
    const begun = await user.call('POST', `${user.path}/auth`, { method: 'totp' })
    expect(begun).toMatchObject({ status: 201, body: { method: 'totp' } })
    const token = appCode(secret)
    expect((await user.call('PUT', `${user.path}/auth`, { token })).body).toEqual({
      method: 'totp',
      verified: true,
    })
    await user.call('POST', `${user.path}/auth`, { method: 'totp' })
    expect((await user.call('PUT', `${user.path}/auth`, { token })).body).toMatchObject({
      method: 'totp',
      verified: false,
    })
    expect(user.provider.messages).toHaveLength(0)
  })
})
