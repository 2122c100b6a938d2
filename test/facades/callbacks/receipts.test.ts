import { listDurableObjectIds } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLedger, rowsOfLines, runAlarms } from '../../support/lines.ts'
import { postAsTwilio, read, report, reportUrlOf, timeline, twilioSignature } from './support.ts'

const HOUR_MS = 3_600_000
const TOKEN = /^https:\/\/otpost\.test\/v1\/receipts\/twilio\/([0-9a-f]{64})$/

/** A message that Twilio has taken. */
async function setUp() {
  const provider = fakeProvider()
  const caller = await account()
  const { body } = await caller.start()
  return { provider, caller, id: body['id'] as string, message: provider.messages[0] }
}

const countObjects = async () => (await listDurableObjectIds(env.PHONE_LINE)).length

describe('POST /v1/receipts/twilio/{token}', () => {
  it('is the address that goes out with the message: of this try alone, and unguessable', async () => {
    const provider = fakeProvider({ status: 500 }, 'ok')
    const { start } = await account()
    await start()
    await start()
    const tokens = provider.messages.map((message) => TOKEN.exec(reportUrlOf(message))?.[1])
    expect(new Set(tokens).size).toBe(2)
    expect(tokens).not.toContain(undefined)
  })

  it('moves the delivery forward, and tells the timeline', async () => {
    const { caller, id, message } = await setUp()
    expect((await report(message, 'delivered')).status).toBe(200)
    expect((await read(caller, id))['deliveries']).toMatchObject([
      { status: 'delivered', error: null },
    ])
    expect((await timeline(caller, id)).map(({ type }) => type)).toEqual([
      'verification.started',
      'send.admitted',
      'delivery.sent',
      'delivery.delivered',
    ])
  })

  it('keeps the error of a message that was not delivered, and leaves the verification alone', async () => {
    const { caller, id, message, provider } = await setUp()
    await report(message, 'undelivered', { ErrorCode: '30003', ChannelStatusMessage: PHONE })
    const { status, deliveries } = await read(caller, id)
    expect(status).toBe('pending')
    expect(deliveries).toMatchObject([{ status: 'undelivered', error: 'Twilio error 30003' }])
    const { body } = await caller.check({ id, code: message?.code })
    expect(body).toMatchObject({ verified: true })
    expect(provider.messages).toHaveLength(1)
  })

  it('reaches the ledger', async () => {
    const { message } = await setUp()
    await report(message, 'delivered')
    await runAlarms()
    expect(await rowsOfLedger('deliveries')).toMatchObject([{ status: 'delivered' }])
  })

  it('has one effect, however often it comes', async () => {
    const { caller, id, message } = await setUp()
    for (let n = 0; n < 10; n += 1) {
      expect((await report(message, 'delivered')).status).toBe(200)
    }
    const events = await timeline(caller, id)
    expect(events.filter(({ type }) => type === 'delivery.delivered')).toHaveLength(1)
    expect((await read(caller, id))['deliveries']).toHaveLength(1)
  })

  it('ends the same whatever order reports come in', async () => {
    const statuses = ['sent', 'failed', 'undelivered', 'delivered'] as const
    const orders = statuses.flatMap((first) =>
      statuses
        .filter((status) => status !== first)
        .flatMap((second) => [
          [first, second, ...statuses.filter((s) => s !== first && s !== second)],
          [first, second, ...statuses.filter((s) => s !== first && s !== second).toReversed()],
        ]),
    )
    const provider = fakeProvider()
    const { start } = await account({
      settings: { sendsPerDay: null, sendsPerCountryPerDay: null },
    })
    for (const [n, order] of orders.entries()) {
      await start({ phoneNumber: `+37255500${String(n).padStart(3, '0')}` })
      for (const status of order) await report(provider.messages[n], status)
    }
    const rows = await rowsOfLines('deliveries')
    expect(rows).toHaveLength(24)
    expect(new Set(rows.map((row) => row['status']))).toEqual(new Set(['delivered']))
  })

  it('is believed before the answer to the message itself', async () => {
    const provider = fakeProvider(async () => {
      expect((await report(provider.messages[0], 'delivered')).status).toBe(200)
    })
    const caller = await account()
    const { body } = await caller.start()
    expect((await read(caller, body['id']))['deliveries']).toMatchObject([
      {
        status: 'delivered',
        providerMessageId: expect.stringMatching(/^SM/) as string,
        segments: 1,
      },
    ])
  })

  it('settles a try of which nobody knew whether it went out', async () => {
    const provider = fakeProvider('garbage')
    const caller = await account()
    expect((await caller.start()).status).toBe(503)
    expect(await rowsOfLines('sends')).toMatchObject([{ counts: 0 }])
    await report(provider.messages[0], 'delivered')
    expect(await rowsOfLines('deliveries')).toMatchObject([{ status: 'delivered' }])
    expect(await rowsOfLines('sends')).toMatchObject([{ counts: 1 }])
  })

  it('keeps a new code that was delivered although the provider said 503', async () => {
    const provider = fakeProvider('ok', async () => undefined)
    const caller = await account({ settings: { resend: 'new' } })
    const { body } = await caller.start()
    const answer = provider.spy.getMockImplementation()
    provider.spy.mockImplementation(async (...request) => {
      await answer?.(...request)
      await report(provider.messages.at(-1), 'delivered')
      return new Response('', { status: 503 })
    })
    expect((await caller.start()).status).toBe(503)
    const code = provider.messages.at(-1)?.code
    expect((await caller.check({ id: body['id'], code })).body).toMatchObject({ verified: true })
  })

  it('counts a message that went out although its answer was garbled', async () => {
    const answer = new Response('<html>', { status: 200 })
    const provider = fakeProvider()
    provider.spy.mockImplementation(async (input, init) => {
      const form = new URLSearchParams(await new Request(input, init).text())
      await postAsTwilio(form.get('StatusCallback') ?? '', { MessageStatus: 'sent' })
      return answer
    })
    const { start } = await account()
    expect((await start()).status).toBe(503)
    expect(await rowsOfLines('sends')).toMatchObject([{ counts: 1 }])
  })

  it('reaches the ledger when the line has forgotten the delivery', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { message, caller, id } = await setUp()
    await runAlarms()
    for (const hours of [1, 25, 25]) {
      vi.setSystemTime(Date.now() + hours * HOUR_MS)
      await runAlarms()
    }
    expect(await rowsOfLines('deliveries')).toEqual([])
    expect((await report(message, 'delivered')).status).toBe(200)
    expect(await rowsOfLedger('deliveries')).toMatchObject([{ status: 'delivered', version: 3 }])
    expect((await report(message, 'sent')).status).toBe(200)
    expect((await read(caller, id))['deliveries']).toMatchObject([{ status: 'delivered' }])
  })
})

describe('a report that is not genuine', () => {
  it.each([
    ['of another body', (url: string) => twilioSignature(url, { MessageStatus: 'failed' })],
    [
      'of another address',
      (url: string) => twilioSignature(`${url}0`, { MessageStatus: 'delivered' }),
    ],
    ['that is none', () => ''],
  ])('has a signature %s: 403, and nothing changes', async (_, signatureOf) => {
    const { caller, id, message } = await setUp()
    const url = reportUrlOf(message)
    const answer = await postAsTwilio(url, { MessageStatus: 'delivered' }, signatureOf(url))
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({ code: 'forged_callback' })
    expect((await read(caller, id))['deliveries']).toMatchObject([{ status: 'sent' }])
  })

  it('has a forged token: 404, however it is signed, and no line wakes', async () => {
    const { message } = await setUp()
    const url = reportUrlOf(message)
    const before = await countObjects()
    const turned = url.endsWith('0') ? `${url.slice(0, -1)}1` : `${url.slice(0, -1)}0`
    const other = url.replace(/.{64}$/, 'ab'.repeat(32))
    for (const forged of [turned, other, `${url}0`, url.slice(0, -2), url.replace(/.{64}$/, 'x')]) {
      expect((await postAsTwilio(forged, { MessageStatus: 'delivered' })).status).toBe(404)
    }
    expect(await countObjects()).toBe(before)
    expect(await rowsOfLines('deliveries')).toMatchObject([{ status: 'sent' }])
  })

  it('has no token: 404, and its body is not read', async () => {
    const body = new ReadableStream({
      pull: () => {
        throw new Error('The body was read')
      },
    })
    const request = new Request('http://localhost/v1/receipts/twilio', { method: 'POST', body })
    expect((await ask(request)).status).toBe(404)
  })

  it('is read to 64 KB at most', async () => {
    const { message } = await setUp()
    const answer = await postAsTwilio(reportUrlOf(message), {
      Padding: 'x'.repeat(10 * 1024 * 1024),
    })
    expect(answer.status).toBe(413)
  })

  it('names no provider of this deployment: 404', async () => {
    const { message } = await setUp()
    const { pathname } = new URL(reportUrlOf(message))
    for (const provider of ['telnyx', 'inbox', 'nobody']) {
      const path = pathname.replace('twilio', provider)
      const request = new Request(`http://localhost${path}`, { method: 'POST', body: '{}' })
      expect((await ask(request)).status).toBe(404)
    }
  })

  it.each(['HEAD', 'PUT', 'DELETE', 'PATCH'])('comes by %s: 405', async (method) => {
    const { message } = await setUp()
    const { pathname } = new URL(reportUrlOf(message))
    const answer = await ask(new Request(`http://localhost${pathname}`, { method }))
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, POST')
  })
})
