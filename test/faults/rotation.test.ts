import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { appCode, verigatorClient, withApp, withUser } from '../facades/verigator/support.ts'
import { account, PHONE, wrong } from '../support/api.ts'
import { stopClockWithinStep } from '../support/app-logins.ts'
import { giveLine } from '../support/broken-d1.ts'
import { testEnv } from '../support/env.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { evict, lineOfNumber, rowsOfLines } from '../support/lines.ts'

const NEW_SECRET = 'rO7-new-code-secret-5e8a1c94f60b2d37'

/** Puts a new secret in front of the old one, as its owner would, for the Worker and the line. */
async function rotate(secrets: string): Promise<Env> {
  const line = await lineOfNumber(PHONE)
  await evict(line)
  await giveLine(PHONE, { OTPOST_SECRET: secrets } as Partial<Env>)
  return { ...env, OTPOST_SECRET: secrets } as Env
}

describe('rotating OTPOST_SECRET between the 4th wrong check and a new start (R-22)', () => {
  it('keeps id, code, budget and check by number', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account()
    const { body } = await start()
    const code = provider.messages[0]?.code ?? ''
    for (let guess = 1; guess <= 4; guess += 1)
      await check({ id: body['id'], code: wrong(code, guess) })
    const environment = await rotate(`${NEW_SECRET},${testEnv.OTPOST_SECRET}`)
    const after = await account({ projectId, environment })
    expect((await after.start()).body).toMatchObject({ id: body['id'], attemptsLeft: 1 })
    expect(provider.messages[1]?.code).toBe(code)
    expect((await after.send('POST', `/v1/verifications/${body['id']}/resend`)).status).toBe(201)
    expect((await after.check({ phoneNumber: PHONE, code })).body).toMatchObject({ verified: true })
    await after.start()
    const kept = await rowsOfLines('verifications')
    expect(new Set(kept.map((row) => row['code_key'])).size).toBe(2)
    const fresh = provider.messages.at(-1)?.code ?? ''
    expect((await after.check({ phoneNumber: PHONE, code: fresh })).body).toMatchObject({
      verified: true,
    })
  })

  it('keeps a lock', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account({ settings: { checksPerVerification: 10 } })
    for (let round = 0; round < 2; round += 1) {
      const { body } = await start()
      const code = provider.messages.at(-1)?.code ?? ''
      for (let guess = 1; guess <= 10; guess += 1)
        await check({ id: body['id'], code: wrong(code, guess) })
    }
    const environment = await rotate(`${NEW_SECRET},${testEnv.OTPOST_SECRET}`)
    const after = await account({ projectId, environment })
    const code = provider.messages.at(-1)?.code ?? ''
    expect((await after.check({ phoneNumber: PHONE, code })).body).toMatchObject({
      code: 'too_many_failed_checks',
    })
    expect(await rowsOfLines('failures')).toHaveLength(15)
  })

  it('makes a new code for a pending verification whose secret was dropped', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account()
    const { body } = await start()
    const code = provider.messages[0]?.code ?? ''
    await check({ id: body['id'], code: wrong(code) })
    const after = await account({ projectId, environment: await rotate(NEW_SECRET) })
    const resent = await after.send('POST', `/v1/verifications/${body['id']}/resend`)
    expect(resent).toMatchObject({ status: 409, body: { code: 'verification_ended' } })
    expect((await after.start()).body).toMatchObject({ id: body['id'], attemptsLeft: 4 })
    const fresh = provider.messages[1]?.code ?? ''
    expect((await after.check({ id: body['id'], code: fresh })).body).toMatchObject({
      verified: true,
    })
  })
})

describe('rotating OTPOST_SECRET while a user has an authenticator app (R-22)', () => {
  const OLD = testEnv.OTPOST_SECRET

  /** A user with an app, and the same API after a rotation. */
  async function setUp() {
    stopClockWithinStep()
    const user = await withUser()
    const after = async (secrets: string) =>
      verigatorClient(user.projectId, user.secret, await rotate(secrets))
    return { ...user, after, auth: `${user.path}/auth` }
  }

  it('leaves what was sealed under the older one usable', async () => {
    const user = await setUp()
    const app = await withApp(user)
    const call = await user.after(`${NEW_SECRET},${OLD}`)
    expect((await call('POST', user.auth, { method: 'totp' })).body).toMatchObject({
      method: 'totp',
    })
    expect((await call('PUT', user.auth, { token: appCode(app) })).body).toEqual({
      method: 'totp',
      verified: true,
    })
  })

  it('forgets no step that was accepted', async () => {
    const user = await setUp()
    const app = await withApp(user)
    await user.call('POST', user.auth, { method: 'totp' })
    const call = await user.after(`${NEW_SECRET},${OLD}`)
    expect((await call('PUT', user.auth, { token: appCode(app) })).body).toMatchObject({
      verified: true,
    })
    await call('POST', user.auth, { method: 'totp' })
    expect((await call('PUT', user.auth, { token: appCode(app) })).body).toMatchObject({
      verified: false,
    })
  })

  it('sends nothing when the secret of the number was dropped, and says what to do', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const user = await setUp()
    const call = await user.after(NEW_SECRET)
    const answer = await call('POST', user.auth, { method: 'totp' })
    expect(answer.status).toBe(503)
    expect(answer.body['message']).toContain('Remove the user')
    expect(log).not.toHaveBeenCalled()
  })

  it('lets a user enrol another app when the secret of the number was dropped too', async () => {
    const user = await setUp()
    await withApp(user)
    const call = await user.after(NEW_SECRET)
    expect((await call('POST', user.auth, { method: 'totp' })).status).toBe(201)
    expect((await call('GET', `${user.path}/totp`)).status).toBe(200)
    expect((await call('DELETE', `${user.path}/totp`)).status).toBe(202)
    const app = await withApp({ ...user, call })
    await call('POST', user.auth, { method: 'totp' })
    expect((await call('PUT', user.auth, { token: appCode(app) })).body).toMatchObject({
      verified: true,
    })
    expect((await call('DELETE', user.path)).status).toBe(202)
  })

  it('answers 503 to codes of the app when only its secret was dropped, and counts none', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const user = await setUp()
    const enrolled = await user.after(`${NEW_SECRET},${OLD}`)
    const app = await withApp({ ...user, call: enrolled })
    const call = await user.after(OLD)
    await call('POST', user.auth, { method: 'totp' })
    const answer = await call('PUT', user.auth, { token: appCode(app) })
    expect(answer.status).toBe(503)
    expect(answer.body['message']).toContain('Remove the app')
    expect(await rowsOfLines('failures')).toEqual([])
    expect(log).not.toHaveBeenCalled()
    const back = await user.after(`${OLD},${NEW_SECRET}`)
    expect((await back('PUT', user.auth, { token: appCode(app) })).body).toMatchObject({
      verified: true,
    })
  })

  it('lets a user whose app cannot be opened log in by message, and enrol again', async () => {
    const user = await setUp()
    const enrolled = await user.after(`${NEW_SECRET},${OLD}`)
    await withApp({ ...user, call: enrolled })
    const call = await user.after(OLD)
    expect((await call('POST', user.auth, { method: 'sms' })).status).toBe(201)
    expect((await call('PUT', user.auth, { token: user.code() })).body).toMatchObject({
      method: 'sms',
      verified: true,
    })
    expect((await call('DELETE', `${user.path}/totp`)).status).toBe(202)
    const app = await withApp({ ...user, call })
    await call('POST', user.auth, { method: 'totp' })
    expect((await call('PUT', user.auth, { token: appCode(app) })).body).toMatchObject({
      verified: true,
    })
  })
})
