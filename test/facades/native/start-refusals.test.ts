import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, PHONE, type Account } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { pending, SMS_ONLY } from './support.ts'

/** Expects that a refused start sent nothing and counted nothing. */
async function expectNothingDone(provider: ReturnType<typeof fakeProvider>): Promise<void> {
  expect(provider.messages).toEqual([])
  expect(await rowsOfLines('sends')).toEqual([])
}

const pause = ({ projectId }: Account) =>
  env.DB.prepare('UPDATE projects SET paused_at = ? WHERE id = ?').bind(Date.now(), projectId).run()

describe('POST /v1/verifications: refused', () => {
  it.each([
    ['not a number', 'call me'],
    ['too short', '+1202'],
    ['no such country', '+9991234567'],
    ['an extension', '+12025550123 ext. 5'],
    ['two pluses', '++12025550123'],
    ['a tel link', 'tel:+12025550123'],
    ['too long', `+1202555${'0'.repeat(60)}`],
    ['national', '2025550123'],
  ])('is a phone number that is none: %s', async (_, phoneNumber) => {
    const provider = fakeProvider()
    const { start } = await account()
    expect(await start({ phoneNumber })).toBeProblem(422, 'invalid_phone')
    await expectNothingDone(provider)
  })

  it.each([
    ['premium rate', '+19002345678'],
    ['premium rate abroad', '+449098790000'],
    ['toll-free', '+18002345678'],
    ['shared cost', '+448431234567'],
    ['company wide', '+443001234567'],
    ['pager', '+447640123456'],
    ['satellite', '+881612345678'],
  ])('is a number of a kind that gets no codes: %s', async (_, phoneNumber) => {
    const provider = fakeProvider()
    const { start } = await account()
    expect(await start({ phoneNumber })).toBeProblem(422, 'number_type_refused')
    await expectNothingDone(provider)
  })

  it('is a text message to a fixed line, with the advice to call', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    const answer = await start({ phoneNumber: '+442079460123' })
    expect(answer).toBeProblem(422, 'not_a_mobile')
    expect(answer.body['detail']).toContain('"call"')
    await expectNothingDone(provider)
  })

  it.each([
    ['an American number, fixed line or mobile', '+12025550123', {}],
    ['a fixed line, when the project allows it', '+442079460123', { smsToFixedLines: true }],
  ])('is not %s', async (_, phoneNumber, settings) => {
    const provider = fakeProvider()
    const { start } = await account({ settings })
    expect((await start({ phoneNumber })).status).toBe(201)
    expect(provider.messages).toHaveLength(1)
  })

  it.each([{ countries: ['EE', 'CA'] }, { countries: [] }])(
    'is a country that the project does not send to: %j',
    async (settings) => {
      const provider = fakeProvider()
      const { start } = await account({ settings })
      const answer = await start()
      expect(answer).toBeProblem(403, 'country_refused')
      expect(answer.body['detail']).toContain('US')
      await expectNothingDone(provider)
    },
  )

  it('is every start of a paused project, and no check', async () => {
    const { id, code, provider, ...caller } = await pending()
    await pause(caller)
    const later = await account({ projectId: caller.projectId, environment: { ...env } })
    expect(await later.start({ purpose: 'another' })).toBeProblem(403, 'project_paused')
    expect(await later.send('POST', `/v1/verifications/${id}/resend`)).toBeProblem(
      403,
      'project_paused',
    )
    expect(provider.messages).toHaveLength(1)
    expect((await later.check({ id, code })).body['verified']).toBe(true)
  })

  it.each([
    ['call', 'No provider sends by call to US.'],
    ['whatsapp', 'No provider sends by whatsapp to US.'],
    ['auto', 'No provider sends by whatsapp or call to US.'],
  ])('is the channel %s, which no provider has', async (channel, detail) => {
    const provider = fakeProvider()
    const settings = { autoChannels: ['whatsapp', 'call'] }
    const { start } = await account({ settings, environment: SMS_ONLY })
    const answer = await start({ channel })
    expect(answer).toBeProblem(422, 'channel_unavailable')
    expect(answer.body['detail']).toMatch(detail)
    await expectNothingDone(provider)
  })

  it.each(['unknown', 'constructor', '__proto__', ''])(
    'is a template that the project does not have: %j',
    async (template) => {
      const provider = fakeProvider()
      const { start } = await account({ settings: { templates: { login: '{{code}}' } } })
      expect(await start({ template })).toBeProblem(422, 'unknown_template')
      await expectNothingDone(provider)
    },
  )

  it('is an own code, unless the project allows it', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    expect(await start({ code: '123456' })).toBeProblem(403, 'custom_code_refused')
    await expectNothingDone(provider)
  })

  it.each(['+11111111111', '+1 111-111-1111', '+1 123 456 6663', '+3725555555'])(
    'is a number of the documents with a live key: %s',
    async (phoneNumber) => {
      const provider = fakeProvider()
      const { start } = await account()
      expect(await start({ phoneNumber })).toBeProblem(422, 'test_number_refused')
      await expectNothingDone(provider)
    },
  )

  it("is one of the project's test numbers with a live key, even after its date", async () => {
    const provider = fakeProvider()
    const testNumbers = [
      { number: PHONE, code: '123456', until: '2020-01-01T00:00:00Z' },
      { number: '+3725555550', code: '123456', until: '2099-01-01T00:00:00Z' },
    ]
    const { start } = await account({ settings: { testNumbers } })
    for (const phoneNumber of [PHONE, '12025550123', '+3725555550']) {
      expect(await start({ phoneNumber })).toBeProblem(422, 'test_number_refused')
    }
    await expectNothingDone(provider)
  })

  it('is every start when no provider takes the message, and the number keeps its budget', async () => {
    const provider = fakeProvider(...Array.from({ length: 6 }, () => ({ status: 500 })))
    const { start } = await account()
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      const answer = await start()
      expect(answer).toBeProblem(503, 'delivery_unavailable')
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    }
    expect((await start()).status).toBe(201)
    expect(provider.messages).toHaveLength(7)
  })

  it('is a number that the provider says cannot be reached', async () => {
    fakeProvider({ status: 400, body: { code: 21211, message: 'Invalid To +12025550123' } })
    const { start } = await account()
    const answer = await start()
    expect(answer).toBeProblem(422, 'undeliverable_number')
    expect(answer.text).not.toContain('Invalid To')
  })
})
