import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  codeOfStep,
  lineClient,
  makeApp,
  STEP_MS,
  stopClockWithinStep,
  type App,
} from '../support/app-logins.ts'
import { evict, hurryTimers, lineOfNumber } from '../support/lines.ts'

const RUNS = 200
const LIFE = 600_000
const HOUR = 3_600_000

type Action =
  | { readonly do: 'challenge' | 'text' | 'textCode' | 'evict' }
  /** The code of the app, some steps from now. */
  | { readonly do: 'app'; readonly steps: number }
  /** A code that was accepted before. */
  | { readonly do: 'replay'; readonly back: number }
  | { readonly do: 'guess'; readonly count: number }
  | { readonly do: 'advance'; readonly milliseconds: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('challenge') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('text', 'textCode', 'evict') }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('app'), steps: fc.integer({ min: -2, max: 2 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('replay'), back: fc.integer({ min: 0, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('guess'), count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance'),
      milliseconds: fc.integer({ min: 1000, max: 120_000 }),
    }),
  },
)

interface Pending {
  readonly id: string
  readonly expiresAt: number
  /** Of a text message; an app has none. */
  readonly code: string | undefined
  attempts: number
}

/** What one number promises a project with one purpose and one app, from the design. */
class Model {
  now = Date.now()
  pending: Pending | undefined
  begun = false
  texts = 0
  readonly accepted: number[] = []
  readonly failures: number[] = []

  advance(milliseconds: number): void {
    this.now += milliseconds
    if (this.pending !== undefined && this.now >= this.pending.expiresAt) this.pending = undefined
  }

  /** Fifteen failures an hour; the fifty of a day are beyond what a sequence lasts. */
  get lockedUntil(): number {
    const counted = this.failures.filter((at) => at > this.now - HOUR)
    const blocking = counted[counted.length - 15]
    return blocking === undefined ? 0 : blocking + HOUR
  }

  isRefused(same: Pending | undefined): boolean {
    return this.lockedUntil >= (same?.expiresAt ?? this.now + LIFE)
  }

  begin(id: string, code: string | undefined): void {
    this.begun = true
    if (this.pending?.id === id) return
    this.pending = { id, code, attempts: 0, expiresAt: this.now + LIFE }
  }

  /** What the check of a code is answered; undefined: nothing was ever begun. */
  check(app: App, typed: string): object {
    const { pending } = this
    if (pending === undefined) {
      if (!this.begun) return { outcome: 'unknown' }
      return { outcome: 'answered', verified: false, evaluated: false }
    }
    if (this.lockedUntil > this.now) return { outcome: 'locked' }
    pending.attempts += 1
    const step = this.#stepOf(app, typed)
    if (pending.code === undefined ? step !== undefined : typed === pending.code) {
      this.pending = undefined
      if (pending.code === undefined && step !== undefined) this.accepted.push(step)
      return { outcome: 'answered', verified: true, status: 'approved', evaluated: true }
    }
    this.failures.push(this.now)
    if (pending.attempts === 5) this.pending = undefined
    const status = pending.attempts === 5 ? 'max_attempts' : 'pending'
    return { outcome: 'answered', verified: false, status, attemptsLeft: 5 - pending.attempts }
  }

  /** The earliest step near now that has the code and is later than every accepted one. */
  #stepOf({ secret }: App, typed: string): number | undefined {
    const current = Math.floor(this.now / STEP_MS)
    const latest = this.accepted.at(-1) ?? -Infinity
    return [current - 1, current, current + 1].find(
      (step) => step > latest && codeOfStep(secret, step) === typed,
    )
  }
}

let numbers = 0

async function play(actions: readonly Action[]): Promise<void> {
  numbers += 1
  const phone = `+3725${String(6_000_000 + numbers)}`
  const object = await lineOfNumber(phone)
  const line = lineClient({ phone })
  const app = await makeApp()
  const model = new Model()
  const check = async (typed: string) => {
    const expected = model.check(app, typed)
    expect(await line.checkLatest(typed, app)).toMatchObject(expected)
  }
  for (const one of actions) {
    switch (one.do) {
      case 'challenge': {
        const same = model.pending?.code === undefined ? model.pending : undefined
        const isRefused = model.isRefused(same)
        const answer = await line.challenge()
        expect(answer.outcome).toBe(isRefused ? 'refused' : 'begun')
        if (answer.outcome !== 'begun') break
        if (same !== undefined) expect(answer.verification.id).toBe(same.id)
        else expect(answer.verification.id).not.toBe(model.pending?.id)
        model.begin(answer.verification.id, undefined)
        expect(answer.verification.attempts).toBe(model.pending?.attempts)
        break
      }
      case 'text': {
        // A day has fifteen messages; more are no matter of this test.
        if (model.texts === 15) break
        const same = model.pending?.code === undefined ? undefined : model.pending
        const isRefused = model.isRefused(same)
        const answer = await line.text()
        expect(answer.outcome).toBe(isRefused ? 'refused' : 'admitted')
        if (answer.outcome !== 'admitted') break
        model.texts += 1
        if (same !== undefined) expect(answer).toMatchObject({ code: same.code })
        model.begin(answer.verification.id, answer.code)
        break
      }
      case 'textCode':
        await check(model.pending?.code ?? '999999')
        break
      case 'app':
        await check(codeOfStep(app.secret, Math.floor(model.now / STEP_MS) + one.steps))
        break
      case 'replay': {
        const step = model.accepted.at(-1 - one.back)
        if (step !== undefined) await check(codeOfStep(app.secret, step))
        break
      }
      case 'guess':
        for (let n = 0; n < one.count; n += 1) await check(String(n).padStart(6, '0'))
        break
      case 'advance':
        model.advance(one.milliseconds)
        vi.setSystemTime(model.now)
        break
      case 'evict':
        await evict(object)
        break
    }
  }
  await agree(model, line)
}

/** What the line has written down at the end, beside its answers. */
async function agree(model: Model, line: ReturnType<typeof lineClient>): Promise<void> {
  const records = await line.records()
  const verifications = records.map(({ verification }) => verification)
  expect(verifications.filter(({ attempts }) => attempts > 5)).toEqual([])
  const byApp = verifications.filter(({ channel }) => channel === 'totp')
  const approved = byApp.filter(({ status }) => status === 'approved')
  expect(approved).toHaveLength(model.accepted.length)
  const pending = verifications.filter(({ status }) => status === 'pending')
  expect(pending.map(({ id }) => id)).toEqual(model.pending === undefined ? [] : [model.pending.id])
  const increasing = model.accepted.every((step, n) => step > (model.accepted[n - 1] ?? -1))
  expect(increasing).toBe(true)
  const wrong = verifications.reduce(
    (sum, { attempts, status }) => sum + attempts - (status === 'approved' ? 1 : 0),
    0,
  )
  expect(wrong).toBe(model.failures.length)
  for (const at of model.failures) {
    const hour = model.failures.filter((other) => other > at - HOUR && other <= at)
    expect(hour.length).toBeLessThanOrEqual(15)
  }
}

describe('any sequence of logins by an app and by messages (T-10, N-01, N-20)', () => {
  it(`is answered as the model says, in ${RUNS} sequences`, { timeout: 600_000 }, async () => {
    stopClockWithinStep()
    hurryTimers()
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40, size: 'max' }), play),
      { numRuns: RUNS },
    )
  })
})
