import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, type Account } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { read, report, timeline } from './support.ts'

const NOT_ON_WHATSAPP = { status: 400, body: { code: 63003, message: 'no such channel' } }

async function setUp(settings: object = {}) {
  const provider = fakeProvider()
  const caller = await account({ settings })
  const { body } = await caller.start({ channel: 'auto' })
  return { provider, caller, id: body['id'] as string, body }
}

const channelsOf = ({ messages }: ReturnType<typeof fakeProvider>) =>
  messages.map(({ to }) => (to.startsWith('whatsapp:') ? 'whatsapp' : 'sms'))

/** Waits until what goes on after an answer has had its time. */
const settled = async (caller: Account, id: string, sends: number) => {
  await vi.waitFor(async () => {
    const { deliveries } = await read(caller, id)
    expect((deliveries as { status: string }[]).map(({ status }) => status)).not.toContain(
      'sending',
    )
    expect(deliveries).toHaveLength(sends)
  })
}

describe('channel auto', () => {
  it('goes by WhatsApp first, and says so', async () => {
    const { provider, body } = await setUp()
    expect(body).toMatchObject({ channel: 'whatsapp', delivery: { status: 'sent' } })
    expect(channelsOf(provider)).toEqual(['whatsapp'])
  })

  it('goes in the order of the project', async () => {
    const { body } = await setUp({ autoChannels: ['sms', 'call'] })
    expect(body).toMatchObject({ channel: 'sms' })
  })

  it('goes on to sms in the same request when the number is not on WhatsApp', async () => {
    const provider = fakeProvider(NOT_ON_WHATSAPP)
    const caller = await account()
    const { status, body } = await caller.start({ channel: 'auto' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ channel: 'sms', delivery: { status: 'sent' } })
    expect(provider.messages.map(({ code }) => code)).toEqual(
      Array(2).fill(provider.messages[0]?.code),
    )
    expect((await read(caller, body['id']))['deliveries']).toMatchObject([
      { channel: 'whatsapp', status: 'failed' },
      { channel: 'sms', status: 'sent' },
    ])
  })

  it('is refused as undeliverable when WhatsApp alone was asked for', async () => {
    fakeProvider(NOT_ON_WHATSAPP)
    const { start } = await account()
    const { status, body } = await start({ channel: 'whatsapp' })
    expect(status).toBe(422)
    expect(body).toMatchObject({
      code: 'undeliverable_number',
      detail: 'The number cannot be reached by whatsapp. Use another channel.',
    })
  })

  it('leaves sms out for a fixed line', async () => {
    const provider = fakeProvider()
    const { start } = await account({ settings: { autoChannels: ['sms', 'call'] } })
    const { body } = await start({ channel: 'auto', phoneNumber: '+442079460958' })
    expect(body).toMatchObject({ channel: 'call' })
    expect(provider.messages[0]?.url).toContain('/Calls.json')
  })
})

describe('a report that a message of channel auto failed', () => {
  it.each(['failed', 'undelivered'])(
    'as %s sends the same code by the next channel',
    async (status) => {
      const { provider, caller, id } = await setUp()
      await report(provider.messages[0], status, { ErrorCode: '63016' })
      await settled(caller, id, 2)
      expect(channelsOf(provider)).toEqual(['whatsapp', 'sms'])
      const [first, second] = provider.messages
      expect(second?.code).toBe(first?.code)
      expect(await read(caller, id)).toMatchObject({ channel: 'sms', sends: 2 })
      expect((await caller.check({ id, code: second?.code })).body).toMatchObject({
        verified: true,
      })
    },
  )

  it('sends once, however often and whenever it comes again', async () => {
    const { provider, caller, id } = await setUp()
    await Promise.all(Array.from({ length: 10 }, () => report(provider.messages[0], 'failed')))
    await settled(caller, id, 2)
    await report(provider.messages[0], 'failed')
    await report(provider.messages[1], 'failed')
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 2)
    expect(provider.messages).toHaveLength(2)
  })

  it('keeps the code also where the project wants a new one at each message', async () => {
    const { provider, caller, id } = await setUp({ resend: 'new' })
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 2)
    expect(provider.messages[1]?.code).toBe(provider.messages[0]?.code)
  })

  it('sends one message for two that failed', async () => {
    const { provider, caller, id } = await setUp()
    await caller.send('POST', `/v1/verifications/${id}/resend`, { channel: 'auto' })
    await Promise.all(provider.messages.slice(0, 2).map((message) => report(message, 'failed')))
    await settled(caller, id, 3)
    expect(channelsOf(provider)).toEqual(['whatsapp', 'whatsapp', 'sms'])
  })

  it('does not wait for the pause that callers must make', async () => {
    const { provider, caller, id } = await setUp({ secondsBetweenSends: { secret: 45 } })
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 2)
    expect(provider.messages).toHaveLength(2)
  })

  it('sends nothing by a channel that the project has left meanwhile', async () => {
    const { provider, caller, id } = await setUp()
    await env.DB.prepare('UPDATE projects SET settings = ? WHERE id = ?')
      .bind(JSON.stringify({ countries: '*', autoChannels: ['whatsapp'] }), caller.projectId)
      .run()
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 1)
    expect(provider.messages).toHaveLength(1)
  })

  it('sends nothing when the verification has ended', async () => {
    const { provider, caller, id } = await setUp()
    await caller.check({ id, code: provider.messages[0]?.code })
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 1)
    expect(provider.messages).toHaveLength(1)
  })

  it('sends nothing when a later message is under way', async () => {
    const { provider, caller, id } = await setUp()
    await caller.send('POST', `/v1/verifications/${id}/resend`, { channel: 'sms' })
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 2)
    expect(provider.messages).toHaveLength(2)
  })

  it('goes on although an older message never arrived', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const provider = fakeProvider()
    const caller = await account()
    const { body } = await caller.start({ channel: 'sms' })
    vi.setSystemTime(Date.now() + 30_000)
    await caller.send('POST', `/v1/verifications/${body['id']}/resend`, { channel: 'auto' })
    await report(provider.messages[1], 'failed')
    await settled(caller, body['id'] as string, 3)
    expect(channelsOf(provider)).toEqual(['sms', 'whatsapp', 'sms'])
  })

  it('sends nothing where one channel was asked for', async () => {
    const provider = fakeProvider()
    const caller = await account()
    const { body } = await caller.start({ channel: 'whatsapp' })
    await report(provider.messages[0], 'failed')
    await settled(caller, body['id'] as string, 1)
    expect(provider.messages).toHaveLength(1)
  })

  it('sends nothing beyond the limits of the number, and the timeline says why', async () => {
    const { provider, caller, id } = await setUp({ sendsPerNumber: [{ limit: 1, seconds: 600 }] })
    await report(provider.messages[0], 'failed')
    await vi.waitFor(async () => {
      expect((await timeline(caller, id)).map(({ type }) => type)).toContain('send.refused')
    })
    expect(provider.messages).toHaveLength(1)
    expect((await rowsOfLines('sends')).length).toBe(1)
  })
})

describe('a report that is faster than its provider', () => {
  /** Twilio, which reports on each message before it answers to it. */
  async function hasty(
    reports: readonly (string | undefined)[],
    answers: readonly object[],
    settings: object = {},
  ) {
    const provider = fakeProvider()
    const answer = provider.spy.getMockImplementation()
    provider.spy.mockImplementation(async (...request) => {
      const place = provider.messages.length
      const response = await answer?.(...request)
      const status = reports[place]
      if (status !== undefined) await report(provider.messages[place], status)
      const own = answers[place]
      return own === undefined ? (response as Response) : Response.json(own, { status: 400 })
    })
    const caller = await account({ settings })
    const started = await caller.start({ channel: 'auto' })
    return { provider, caller, started, id: started.body['id'] as string }
  }

  it('sends the next message once, when the provider has answered', async () => {
    const { provider, caller, id } = await hasty(['failed'], [])
    await settled(caller, id, 2)
    expect(channelsOf(provider)).toEqual(['whatsapp', 'sms'])
    expect(await read(caller, id)).toMatchObject({ channel: 'sms' })
  })

  it('sends nothing beside a fail-over that is still going on', async () => {
    const { provider, caller, id } = await hasty(['failed'], [{ code: 63003 }])
    await settled(caller, id, 2)
    expect(channelsOf(provider)).toEqual(['whatsapp', 'sms'])
  })

  it('goes on after a later channel of the same request', async () => {
    const settings = { autoChannels: ['whatsapp', 'sms', 'call'] }
    const { provider, caller, id } = await hasty([undefined, 'failed'], [{ code: 63003 }], settings)
    await settled(caller, id, 3)
    expect(provider.messages.map(({ url }) => /(\w+)\.json/.exec(url)?.[1])).toEqual([
      'Messages',
      'Messages',
      'Calls',
    ])
  })

  it('says in the timeline what the delivery is', async () => {
    const { caller, id } = await hasty(['delivered'], [])
    expect((await timeline(caller, id)).map(({ type }) => type)).toEqual([
      'verification.started',
      'send.admitted',
      'delivery.delivered',
    ])
  })
})

describe('a report while something is out of reach', () => {
  it('is asked for again when the project cannot be read, and then has its effect', async () => {
    const { provider, caller, id } = await setUp()
    const prepare = vi.spyOn(env.DB, 'prepare').mockImplementation(() => {
      throw new Error('D1_ERROR: Network connection lost.')
    })
    expect((await report(provider.messages[0], 'failed')).status).toBe(503)
    prepare.mockRestore()
    expect((await report(provider.messages[0], 'failed')).status).toBe(200)
    await settled(caller, id, 2)
    expect(channelsOf(provider)).toEqual(['whatsapp', 'sms'])
  })
})

describe('resend', () => {
  it('goes by another channel when asked to, with the same code', async () => {
    const provider = fakeProvider()
    const caller = await account()
    const { body } = await caller.start()
    const again = await caller.send('POST', `/v1/verifications/${body['id']}/resend`, {
      channel: 'whatsapp',
    })
    expect(again.body).toMatchObject({ id: body['id'], channel: 'whatsapp' })
    expect(provider.messages[1]?.code).toBe(provider.messages[0]?.code)
  })

  it('goes on where an auto verification has got to', async () => {
    const { provider, caller, id } = await setUp()
    await report(provider.messages[0], 'failed')
    await settled(caller, id, 2)
    const { body } = await caller.send('POST', `/v1/verifications/${id}/resend`, {})
    expect(body).toMatchObject({ channel: 'sms' })
  })
})
