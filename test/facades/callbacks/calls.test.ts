import { XMLParser } from 'fast-xml-parser'
import { describe, expect, it, vi } from 'vitest'
import { account, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { postAsTwilio, read, timeline } from './support.ts'

const CODE = '918273'
const parser = new XMLParser({ ignoreAttributes: false, ignoreDeclaration: true })
const HANG_UP = { Response: { Hangup: '' } }

/** A call that somebody has picked up. */
async function setUp(body: object = {}) {
  const provider = fakeProvider()
  const caller = await account({ settings: { customCodes: true } })
  const started = await caller.start({ channel: 'call', code: CODE, ...body })
  const twiml = provider.messages[0]?.form.get('Twiml') ?? ''
  const url = parser.parse(twiml).Response.Gather['@_action'] as string
  const press = async () => {
    const answer = await postAsTwilio(url, { CallSid: 'CA1', Digits: '1' })
    return { ...answer, xml: parser.parse(answer.text) }
  }
  return { provider, caller, id: started.body['id'] as string, started, twiml, url, press }
}

const SPOKEN = /9\D+1\D+8\D+2\D+7\D+3/

describe('channel call', () => {
  it('asks for a key, and its request never says the code', async () => {
    const { provider, started, twiml } = await setUp()
    expect(started.body).toMatchObject({ channel: 'call', delivery: { status: 'sent' } })
    const [call] = provider.messages
    const request = decodeURIComponent(`${call?.url} ${call?.form.toString()}`)
    expect(request.replaceAll(/[^0-9]/g, '')).not.toContain(CODE)
    expect(request).not.toMatch(SPOKEN)
    const { Response } = parser.parse(twiml)
    expect(Object.keys(Response)).toEqual(['Gather', 'Hangup'])
  })

  it('says the code after a key was pressed: digit by digit, twice, then hangs up', async () => {
    const { press } = await setUp()
    const { status, headers, xml } = await press()
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/xml')
    const said = xml.Response.Say as { '#text': string }[]
    expect(said).toHaveLength(2)
    for (const { '#text': text } of said) expect(text).toMatch(SPOKEN)
    expect(xml.Response).toHaveProperty('Hangup')
  })

  it('says it in the language of the person', async () => {
    const { press } = await setUp({ locale: 'de-AT' })
    const { xml } = await press()
    expect(xml.Response.Say[0]['@_language']).toBe('de-DE')
  })

  it('says it once, and tells the timeline', async () => {
    const { press, caller, id } = await setUp()
    await press()
    expect((await press()).xml).toEqual(HANG_UP)
    const events = (await timeline(caller, id)).filter(({ type }) => type === 'delivery.delivered')
    expect(events).toHaveLength(1)
  })

  it('says it to one of many who ask at once', async () => {
    const { press } = await setUp()
    const answers = await Promise.all(Array.from({ length: 10 }, press))
    expect(answers.filter(({ text }) => SPOKEN.test(text))).toHaveLength(1)
  })

  it.each([
    [
      'approved',
      async ({ caller, id }: Awaited<ReturnType<typeof setUp>>) => {
        await caller.check({ id, code: CODE })
      },
    ],
    [
      'canceled',
      async ({ caller, id }: Awaited<ReturnType<typeof setUp>>) => {
        await caller.send('DELETE', `/v1/verifications/${id}`)
      },
    ],
    [
      'out of attempts',
      async ({ caller, id }: Awaited<ReturnType<typeof setUp>>) => {
        for (let n = 1; n <= 5; n += 1) await caller.check({ id, code: wrong(CODE, n) })
      },
    ],
    [
      'expired',
      async () => {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + 600_000)
      },
    ],
  ])('says nothing once the verification is %s', async (_, end) => {
    const call = await setUp()
    await end(call)
    expect((await call.press()).xml).toEqual(HANG_UP)
  })

  it.each([
    ['an unsigned request', (url: string) => postAsTwilio(url, { Digits: '1' }, '')],
    [
      'one signed for another address',
      (url: string) => postAsTwilio(url, { Digits: '1' }, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='),
    ],
  ])('refuses %s, and keeps the code for the right one', async (_, ask) => {
    const { url, press } = await setUp()
    const answer = await ask(url)
    expect(answer.status).toBe(403)
    expect((await press()).text).toMatch(SPOKEN)
  })

  it.each([{}, { Digits: '' }, { Digits_: '1' }])(
    'says nothing when no key was pressed: %j',
    async (form) => {
      const { url, press } = await setUp()
      const answer = await postAsTwilio(url, { CallSid: 'CA1', ...form })
      expect(parser.parse(answer.text)).toEqual(HANG_UP)
      expect((await press()).text).toMatch(SPOKEN)
    },
  )

  it('was delivered when its code was said, and not when somebody only picked up', async () => {
    const heard = await setUp()
    await heard.press()
    const voicemail = await setUp({ phoneNumber: '+12025550124' })
    for (const { provider } of [heard, voicemail]) {
      const report = provider.messages[0]?.form.get('StatusCallback') ?? ''
      await postAsTwilio(report, { CallStatus: 'completed' })
    }
    expect((await read(heard.caller, heard.id))['deliveries']).toMatchObject([
      { status: 'delivered' },
    ])
    expect((await read(voicemail.caller, voicemail.id))['deliveries']).toMatchObject([
      { status: 'undelivered' },
    ])
  })

  it('takes no token but that of the call', async () => {
    const { url, provider } = await setUp()
    const report = provider.messages[0]?.form.get('StatusCallback') ?? ''
    const forged = url.replace(/[0-9a-f]{64}$/, report.slice(-64))
    expect(forged).not.toBe(url)
    expect((await postAsTwilio(forged, { Digits: '1' })).status).toBe(404)
    const asReport = report.replace(/[0-9a-f]{64}$/, url.slice(-64))
    expect((await postAsTwilio(asReport, { CallStatus: 'completed' })).status).toBe(404)
  })

  it('takes no token of a text message', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    await start()
    const token = provider.messages[0]?.form.get('StatusCallback')?.slice(-64)
    const url = `https://otpost.test/v1/calls/twilio/${token}`
    expect((await postAsTwilio(url, { Digits: '1' })).status).toBe(404)
  })
})
