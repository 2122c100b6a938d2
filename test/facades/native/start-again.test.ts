import { describe, expect, it, vi } from 'vitest'
import { account, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { pending, stopClock } from './support.ts'

/** A provider that answers when it is told to. */
function slowProvider() {
  const gate = Promise.withResolvers<void>()
  return { ...fakeProvider(() => gate.promise), answer: () => gate.resolve() }
}

describe('POST /v1/verifications while one is pending', () => {
  it('sends the same code again and answers the same id', async () => {
    const { id, code, started, start, last, provider } = await pending()
    const again = await start({ phoneNumber: '+1 (202) 555-0123' })
    expect(again.status).toBe(201)
    expect(again.body).toMatchObject({ id, expires: started.body['expires'], attemptsLeft: 5 })
    expect(again.body['delivery'].id).not.toBe(started.body['delivery'].id)
    expect(provider.messages).toHaveLength(2)
    expect(last()?.code).toBe(code)
  })

  it('does not make the code live longer', async () => {
    const clock = stopClock()
    const { id, code, start, check } = await pending({ environment: clock.environment })
    clock.advance(599_000)
    await start()
    clock.advance(1000)
    expect((await check({ id, code })).body).toMatchObject({ verified: false, status: 'expired' })
  })

  it('makes another id and another code for another purpose', async () => {
    const { id, code, start, check, last } = await pending({}, { codeLength: 10 })
    const { body } = await start({ purpose: 'payment', codeLength: 10 })
    expect(body['id']).not.toBe(id)
    expect(last()?.code).not.toBe(code)
    expect((await check({ id: body['id'], code })).body['verified']).toBe(false)
    expect((await check({ id, code: last()?.code })).body['verified']).toBe(false)
    expect((await check({ id, code })).body['verified']).toBe(true)
  })

  it('makes another id and another code for another project', async () => {
    const first = await pending({}, { codeLength: 10 })
    const second = await account()
    const { body } = await second.start({ codeLength: 10 })
    expect(body['id']).not.toBe(first.id)
    expect(first.last()?.code).not.toBe(first.code)
  })

  it('makes another id and another code after it has ended', async () => {
    const { id, code, start, check, last } = await pending({}, { codeLength: 10 })
    await check({ id, code })
    const { body } = await start({ codeLength: 10 })
    expect(body['id']).not.toBe(id)
    expect(last()?.code).not.toBe(code)
    expect((await check({ id: body['id'], code: last()?.code })).body['verified']).toBe(true)
  })

  it('sends a fresh code with the setting resend "new", which voids the one before', async () => {
    const { id, code, start, check, last } = await pending(
      { settings: { resend: 'new' } },
      { codeLength: 10 },
    )
    const { body } = await start({ codeLength: 10 })
    expect(body['id']).toBe(id)
    const fresh = last()?.code
    expect(fresh).not.toBe(code)
    expect((await check({ id, code })).body).toMatchObject({ verified: false, attemptsLeft: 4 })
    expect((await start({ codeLength: 10 })).body).toMatchObject({ id, attemptsLeft: 4 })
    expect((await check({ id, code: fresh })).body['verified']).toBe(false)
    expect((await check({ id, code: last()?.code })).body['verified']).toBe(true)
  })

  it('keeps the code of a verification whose second message was not taken', async () => {
    const { id, code, provider, start, check } = await pending()
    provider.script({ status: 500 })
    expect(await start()).toBeProblem(503, 'delivery_unavailable')
    expect((await check({ id, code })).body['verified']).toBe(true)
  })
})

describe('POST /v1/verifications with Prefer: respond-async', () => {
  it('answers 202 before the provider has answered', async () => {
    const provider = slowProvider()
    const { start, send, check } = await account()
    const answer = await start({}, { prefer: 'respond-async' })
    expect(answer.status).toBe(202)
    expect(answer).toCarryCommonHeaders()
    const { id } = answer.body
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^ver_[0-9a-f]{32}$/) as string,
      status: 'pending',
      phoneNumber: PHONE,
      delivery: { provider: 'twilio', status: 'sending' },
    })
    const deliveries = async () =>
      (await send('GET', `/v1/verifications/${id}`)).body['deliveries'] as object[]
    expect(await deliveries()).toMatchObject([{ status: 'sending' }])
    provider.answer()
    await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ status: 'sent' }]))
    expect(provider.messages).toHaveLength(1)
    const code = provider.messages[0]?.code
    expect((await check({ id, code })).body['verified']).toBe(true)
  })

  it.each(['wait=5, respond-async', 'Respond-Async', 'respond-async; wait=10'])(
    'understands Prefer: %s',
    async (prefer) => {
      fakeProvider()
      const { start } = await account()
      expect((await start({}, { prefer })).status).toBe(202)
    },
  )

  it.each(['return=minimal', 'wait=5', ''])('answers 201 to Prefer: %s', async (prefer) => {
    fakeProvider()
    const { start } = await account()
    const answer = await start({}, { prefer })
    expect(answer.status).toBe(201)
    expect(answer.body['delivery'].status).toBe('sent')
  })

  it('shows a message that no provider took in the verification', async () => {
    fakeProvider({ status: 500 })
    const { start, send } = await account()
    const { status, body } = await start({}, { prefer: 'respond-async' })
    expect(status).toBe(202)
    await vi.waitFor(async () => {
      const got = await send('GET', `/v1/verifications/${body['id']}`)
      expect(got.body).toMatchObject({ status: 'failed', deliveries: [{ status: 'failed' }] })
    })
  })

  it('still refuses at once what is refused before the message', async () => {
    const provider = fakeProvider()
    const { start } = await account({ settings: { countries: ['EE'] } })
    expect(await start({}, { prefer: 'respond-async' })).toBeProblem(403, 'country_refused')
    expect(provider.messages).toEqual([])
  })
})
