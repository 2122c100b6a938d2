import { describe, expect, it } from 'vitest'
import { account, client, PHONE, wrong } from '../support/api.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { rowsOfLines } from '../support/lines.ts'
import { YIELD_POINTS, yieldAt } from '../support/yields.ts'

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

async function pending(settings = {}) {
  const provider = fakeProvider()
  const caller = await account({ settings })
  const { body } = await caller.start()
  return { ...caller, id: body['id'] as string, code: provider.messages[0]?.code ?? '', provider }
}

describe('parallel wrong checks (N-01)', () => {
  it.each(YIELD_POINTS.flatMap((point) => [6, 20, 100].map((count) => ({ point, count }))))(
    'evaluates exactly 5 of $count, giving way $point',
    async ({ point, count }) => {
      const { id, code, secret } = await pending()
      const send = client(secret, yieldAt(point))
      const answers = await Promise.all(
        times(count, (n) =>
          send('POST', '/v1/verifications/check', { id, code: wrong(code, n + 1) }),
        ),
      )
      const statuses = answers.map(({ body }) => body['status'] as string)
      expect(statuses.filter((status) => status === 'pending')).toHaveLength(4)
      expect(statuses.filter((status) => status === 'max_attempts')).toHaveLength(count - 4)
      const [row] = await rowsOfLines('verifications')
      expect(row).toMatchObject({ attempts: 5, status: 'max_attempts' })
      expect(await rowsOfLines('failures')).toHaveLength(5)
    },
  )
})

describe('parallel right checks (N-02)', () => {
  it.each(YIELD_POINTS)('approves exactly one of 50, giving way %s', async (point) => {
    const { id, code, secret } = await pending()
    const send = client(secret, yieldAt(point))
    const answers = await Promise.all(
      times(50, () => send('POST', '/v1/verifications/check', { id, code })),
    )
    expect(answers.filter(({ body }) => body['verified'] === true)).toHaveLength(1)
    expect(answers.filter(({ body }) => body['status'] === 'used')).toHaveLength(49)
    const events = await rowsOfLines('events')
    expect(events.filter(({ type }) => type === 'verification.approved')).toHaveLength(1)
  })
})

describe('parallel starts', () => {
  it('makes one verification and one code for one number and purpose', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    const answers = await Promise.all(times(5, () => start()))
    expect(new Set(answers.map(({ body }) => body['id'] as string)).size).toBe(1)
    expect(new Set(provider.messages.map(({ code }) => code)).size).toBe(1)
  })

  it('admits exactly 5 of 50 within ten minutes', async () => {
    const provider = fakeProvider()
    const { secret } = await account()
    const send = client(secret, yieldAt('everywhere'))
    const answers = await Promise.all(
      times(50, () => send('POST', '/v1/verifications', { phoneNumber: PHONE })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(45)
    expect(provider.messages).toHaveLength(5)
  })

  it.each([
    ['project', { sendsPerDay: 3, sendsPerCountryPerDay: null }],
    ['country', { sendsPerDay: null, sendsPerCountryPerDay: 3 }],
  ])('lets exactly one of 50 through a %s cap with one left', async (_, settings) => {
    const provider = fakeProvider()
    const { start } = await account({ settings })
    await start({ phoneNumber: '+37255500001' })
    await start({ phoneNumber: '+37255500002' })
    const answers = await Promise.all(
      times(50, (n) => start({ phoneNumber: `+372555010${String(n).padStart(2, '0')}` })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(provider.messages).toHaveLength(3)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body).toMatchObject({ code: 'too_many_project_sends' })
  })
})

describe('a restart between wrong checks (N-07)', () => {
  it('never enlarges the budget of a number', async () => {
    const { start, check, provider } = await pending({
      sendsPerNumber: [{ limit: 100, seconds: 600 }],
    })
    let evaluated = 0
    for (let round = 0; round < 6; round += 1) {
      const { status, body } = await start()
      if (status !== 201) {
        expect(body).toMatchObject({ code: 'too_many_failed_checks' })
        continue
      }
      const code = provider.messages.at(-1)?.code ?? ''
      for (let guess = 1; guess <= 4; guess += 1) {
        const answer = await check({ id: body['id'], code: wrong(code, guess) })
        if (answer.status === 200 && answer.body['status'] !== 'expired') evaluated += 1
      }
    }
    expect(evaluated).toBeLessThanOrEqual(15 + 9)
    expect(await rowsOfLines('failures')).toHaveLength(15)
  })

  it('keeps the attempts of a pending verification', async () => {
    const { start, check, send, id, code } = await pending()
    for (let guess = 1; guess <= 4; guess += 1) await check({ id, code: wrong(code, guess) })
    expect((await start()).body).toMatchObject({ id, attemptsLeft: 1 })
    expect((await send('POST', `/v1/verifications/${id}/resend`)).body).toMatchObject({
      attemptsLeft: 1,
    })
  })
})

describe('another project on the same number (T-21)', () => {
  it('tells nothing of its messages', async () => {
    fakeProvider()
    const [first, second] = [await account(), await account()]
    for (let n = 0; n < 4; n += 1) await first.start()
    const { body } = await second.start()
    const { text } = await second.send('GET', `/v1/verifications/${body['id']}/timeline`)
    expect(JSON.parse(text)).toMatchObject({ events: [{}, { sends24h: 1 }, {}] })
    expect(text).not.toMatch(/[:"][45][,"}]/)
  })

  it('has test lines of its own: many test messages lock out no other test key', async () => {
    const settings = { sendsPerNumber: [{ limit: 100, seconds: 600 }] }
    const [first, second] = [
      await account({ mode: 'test', settings }),
      await account({ mode: 'test' }),
    ]
    for (let n = 0; n < 15; n += 1) {
      expect((await first.start({ phoneNumber: '+11111111111' })).status).toBe(201)
    }
    expect((await second.start({ phoneNumber: '+11111111111' })).status).toBe(201)
  })

  it('keeps its own attempts and code', async () => {
    const first = await pending()
    const second = await account()
    const { body } = await second.start()
    const code = first.provider.messages.at(-1)?.code ?? ''
    for (let guess = 1; guess <= 5; guess += 1) {
      await first.check({ id: first.id, code: wrong(first.code, guess) })
    }
    expect((await second.check({ id: first.id, code: first.code })).status).toBe(404)
    expect((await second.check({ id: body['id'], code })).body).toMatchObject({ verified: true })
  })
})
