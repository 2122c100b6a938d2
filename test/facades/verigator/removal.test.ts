import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { intercept } from '../../support/intercept.ts'
import { rowsOfLedger, rowsOfLines } from '../../support/lines.ts'
import {
  addUser,
  appCode,
  OTHER_NUMBER,
  pendingOf,
  verigatorClient,
  withApp,
  withNewApp,
  withUser,
  wrongAppCode,
  type User,
} from './support.ts'

const NO_USER = 'This service has no such user.'

/** A user whose removal, when it is asked for, ends first what a method of the line begins. */
function removedBefore(user: User, method: string) {
  const PHONE_LINE = intercept(env.PHONE_LINE, async (asked, call) => {
    if (asked === method) {
      expect((await user.call('DELETE', user.path)).status).toBe(202)
    }
    return call()
  })
  return verigatorClient(user.projectId, user.secret, { ...env, PHONE_LINE })
}

/** The user is gone, and soon what was begun. */
async function gone(user: User): Promise<void> {
  expect(await user.call('GET', user.path)).toBeVerigatorError(404, NO_USER)
  expect(await rowsOfLines('verifications')).not.toEqual([])
  await vi.waitFor(async () => expect(await pendingOf(user)).toEqual([]))
}

describe('DELETE …/users/{uid}', () => {
  it('ends a login by message: its code is worth nothing any more', async () => {
    const user = await withUser()
    const { auth_id: id } = (await user.begin()).body
    expect(await pendingOf(user)).toHaveLength(1)
    expect(await user.call('DELETE', user.path)).toMatchObject({ status: 202, text: '{}' })
    expect(await pendingOf(user)).toEqual([])
    expect((await user.check({ id, code: user.code() })).body['verified']).toBe(false)
    expect(await user.verify(user.code())).toBeVerigatorError(404, NO_USER)
    expect(await user.call('DELETE', user.path)).toBeVerigatorError(404, NO_USER)
  })

  it('ends a login by app, and the setting up of an app', async () => {
    const user = await withUser()
    await withApp(user)
    await user.begin('totp')
    await user.call('DELETE', user.path)
    expect(await pendingOf(user)).toEqual([])
    const other = await withNewApp()
    await other.confirm(wrongAppCode(other.appSecret))
    expect(await pendingOf(other)).toHaveLength(1)
    await other.call('DELETE', other.path)
    expect(await pendingOf(other)).toEqual([])
    expect(await rowsOfLedger('totp_factors')).toEqual([])
  })

  it('leaves the login of another user of the number', async () => {
    const john = await withUser()
    const ann = await addUser(john, john.service, { id_in_service: 'ann' })
    await ann.begin()
    const code = ann.code()
    await john.begin()
    await john.call('DELETE', john.path)
    expect(await pendingOf(ann)).toHaveLength(1)
    expect((await ann.verify(code)).body['verified']).toBe(true)
  })

  it('leaves nothing to a new user of the same id_in_service', async () => {
    const before = await withUser()
    const secret = await withApp(before)
    const { auth_id } = (await before.begin()).body
    const code = before.code()
    await before.call('DELETE', before.path)
    const after = await addUser(before, before.service, { phone_number: OTHER_NUMBER })
    expect(after.user).not.toBe(before.user)
    expect(await pendingOf(after)).toEqual([])
    expect(await pendingOf(after, OTHER_NUMBER)).toEqual([])
    for (const fields of [{}, { auth_id }]) {
      expect(await after.verify(code, fields)).toBeVerigatorError(404)
    }
    expect(await after.call('GET', `${after.path}/totp`)).toBeVerigatorError(404)
    expect((await after.begin('totp')).body['method']).toBe('sms')
    const answer = await after.verify(appCode(secret), { auth_id })
    expect(answer).toBeVerigatorError(404)
  })

  it('leaves no name or number of the user in the database', async () => {
    const user = await withUser()
    await user.call('DELETE', user.path)
    expect(await rowsOfLedger('service_users')).toEqual([])
  })
})

describe('a user who is removed while a login begins', () => {
  it('has none when the message is on its way', async () => {
    const user = await withUser()
    user.provider.script(async () => {
      expect((await user.call('DELETE', user.path)).status).toBe(202)
    })
    await user.begin()
    expect(user.provider.messages).toHaveLength(1)
    await gone(user)
    expect((await rowsOfLines('verifications'))[0]?.['status']).toBe('canceled')
  })

  it('has none when the user was known and the message was not admitted yet', async () => {
    const user = await withUser()
    const call = removedBefore(user, 'admit')
    const begun = await call('POST', `${user.path}/auth`, { method: 'sms' })
    expect(begun.status).toBe(201)
    await gone(user)
  })

  it('has none when the message failed', async () => {
    const user = await withUser()
    user.provider.script({ status: 500 })
    const call = removedBefore(user, 'admit')
    expect(await call('POST', `${user.path}/auth`, { method: 'sms' })).toBeVerigatorError(503)
    await gone(user)
  })

  it('has none by the app', async () => {
    const user = await withUser()
    await withApp(user)
    const call = removedBefore(user, 'challenge')
    const begun = await call('POST', `${user.path}/auth`, { method: 'totp' })
    expect(begun.status).toBe(201)
    await gone(user)
  })

  it('sets up no app', async () => {
    const user = await withNewApp()
    const call = removedBefore(user, 'challenge')
    const token = wrongAppCode(user.appSecret)
    await call('PUT', `${user.path}/totp`, { token })
    await gone(user)
    expect(await rowsOfLedger('totp_factors')).toEqual([])
  })
})
