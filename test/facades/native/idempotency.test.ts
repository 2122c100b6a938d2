import {
  evictAllDurableObjects,
  listDurableObjectIds,
  runDurableObjectAlarm,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, PHONE, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { stopClock, withoutRequestId } from './support.ts'

const KEY = { 'idempotency-key': '8e03978e-40d5-43e8-bc93-6894a57f9324' }

describe('POST /v1/verifications with Idempotency-Key', () => {
  it('sends one message for ten starts at once', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    const answers = await Promise.all(Array.from({ length: 10 }, () => start({}, KEY)))
    expect(provider.messages).toHaveLength(1)
    const first = answers.find(({ status }) => status === 201)
    for (const answer of answers.filter(({ status }) => status === 201)) {
      expect(answer.text).toBe(first?.text)
    }
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer).toBeProblem(409, 'idempotency_running')
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    }
    expect((await start({}, KEY)).text).toBe(first?.text)
    expect(provider.messages).toHaveLength(1)
  })

  it('answers 409 while the first request is running', async () => {
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const provider = fakeProvider(() => {
      reached.resolve()
      return gate.promise
    })
    const { start } = await account()
    const first = start({}, KEY)
    await reached.promise
    expect(await start({}, KEY)).toBeProblem(409, 'idempotency_running')
    gate.resolve()
    expect((await first).status).toBe(201)
    expect(await start({}, KEY).then(withoutRequestId)).toEqual(withoutRequestId(await first))
    expect(provider.messages).toHaveLength(1)
  })

  it('answers the same again, also after every object was evicted', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    const first = withoutRequestId(await start({}, KEY))
    expect(first.status).toBe(201)
    expect(withoutRequestId(await start({}, KEY))).toEqual(first)
    await evictAllDurableObjects()
    expect(withoutRequestId(await start({}, KEY))).toEqual(first)
    expect(provider.messages).toHaveLength(1)
  })

  it('answers the same again after the verification has ended', async () => {
    const provider = fakeProvider()
    const { start, check } = await account()
    const first = await start({}, KEY)
    await check({ id: first.body['id'], code: provider.messages[0]?.code })
    expect((await start({}, KEY)).text).toBe(first.text)
    expect(provider.messages).toHaveLength(1)
  })

  it('answers the same again to the same fields in another encoding', async () => {
    const provider = fakeProvider()
    const { start, send } = await account()
    const first = await start({}, KEY)
    const body = new URLSearchParams({ phoneNumber: PHONE }).toString()
    expect((await send('POST', '/v1/verifications', body, KEY)).text).toBe(first.text)
    expect(provider.messages).toHaveLength(1)
  })

  it('answers 202 again to Prefer: respond-async', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    const headers = { ...KEY, prefer: 'respond-async' }
    const first = withoutRequestId(await start({}, headers))
    expect(first.status).toBe(202)
    expect(withoutRequestId(await start({}, headers))).toEqual(first)
    await vi.waitFor(() => expect(provider.messages).toHaveLength(1))
  })

  it.each([
    ['phone', { phoneNumber: '+12025550124' }],
    ['purpose', { purpose: 'payment' }],
    ['length of the code', { codeLength: 8 }],
    ['metadata', { metadata: { user: '42' } }],
  ])('refuses another %s under the key, and sends nothing', async (_, other) => {
    const provider = fakeProvider()
    const { start } = await account()
    const first = await start({}, KEY)
    expect(await start(other, KEY)).toBeProblem(422, 'idempotency_mismatch')
    expect((await start({}, KEY)).text).toBe(first.text)
    expect(provider.messages).toHaveLength(1)
  })

  it('keeps the keys of projects and of modes apart', async () => {
    const provider = fakeProvider()
    const first = await account()
    const second = await account()
    const test = await account({ projectId: first.projectId, mode: 'test' })
    const ids = [await first.start({}, KEY), await second.start({}, KEY), await test.start({}, KEY)]
    expect(ids.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(ids.map(({ body }) => body['id'] as string)).size).toBe(3)
    expect(provider.messages).toHaveLength(2)
  })

  it('forgets a request that no provider took', async () => {
    const provider = fakeProvider({ status: 500 })
    const { start } = await account()
    expect(await start({}, KEY)).toBeProblem(503, 'delivery_unavailable')
    expect((await start({}, KEY)).status).toBe(201)
    expect((await start({}, KEY)).status).toBe(201)
    expect(provider.messages).toHaveLength(2)
  })

  it('forgets a request that was refused, so that its key can be used for another', async () => {
    const provider = fakeProvider()
    const { start } = await account({ settings: { countries: ['US'] } })
    const abroad = { phoneNumber: '+37255500001' }
    expect(await start(abroad, KEY)).toBeProblem(403, 'country_refused')
    expect((await start({}, KEY)).status).toBe(201)
    expect(provider.messages).toHaveLength(1)
  })

  it('forgets a request that came too early', async () => {
    const provider = fakeProvider()
    const clock = stopClock()
    const { start } = await account({
      environment: clock.environment,
      settings: { secondsBetweenSends: { secret: 30 } },
    })
    await start()
    expect(await start({}, KEY)).toBeProblem(429, 'too_many_sends')
    clock.advance(30_000)
    expect((await start({}, KEY)).status).toBe(201)
    expect(provider.messages).toHaveLength(2)
  })

  it('forgets a key after 24 hours', async () => {
    const provider = fakeProvider()
    const clock = stopClock()
    const { start } = await account({ environment: clock.environment })
    const first = await start({}, KEY)
    clock.advance(24 * 3_600_000 - 1)
    expect((await start({}, KEY)).text).toBe(first.text)
    clock.advance(1)
    for (const id of await listDurableObjectIds(env.IDEMPOTENCY)) {
      await runDurableObjectAlarm(env.IDEMPOTENCY.get(id))
    }
    const next = await start({}, KEY)
    expect(next.status).toBe(201)
    expect(next.body['id']).not.toBe(first.body['id'])
    expect(provider.messages).toHaveLength(2)
  })

  it.each([
    ['empty', ''],
    ['256 characters', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['outside ASCII', 'clé'],
  ])('refuses a key that is %s', async (_, key) => {
    const provider = fakeProvider()
    const { start } = await account()
    const answer = await start({}, { 'idempotency-key': key })
    expect(answer).toBeProblem(400, 'unreadable_request')
    expect(answer.body['detail']).toContain('Idempotency-Key')
    expect(provider.messages).toEqual([])
  })
})

describe('an Idempotency-Key of a request that did not succeed', () => {
  it('is free again after a number that is none', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await start({ phoneNumber: '+1999' }, KEY)).toBeProblem(422, 'invalid_phone')
    }
    expect((await start({}, KEY)).status).toBe(201)
    expect(provider.messages).toHaveLength(1)
  })

  it('is free again when the message of a request that was answered 202 fails', async () => {
    const provider = fakeProvider({ status: 500 })
    const { start } = await account()
    const headers = { ...KEY, prefer: 'respond-async' }
    expect((await start({}, headers)).status).toBe(202)
    await vi.waitFor(async () => expect((await start({}, KEY)).status).toBe(201))
    await vi.waitFor(() => expect(provider.messages).toHaveLength(2))
  })
})

describe('POST /v1/verifications/{id}/resend with Idempotency-Key', () => {
  it('sends one message for two requests', async () => {
    const provider = fakeProvider()
    const { start, send } = await account()
    const { body } = await start()
    const resend = () => send('POST', `/v1/verifications/${body['id']}/resend`, undefined, KEY)
    const first = await resend()
    expect(first.status).toBe(201)
    expect((await resend()).text).toBe(first.text)
    expect(provider.messages).toHaveLength(2)
  })
})

describe('a check under an Idempotency-Key that was answered', () => {
  it('is no place to guess: after five other codes the right one is refused too', async () => {
    const provider = fakeProvider()
    const { start, check } = await account()
    const { body } = await start()
    const code = provider.messages[0]?.code ?? ''
    const id = body['id'] as string
    expect((await check({ id, code }, KEY)).body).toMatchObject({ verified: true })
    expect((await check({ id, code }, KEY)).body).toMatchObject({ verified: true })
    for (let guess = 1; guess <= 5; guess += 1) {
      const other = await check({ id, code: wrong(code, guess) }, KEY)
      expect(other).toBeProblem(422, 'idempotency_mismatch')
    }
    expect(await check({ id, code }, KEY)).toBeProblem(422, 'idempotency_mismatch')
  })
})
