import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { badFields, SMS_ONLY, stopClock, ORIGIN, page } from './support.ts'

const STARTED = [
  'id',
  'expires',
  'status',
  'channel',
  'phoneNumber',
  'resendAfter',
  'attemptsLeft',
  'codeLength',
]

describe('POST /v1/verifications from a page', () => {
  it.each(['live', 'test'] as const)(
    'starts, checks and sends again with a %s key',
    async (mode) => {
      const provider = fakeProvider()
      const clock = stopClock()
      const { start, check, resend } = await page({
        mode,
        environment: clock.environment,
        settings: {
          testNumbers: [{ number: PHONE, code: '314159', until: '2099-01-01T00:00:00Z' }],
        },
        ...(mode === 'live' && { settings: {} }),
      })
      const started = await start({ purpose: 'login' })
      expect(started.status).toBe(201)
      expect(Object.keys(started.body)).toEqual(STARTED)
      expect(started.body).toMatchObject({
        status: 'pending',
        channel: 'sms',
        phoneNumber: PHONE,
        resendAfter: 30,
        attemptsLeft: 5,
        codeLength: 6,
      })
      const { id } = started.body
      expect(await resend(id)).toBeProblem(429, 'too_many_sends')
      clock.advance(30_000)
      const resent = await resend(id)
      expect(resent.status).toBe(201)
      expect(resent.body).toEqual(started.body)
      const code = mode === 'live' ? (provider.messages[0]?.code ?? '') : '314159'
      expect((await check({ id, code: wrong(code) })).body).toEqual({
        verified: false,
        status: 'pending',
        attemptsLeft: 4,
      })
      expect((await check({ id, code })).body).toEqual({
        verified: true,
        status: 'approved',
        attemptsLeft: 0,
        proof: expect.any(String) as string,
        proofExpires: expect.any(Number) as number,
      })
      expect(provider.messages).toHaveLength(mode === 'live' ? 2 : 0)
    },
  )

  it('binds the code to the host of the page, if asked to', async () => {
    const provider = fakeProvider()
    const { start } = await page({
      restrictions: { origins: ['https://shop.example:8443', ORIGIN] },
    })
    expect((await start({ domain: 'shop.example' })).status).toBe(201)
    const { code, text } = provider.messages[0] ?? { code: '', text: '' }
    expect(text.endsWith(`\n\n@shop.example #${code}`)).toBe(true)
    for (const domain of ['evil.example', 'a.shop.example', 'example', 'shop.example.evil.com']) {
      const answer = await start({ domain })
      expect(answer).toBeProblem(422, 'invalid_request')
      expect(badFields(answer)).toEqual(['domain'])
    }
  })

  it.each([
    ['code', '123456'],
    ['codeLength', 8],
    ['template', 'login'],
    ['appHash', 'FA+9qCX9VSu'],
    ['metadata', { a: 'b' }],
    ['metadata[a]', 'b'],
    ['ip', '192.0.2.1'],
    ['ip', null],
  ])('refuses %s, which is for servers', async (field, value) => {
    const provider = fakeProvider()
    const settings = { customCodes: true, templates: { login: '{{code}}' } }
    const answer = await (await page({ settings })).start({ [field]: value })
    expect(answer).toBeProblem(403, 'field_not_allowed')
    expect(answer.body['detail']).toContain(`The field ${field} `)
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(provider.spy).not.toHaveBeenCalled()
  })

  it.each([
    [{ phone: PHONE }, ['phone']],
    [{ phoneNumber: '' }, ['phoneNumber']],
    [{ channel: 'fax' }, ['channel']],
    [{ turnstileToken: '' }, ['turnstileToken']],
    [{ turnstileToken: 'x'.repeat(2049) }, ['turnstileToken']],
    [{ turnstileToken: 1 }, ['turnstileToken']],
    [JSON.parse('{"__proto__":{"ip":"192.0.2.1"}}'), ['__proto__']],
  ])('names the bad field of %j', async (body: object, fields) => {
    const answer = await (await page()).start(body)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(fields)
  })

  it('knows no turnstileToken of a server', async () => {
    const answer = await (await account()).start({ turnstileToken: 'x' })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['turnstileToken'])
  })

  it('uses the template of the key', async () => {
    const provider = fakeProvider()
    const { start } = await page({
      restrictions: { template: 'login' },
      settings: { templates: { login: 'Our code: {{code}}' } },
    })
    await start()
    expect(provider.messages[0]?.text).toMatch(/^Our code: \d{6}$/)
    const unknown = await page({ restrictions: { template: 'gone' } })
    expect(await unknown.start()).toBeProblem(422, 'unknown_template')
  })

  it('keeps to the countries of both key and project', async () => {
    fakeProvider()
    const { start } = await page({
      restrictions: { countries: ['EE', 'US'] },
      settings: { countries: ['EE', 'FI'] },
    })
    expect((await start({ phoneNumber: '+37255500001' })).status).toBe(201)
    const ofProject = await start()
    expect(ofProject).toBeProblem(403, 'country_refused')
    expect(ofProject.body['detail']).toContain('The project does not send to US.')
    const ofKey = await start({ phoneNumber: '+358401234567' })
    expect(ofKey).toBeProblem(403, 'country_refused')
    expect(ofKey.body['detail']).toBe('The key does not send to FI.')
  })

  it('keeps to the channels of the key, also by auto and in a resend', async () => {
    const provider = fakeProvider()
    const { start, resend } = await page({
      restrictions: { channels: ['sms'] },
      settings: { secondsBetweenSends: { publishable: 0 } },
    })
    const started = await start({ channel: 'auto' })
    expect(started.body['channel']).toBe('sms')
    expect(provider.messages.map(({ to }) => to)).toEqual([PHONE])
    expect(await start({ channel: 'call' })).toBeProblem(422, 'channel_unavailable')
    expect(await resend(started.body['id'], { channel: 'whatsapp' })).toBeProblem(
      422,
      'channel_unavailable',
    )
    const onlyCalls = await page({ restrictions: { channels: ['call'] } })
    expect(await onlyCalls.start({ channel: 'auto' })).toBeProblem(422, 'channel_unavailable')
  })

  it('answers a repeated Idempotency-Key from another address and with another token', async () => {
    const provider = fakeProvider()
    const { start } = await page()
    const headers = { 'idempotency-key': 'k' }
    const first = await start(
      { turnstileToken: 'a' },
      { ...headers, 'cf-connecting-ip': '192.0.2.1' },
    )
    const again = await start(
      { turnstileToken: 'b' },
      { ...headers, 'cf-connecting-ip': '192.0.2.2' },
    )
    expect(again.body).toEqual(first.body)
    expect(await start({ purpose: 'p' }, headers)).toBeProblem(422, 'idempotency_mismatch')
    expect(provider.messages).toHaveLength(1)
  })

  it('takes no Idempotency-Key from a server, nor from another key', async () => {
    fakeProvider()
    const server = await account()
    const headers = { 'idempotency-key': 'order-1' }
    const first = await page({ projectId: server.projectId })
    const second = await page({ projectId: server.projectId })
    expect((await first.start({}, headers)).status).toBe(201)
    expect((await second.start({ phoneNumber: '+12025550124' }, headers)).status).toBe(201)
    expect((await server.start({ phoneNumber: '+12025550125' }, headers)).status).toBe(201)
  })

  it('answers 202 before the provider does, if asked to', async () => {
    const goOn = Promise.withResolvers<void>()
    fakeProvider(() => goOn.promise)
    const { start } = await page()
    const answer = await start({}, { prefer: 'respond-async' })
    expect(answer.status).toBe(202)
    expect(Object.keys(answer.body)).toEqual(STARTED)
    goOn.resolve()
  })
})

describe('POST /v1/verifications/check from a page', () => {
  it('checks nothing by number', async () => {
    const provider = fakeProvider()
    const { start, check } = await page()
    await start()
    const code = provider.messages[0]?.code
    const answer = await check({ phoneNumber: PHONE, code })
    expect(answer).toBeProblem(403, 'field_not_allowed')
    expect(answer.body['detail']).toContain('phoneNumber')
    expect(await rowsOfLines('verifications')).toMatchObject([{ attempts: 0 }])
  })

  it('checks what a server began, and learns nothing of its number', async () => {
    const provider = fakeProvider()
    const server = await account()
    const { body } = await server.start({ codeLength: 8, metadata: { user: '7' } })
    const { check, resend } = await page({ projectId: server.projectId })
    const settled = await resend(body['id'])
    expect(settled).toBeProblem(429, 'too_many_sends')
    expect(settled.text).not.toContain(PHONE.slice(2))
    const code = provider.messages[0]?.code ?? ''
    const { text } = await check({ id: body['id'], code: wrong(code) })
    expect(JSON.parse(text)).toEqual({ verified: false, status: 'pending', attemptsLeft: 4 })
    const right = await check({ id: body['id'], code })
    expect(right.body).toMatchObject({ verified: true, status: 'approved', attemptsLeft: 0 })
    expect(decodeJwt(right.body['proof'] as string).sub).toBe(body['id'])
    expect(right.text).not.toContain(PHONE.slice(2))
  })

  it('shows no number in a resend that no page had typed', async () => {
    fakeProvider()
    const server = await account({ settings: { secondsBetweenSends: { publishable: 0 } } })
    const { body } = await server.start({ codeLength: 8, metadata: { user: '7' } })
    const { resend } = await page({ projectId: server.projectId })
    const resent = await resend(body['id'])
    expect(resent.status).toBe(201)
    expect(Object.keys(resent.body)).toEqual(STARTED)
    expect(resent.body).toMatchObject({ phoneNumber: null, codeLength: 8 })
    expect(resent.text).not.toContain(PHONE.slice(2))
  })

  it('answers ids of other projects and modes as unknown ones', async () => {
    fakeProvider()
    const { start } = await page()
    const { body } = await start()
    const unknown = `ver_${'7'.repeat(32)}`
    for (const other of [await page(), await page({ mode: 'test' })]) {
      for (const ask of [
        (id: string) => other.check({ id, code: '123456' }),
        (id: string) => other.resend(id),
      ]) {
        const [foreign, made] = [await ask(body['id']), await ask(unknown)]
        expect(foreign).toBeProblem(404, 'not_found')
        const { instance: _, ...rest } = foreign.body
        expect(made.body).toMatchObject(rest)
      }
    }
  })
})

describe('GET /v1/publishable', () => {
  it.each([
    ['all of the project’s', {}, { countries: ['EE'] }, { countries: ['EE'] }],
    [
      'what is left of both',
      { countries: ['EE', 'FI'], channels: ['call', 'sms'] },
      { countries: ['FI', 'SE'], codeLength: 8 },
      { countries: ['FI'], channels: ['sms', 'call'], codeLength: 8 },
    ],
  ])('describes %s', async (_, restrictions, settings, expected) => {
    const { describe: ask } = await page({ restrictions, settings })
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toEqual({
      channels: ['sms', 'call', 'whatsapp'],
      codeLength: 6,
      turnstileSiteKey: null,
      ...expected,
    })
  })

  it('names no channel without a provider', async () => {
    const smsOnly = await page({ environment: SMS_ONLY })
    expect((await smsOnly.describe()).body['channels']).toEqual(['sms'])
    const test = await page({ environment: SMS_ONLY, mode: 'test' })
    expect((await test.describe()).body).toMatchObject({
      countries: '*',
      channels: ['sms', 'call', 'whatsapp'],
    })
  })
})
