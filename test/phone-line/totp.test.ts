import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { PHONE } from '../support/api.ts'
import {
  advance,
  currentStep,
  lineClient,
  makeApp,
  SCOPE,
  STEP_MS,
  stopClockWithinStep,
  wrongCodes,
  type App,
} from '../support/app-logins.ts'
import { intercept } from '../support/intercept.ts'
import { evict, hurryTimers, lineOfNumber, rowsOfLines } from '../support/lines.ts'

beforeEach(stopClockWithinStep)

const line = lineClient()
const right = { outcome: 'answered', verified: true, status: 'approved', evaluated: true }
const wrong = { outcome: 'answered', verified: false, status: 'pending', evaluated: true }
const ended = { outcome: 'answered', verified: false, evaluated: false }

const steps = async () => (await rowsOfLines('totp_steps')).map(({ step }) => step as number)
const attemptsOf = async (id: string) =>
  (await rowsOfLines('verifications')).find((row) => row['id'] === id)?.['attempts']

/** Begins anew and checks at once. */
const logIn = async (app: App, code: string, purpose = 'login') =>
  line.check(await line.begin(purpose), code, app)

describe('a step of an app (T-10, N-08)', () => {
  it.each([-1, 0, 1])('is accepted %i steps from now', async (distance) => {
    const app = await makeApp()
    expect(await logIn(app, app.shows(distance))).toMatchObject({ ...right, channel: 'totp' })
    expect(await steps()).toEqual([currentStep() + distance])
  })

  it.each([-3, -2, 2, 3])('is not accepted %i steps from now', async (distance) => {
    const app = await makeApp()
    expect(await logIn(app, app.shows(distance))).toMatchObject({ ...wrong, attemptsLeft: 4 })
    expect(await steps()).toEqual([])
  })

  it('is accepted once, and none before it', async () => {
    const app = await makeApp()
    expect(await logIn(app, app.shows(0))).toMatchObject(right)
    const id = await line.begin()
    expect(await line.check(id, app.shows(0), app)).toMatchObject(wrong)
    expect(await line.check(id, app.shows(-1), app)).toMatchObject(wrong)
    expect(await line.check(id, app.shows(1), app)).toMatchObject(right)
    expect(await logIn(app, app.shows(1))).toMatchObject(wrong)
    advance(STEP_MS)
    expect(await logIn(app, app.shows(0))).toMatchObject(wrong)
    expect(await logIn(app, app.shows(1))).toMatchObject(right)
  })

  it('is accepted once over all purposes and verifications of the number', async () => {
    const app = await makeApp()
    const [login, pay] = [await line.begin('login'), await line.begin('pay')]
    expect(await line.check(pay, app.shows(), app)).toMatchObject(right)
    expect(await line.check(login, app.shows(), app)).toMatchObject(wrong)
    expect(await line.check(login, app.shows(-1), app)).toMatchObject(wrong)
  })

  it('is accepted once, though the line was dropped from memory', async () => {
    hurryTimers()
    const app = await makeApp()
    const object = await lineOfNumber(PHONE)
    const id = await line.begin()
    await scheduler.wait(10)
    await evict(object)
    expect(await line.check(id, app.shows(), app)).toMatchObject(right)
    await scheduler.wait(10)
    await evict(object)
    expect(await line.check(id, app.shows(), app)).toMatchObject({ ...ended, status: 'approved' })
    expect(await logIn(app, app.shows())).toMatchObject(wrong)
    await scheduler.wait(10)
    await evict(object)
    expect(await logIn(app, app.shows(-1))).toMatchObject(wrong)
  })

  it('is the app’s own: another app of the number has its own', async () => {
    const [mine, other] = [await makeApp(), await makeApp()]
    expect(await logIn(mine, mine.shows(1))).toMatchObject(right)
    expect(await logIn(other, mine.shows(1))).toMatchObject(wrong)
    expect(await logIn(other, other.shows(-1))).toMatchObject(right)
    expect(await rowsOfLines('totp_steps')).toHaveLength(2)
  })

  it('is not used up by a code that came too late', async () => {
    const app = await makeApp()
    const id = await line.begin()
    for (const code of wrongCodes(app.secret, 5)) await line.check(id, code, app)
    expect(await line.check(id, app.shows(), app)).toMatchObject({
      ...ended,
      status: 'max_attempts',
    })
    expect(await steps()).toEqual([])
    expect(await logIn(app, app.shows())).toMatchObject(right)
  })
})

describe('a check that is asked again (R-09)', () => {
  it('gets its first answer and costs nothing', async () => {
    const app = await makeApp()
    const id = await line.begin()
    const [code = ''] = wrongCodes(app.secret, 1)
    const first = await line.check(id, code, app, { operationId: 'one' })
    expect(first).toMatchObject({ ...wrong, attemptsLeft: 4 })
    expect(await line.check(id, code, app, { operationId: 'one' })).toEqual(first)
    const approved = await line.check(id, app.shows(), app, { operationId: 'two' })
    expect(approved).toMatchObject(right)
    const typed = app.shows()
    expect(await line.check(id, typed, app, { operationId: 'two' })).toEqual(approved)
    // The step is long past, the answer is not.
    advance(5 * STEP_MS)
    expect(await line.check(id, typed, app, { operationId: 'two' })).toEqual(approved)
    expect(await attemptsOf(id)).toBe(2)
    expect(await rowsOfLines('failures')).toHaveLength(1)
    expect(await steps()).toHaveLength(1)
  })

  it('answers no other code, and is no place to guess', async () => {
    const app = await makeApp()
    const id = await line.begin()
    const codes = wrongCodes(app.secret, 9)
    await line.check(id, codes[0] ?? '', app, { operationId: 'one' })
    for (const code of [...codes.slice(1), app.shows(), codes[0] ?? '']) {
      expect(await line.check(id, code, app, { operationId: 'one' })).toEqual({
        outcome: 'mismatch',
      })
    }
    expect(await attemptsOf(id)).toBe(1)
    expect(await steps()).toEqual([])
  })

  it('is asked again by itself when its answer is lost', async () => {
    const app = await makeApp()
    const lossy = lineClient({ namespace: losingFirst('check') })
    const id = await line.begin()
    expect(await lossy.check(id, app.shows(), app)).toMatchObject(right)
    expect(await attemptsOf(id)).toBe(1)
    expect(await line.check(id, app.shows(), app)).toMatchObject(ended)
  })
})

describe('a challenge', () => {
  it('that is repeated answers the same verification with its attempts and life', async () => {
    const app = await makeApp()
    const first = await line.challenge()
    const id = first.outcome === 'begun' ? first.verification.id : ''
    await line.check(id, wrongCodes(app.secret, 1)[0] ?? '', app)
    advance(STEP_MS)
    const again = await line.challenge()
    const begun = first.outcome === 'begun' ? first.verification : undefined
    expect(again).toMatchObject({
      outcome: 'begun',
      verification: { id, attempts: 1, expiresAt: begun?.expiresAt, channel: 'totp' },
    })
    expect(await rowsOfLines('verifications')).toHaveLength(1)
    const events = await rowsOfLines('events')
    expect(events.filter(({ type }) => type === 'verification.started')).toHaveLength(1)
  })

  it('whose answer is lost begins one verification', async () => {
    await lineClient({ namespace: losingFirst('challenge') }).challenge()
    expect(await rowsOfLines('verifications')).toHaveLength(1)
  })

  it('begins one verification for fifty at once', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => line.begin()))
    expect(new Set(ids).size).toBe(1)
    expect(await rowsOfLines('verifications')).toHaveLength(1)
  })

  it('keeps no code, and admits no message', async () => {
    await line.begin()
    expect(await rowsOfLines('verifications')).toMatchObject([
      {
        channel: 'totp',
        channels: '[]',
        code_hash: null,
        code_key: null,
        code_sealed: null,
        sends: 0,
      },
    ])
    expect(await rowsOfLines('sends')).toEqual([])
    expect(await rowsOfLines('deliveries')).toEqual([])
  })

  it('in place of a pending message cancels that: its code is dead', async () => {
    const app = await makeApp()
    const sent = await line.text()
    if (sent.outcome !== 'admitted') throw new Error('refused')
    const id = await line.begin()
    expect(id).not.toBe(sent.verification.id)
    expect(await line.check(id, sent.code, app)).toMatchObject(wrong)
    expect(await line.check(sent.verification.id, sent.code, undefined)).toMatchObject({
      ...ended,
      status: 'canceled',
    })
    expect(await line.checkLatest(app.shows(), app)).toMatchObject(right)
    expect(await rowsOfLines('verifications')).toHaveLength(2)
  })

  it('is canceled by a message in its place: codes of the app are wrong', async () => {
    const app = await makeApp()
    const id = await line.begin()
    const sent = await line.text()
    if (sent.outcome !== 'admitted') throw new Error('refused')
    expect(sent.verification).toMatchObject({ channel: 'sms', attempts: 0 })
    expect(await line.check(id, app.shows(), app)).toMatchObject({ ...ended, status: 'canceled' })
    expect(await line.checkLatest(app.shows(), app)).toMatchObject({ ...wrong, channel: 'sms' })
    expect(await steps()).toEqual([])
    expect(await line.checkLatest(sent.code, app)).toMatchObject({ ...right, channel: 'sms' })
  })

  it('leaves verifications of other purposes and projects alone', async () => {
    const foreign = lineClient({ scope: { ...SCOPE, projectId: 'b'.repeat(24) } })
    const own = await line.text('pay')
    const theirs = await foreign.text('login')
    await line.begin('login')
    if (own.outcome !== 'admitted' || theirs.outcome !== 'admitted') throw new Error('refused')
    expect(await line.check(own.verification.id, own.code, undefined)).toMatchObject(right)
    expect(await foreign.check(theirs.verification.id, theirs.code, undefined)).toMatchObject(right)
  })
})

describe('a verification by an app', () => {
  it('is unknown to another project or mode, whatever app it brings', async () => {
    const app = await makeApp()
    const id = await line.begin()
    for (const scope of [
      { ...SCOPE, projectId: 'b'.repeat(24) },
      { ...SCOPE, mode: 'test' },
    ] as const) {
      const foreign = lineClient({ scope })
      expect(await foreign.check(id, app.shows(), app)).toEqual({ outcome: 'unknown' })
      expect(await foreign.checkLatest(app.shows(), app)).toEqual({ outcome: 'unknown' })
      expect(await foreign.lines.cancel(scope, id)).toBeUndefined()
      expect(await foreign.lines.find(scope, id)).toBeUndefined()
    }
    expect(await attemptsOf(id)).toBe(0)
    expect(await line.check(id, app.shows(), app)).toMatchObject(right)
  })

  it('is not checked without an app, and spends nothing', async () => {
    const app = await makeApp()
    const id = await line.begin()
    for (let n = 0; n < 10; n += 1) {
      expect(await line.check(id, app.shows(), undefined)).toEqual({ outcome: 'not_a_message' })
    }
    expect(await attemptsOf(id)).toBe(0)
    expect(await rowsOfLines('failures')).toEqual([])
  })

  it('answers who wants the code of a message only, and spends nothing', async () => {
    const app = await makeApp()
    const id = await line.begin()
    expect(await line.check(id, app.shows(), app, { messageOnly: true })).toEqual({
      outcome: 'not_a_message',
    })
    expect(await attemptsOf(id)).toBe(0)
    expect(await line.check(id, app.shows(), app)).toMatchObject(right)
  })

  it('takes no secret that was sealed for another app', async () => {
    const [mine, other] = [await makeApp(), await makeApp()]
    const id = await line.begin()
    const swapped = { factorId: mine.factorId, sealed: other.sealed }
    await expect(line.check(id, other.shows(), swapped)).rejects.toThrow('ecrypt')
    expect(await attemptsOf(id)).toBe(0)
  })
})

/** Carries the first call of a method out and loses its answer. */
function losingFirst(method: string) {
  let lost = false
  return intercept(env.PHONE_LINE, async (asked, call) => {
    const answer = await call()
    if (asked !== method || lost) return answer
    lost = true
    throw Object.assign(new Error('Network connection lost.'), { retryable: true })
  })
}
