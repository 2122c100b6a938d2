import { describe, expect, it } from 'vitest'
import { account, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { badFields, stopClock } from './support.ts'

describe('a test key', () => {
  it.each([
    ['+11111111111', '+11111111111', 'US'],
    ['1 111-111-1111', '+11111111111', 'US'],
    ['+1 123 456 6663', '+11234566663', 'US'],
    ['3725555555', '+3725555555', 'EE'],
    [PHONE, PHONE, 'US'],
  ])('sends to %s without any provider', async (phoneNumber, e164, country) => {
    const provider = fakeProvider()
    const { start, check, send } = await account({ mode: 'test' })
    const started = await start({ phoneNumber })
    expect(started.status).toBe(201)
    expect(started.body).toMatchObject({
      phoneNumber: e164,
      country,
      delivery: { provider: 'inbox', status: 'sent' },
    })
    expect(provider.spy).not.toHaveBeenCalled()
    const { body } = await send('GET', `/v1/test/inbox?to=${encodeURIComponent(phoneNumber)}`)
    expect(body).toHaveLength(1)
    expect(body[0]).toMatchObject({ to: e164, verificationId: started.body['id'] })
    const { id } = started.body
    expect((await check({ id, code: body[0].code })).body['verified']).toBe(true)
  })

  it('uses none of the budget of a live number, and the live key none of its own', async () => {
    const provider = fakeProvider()
    const test = await account({ mode: 'test' })
    for (let sent = 1; sent <= 5; sent += 1) expect((await test.start()).status).toBe(201)
    expect(await test.start()).toBeProblem(429, 'too_many_sends')
    const modes = async () => new Set((await rowsOfLines('verifications')).map(({ mode }) => mode))
    expect(await modes()).toEqual(new Set(['test']))
    const live = await account({ projectId: test.projectId })
    for (let sent = 1; sent <= 5; sent += 1) expect((await live.start()).status).toBe(201)
    expect(provider.messages).toHaveLength(5)
    expect(await modes()).toEqual(new Set(['live', 'test']))
  })

  it('sends the fixed code of a test number until its date', async () => {
    const clock = stopClock()
    const code = '4242424242'
    const until = new Date(clock.start + 3_600_000).toISOString()
    const testNumbers = [
      { number: PHONE, code, until },
      { number: '+99900000001', code, until },
    ]
    const { start, send, check } = await account({
      mode: 'test',
      settings: { testNumbers },
      environment: clock.environment,
    })
    const codeFor = async (phoneNumber: string) => {
      expect((await start({ phoneNumber })).status).toBe(201)
      return (await send('GET', '/v1/test/inbox')).body[0].code as string
    }
    clock.at(clock.start + 3_600_000 - 1)
    expect(await codeFor('+99900000001')).toBe(code)
    expect(await codeFor(PHONE)).toBe(code)
    expect((await check({ phoneNumber: PHONE, code })).body['verified']).toBe(true)
    clock.at(clock.start + 3_600_000)
    expect(await codeFor(PHONE)).toMatch(/^\d{6}$/)
  })

  it('refuses what is no number and no test number', async () => {
    const { start } = await account({ mode: 'test' })
    expect(await start({ phoneNumber: '+11111111112' })).toBeProblem(422, 'invalid_phone')
    expect(await start({ phoneNumber: '+99900000001' })).toBeProblem(422, 'invalid_phone')
  })

  it('keeps its verifications apart from those of live keys', async () => {
    fakeProvider()
    const test = await account({ mode: 'test' })
    const live = await account({ projectId: test.projectId })
    const { body } = await test.start()
    expect(await live.send('GET', `/v1/verifications/${body['id']}`)).toBeProblem(404, 'not_found')
    expect((await live.send('GET', `/v1/verifications?phoneNumber=${PHONE}`)).body['data']).toEqual(
      [],
    )
    expect((await test.send('GET', `/v1/verifications/${body['id']}`)).status).toBe(200)
  })
})

describe('GET /v1/test/inbox', () => {
  it("shows the project's last messages, newest first, of one number when asked", async () => {
    fakeProvider()
    const { start, send } = await account({ mode: 'test' })
    const other = await account({ mode: 'test' })
    await other.start({ purpose: 'of another project' })
    const phones = [PHONE, '+12025550124', PHONE]
    for (const phoneNumber of phones) await start({ phoneNumber })
    const all = await send('GET', '/v1/test/inbox')
    expect(all.status).toBe(200)
    expect(all.body.map(({ to }: { to: string }) => to)).toEqual([PHONE, '+12025550124', PHONE])
    expect(all.body[0]).toEqual({
      to: PHONE,
      channel: 'sms',
      provider: 'inbox',
      body: expect.stringContaining(all.body[0].code) as string,
      code: expect.stringMatching(/^\d{6}$/) as string,
      verificationId: expect.stringMatching(/^ver_[0-9a-f]{32}$/) as string,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    })
    const one = await send('GET', '/v1/test/inbox?to=12025550124')
    expect(one.body.map(({ to }: { to: string }) => to)).toEqual(['+12025550124'])
  })

  it('is empty before the first message', async () => {
    const { send } = await account({ mode: 'test' })
    const answer = await send('GET', '/v1/test/inbox')
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('[]')
  })

  it('is not for live keys', async () => {
    const { send } = await account()
    const answer = await send('GET', '/v1/test/inbox')
    expect(answer).toBeProblem(403, 'key_not_allowed')
    expect(answer.body['detail']).toContain('test key')
  })

  it.each(['from', 'limit', 'TO'])('refuses the field %s', async (field) => {
    const { send } = await account({ mode: 'test' })
    const answer = await send('GET', `/v1/test/inbox?${field}=1`)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual([field])
  })
})
