import { runDurableObjectAlarm } from 'cloudflare:test'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { account, wrong, type Account } from '../support/api.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { LineModel } from '../support/line-model.ts'
import { testEnv } from '../support/env.ts'
import { evict, hurryTimers, lineOfNumber } from '../support/lines.ts'

const RUNS = testEnv.TEST_LONG ? 2000 : 500

type Step =
  | { readonly do: 'start' | 'resend' | 'cancel'; readonly project: number }
  | {
      readonly do: 'check'
      readonly project: number
      readonly right: boolean
      readonly old: boolean
    }
  | { readonly do: 'guess'; readonly project: number }
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'evict' | 'alarm' }

const project = fc.integer({ min: 0, max: 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('start', 'resend'), project }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), project }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('check'),
      project,
      right: fc.boolean(),
      old: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('guess'), project }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance'),
      milliseconds: fc.constantFrom(1, 999, 60_000, 599_999, 600_000, 3_600_000, 86_400_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('evict', 'alarm') }) },
)

let numbers = 0

/** Plays steps against the service and the model, and compares each answer. */
async function play(steps: readonly Step[], accounts: readonly Account[], sent: () => string) {
  numbers += 1
  const phoneNumber = `+3725${String(5_000_000 + numbers).slice(-7)}`
  const line = await lineOfNumber(phoneNumber)
  const model = new LineModel(Date.now())
  const caller = (index: number) => {
    const found = accounts[index]
    if (found === undefined) throw new Error('no such project')
    return found
  }
  const check = async (index: number, right: boolean, old: boolean) => {
    const mine = model.project(index)
    const verification = old ? mine.verifications[0] : mine.verifications.at(-1)
    if (verification === undefined) return
    const code = right ? verification.code : wrong(verification.code)
    const answer = await caller(index).check({ id: verification.id, code })
    const expected = model.check(mine, verification, right)
    if (answer.status === 404 && model.mayHaveForgotten(verification)) return
    expect(answer).toMatchObject(expected)
  }
  for (const action of steps) {
    switch (action.do) {
      case 'start':
      case 'resend': {
        const mine = model.project(action.project)
        const live = model.pending(mine)
        if (action.do === 'resend' && live === undefined) break
        const expected = model.expectStart(mine)
        const answer =
          live !== undefined && action.do === 'resend'
            ? await caller(action.project).send('POST', `/v1/verifications/${live.id}/resend`)
            : await caller(action.project).start({ phoneNumber })
        expect(answer.status).toBe(expected.status)
        if (expected.code !== undefined) expect(answer.body['code']).toBe(expected.code)
        if (answer.status !== 201) break
        model.started(mine, answer.body['id'] as string, sent())
        expect(answer.body['id']).toBe(model.pending(mine)?.id)
        expect(sent()).toBe(model.pending(mine)?.code)
        break
      }
      case 'cancel': {
        const verification = model.project(action.project).verifications.at(-1)
        if (verification === undefined) break
        const answer = await caller(action.project).send(
          'DELETE',
          `/v1/verifications/${verification.id}`,
        )
        const forgotten = answer.status === 404 && model.mayHaveForgotten(verification)
        if (!forgotten) expect(answer.status).toBe(model.cancel(verification))
        break
      }
      case 'check':
        await check(action.project, action.right, action.old)
        break
      case 'guess':
        for (let guess = 0; guess < 5; guess += 1) await check(action.project, false, false)
        break
      case 'advance':
        model.advance(action.milliseconds)
        vi.setSystemTime(model.now)
        break
      case 'evict':
        await evict(line)
        break
      case 'alarm':
        await runDurableObjectAlarm(line)
        break
    }
  }
}

describe('any sequence of requests about a number (N-20)', () => {
  it(
    `is answered as the reference model says, in ${RUNS} sequences`,
    { timeout: 600_000 },
    async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      hurryTimers()
      const provider = fakeProvider()
      const settings = { sendsPerDay: null, sendsPerCountryPerDay: null }
      const accounts = [await account({ settings }), await account({ settings })]
      const sent = () => provider.messages.at(-1)?.code ?? ''
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) =>
          play(steps, accounts, sent),
        ),
        { numRuns: RUNS },
      )
      expect(provider.messages.length).toBeGreaterThan(RUNS)
    },
  )
})
