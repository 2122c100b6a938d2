import { beforeEach, describe, expect, it } from 'vitest'
import {
  addUser,
  appCode,
  verigatorClient,
  withApp,
  withUser,
} from '../facades/verigator/support.ts'
import { lineClient, makeApp, stopClockWithinStep, wrongCodes } from '../support/app-logins.ts'
import { rowsOfLines } from '../support/lines.ts'
import { YIELD_POINTS, yieldAt } from '../support/yields.ts'

const PARALLEL = 50

beforeEach(stopClockWithinStep)

/** A user who has begun to log in by the app, and an API that gives way at a point. */
async function loggingIn(point: (typeof YIELD_POINTS)[number]) {
  const user = await withUser()
  const app = await withApp(user)
  const path = `${user.path}/auth`
  await user.call('POST', path, { method: 'totp' })
  const call = verigatorClient(user.projectId, user.secret, yieldAt(point))
  const check = (token: string) => call('PUT', path, { token })
  const begin = () => user.call('POST', path, { method: 'totp' })
  return { user, app, check, begin }
}

const loginRows = async () =>
  (await rowsOfLines('verifications')).filter(({ purpose }) =>
    (purpose as string).startsWith('user:'),
  )

const approvals = async () =>
  (await rowsOfLines('events')).filter(({ type }) => type === 'verification.approved').length

describe('parallel wrong codes of an app (N-01)', () => {
  it.each(YIELD_POINTS)('has exactly 5 of 50 evaluated, giving way %s', async (point) => {
    const { app, check } = await loggingIn(point)
    const answers = await Promise.all(wrongCodes(app, PARALLEL).map(check))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(PARALLEL - 5)
    expect(await loginRows()).toMatchObject([{ attempts: 5, status: 'max_attempts' }])
    expect(await rowsOfLines('failures')).toHaveLength(5)
    expect((await check(appCode(app))).status).toBe(404)
  })
})

describe('parallel right codes of an app (N-02, T-03)', () => {
  it.each(YIELD_POINTS)('approves exactly one of 50, giving way %s', async (point) => {
    const { app, check } = await loggingIn(point)
    const before = await approvals()
    const answers = await Promise.all(Array.from({ length: PARALLEL }, () => check(appCode(app))))
    expect(answers.filter(({ body }) => body['verified'] === true)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(PARALLEL - 1)
    expect((await approvals()) - before).toBe(1)
    expect(await loginRows()).toMatchObject([{ attempts: 1, status: 'approved' }])
    expect(await rowsOfLines('failures')).toEqual([])
  })

  it.each(YIELD_POINTS)('approves none with a code that was used, giving way %s', async (point) => {
    const { app, check, begin } = await loggingIn(point)
    expect((await check(appCode(app))).body).toMatchObject({ verified: true })
    await begin()
    const answers = await Promise.all(Array.from({ length: PARALLEL }, () => check(appCode(app))))
    expect(answers.filter(({ body }) => body['verified'] === true)).toEqual([])
    expect(await rowsOfLines('failures')).toHaveLength(5)
  })

  it.each(YIELD_POINTS)(
    'confirms a new app by one evaluated code, giving way %s',
    async (point) => {
      const user = await withUser()
      const { body } = await user.call('POST', `${user.path}/totp`)
      const token = appCode(body['secret'] as string)
      const call = verigatorClient(user.projectId, user.secret, yieldAt(point))
      const answers = await Promise.all(
        Array.from({ length: PARALLEL }, () => call('PUT', `${user.path}/totp`, { token })),
      )
      expect(answers.some((answer) => answer.body['confirmed'] === true)).toBe(true)
      expect(await approvals()).toBe(1)
      expect((await rowsOfLines('failures')).length).toBeLessThanOrEqual(15)
    },
  )
})

describe('one step of one app in two verifications at once (T-10)', () => {
  it('approves one of them', async () => {
    const app = await makeApp()
    const { begin, check } = lineClient({ namespace: yieldAt('everywhere').PHONE_LINE })
    const ids = await Promise.all([begin('login'), begin('pay')])
    const answers = await Promise.all(ids.map((id) => check(id, app.shows(), app)))
    const verified = answers.filter((answer) => 'verified' in answer && answer.verified)
    expect(verified).toHaveLength(1)
    expect(await approvals()).toBe(1)
  })
})

describe('two users of one number at once', () => {
  it('log in by their own apps only', async () => {
    const john = await withUser()
    const jane = await addUser(john, john.service, { id_in_service: 'jane' })
    const apps = [await withApp(john), await withApp(jane)] as const
    const users = [john, jane] as const
    const begin = () =>
      Promise.all(users.map(({ path }) => john.call('POST', `${path}/auth`, { method: 'totp' })))
    const checkBoth = (tokens: readonly string[]) =>
      Promise.all(
        users.map(({ path }, n) => john.call('PUT', `${path}/auth`, { token: tokens[n] })),
      )
    await begin()
    const [own, swapped] = [
      apps.map((app) => appCode(app)),
      apps.map((app) => appCode(app)).toReversed(),
    ]
    expect((await checkBoth(swapped)).map(({ body }) => body['verified'] as boolean)).toEqual([
      false,
      false,
    ])
    expect((await checkBoth(own)).map(({ body }) => body['verified'] as boolean)).toEqual([
      true,
      true,
    ])
    expect(await rowsOfLines('totp_steps')).toHaveLength(2)
  })
})
