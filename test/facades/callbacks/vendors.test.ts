import { createHmac } from 'node:crypto'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask } from '../../support/api.ts'
import { fakeVendors, withVendors } from '../../support/fake-vendors.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { postAsTwilio } from './support.ts'

const META = {
  ...env,
  PROVIDERS: 'meta',
  META_TOKEN: 'meta-token-of-the-tests',
  META_PHONE_NUMBER_ID: '105954558954427',
  META_TEMPLATE: 'otp',
  META_APP_SECRET: 'meta-app-secret-of-the-tests',
  META_VERIFY_TOKEN: 'meta-verify-token-of-the-tests',
  META_BASE_URL: 'https://meta.test/v26.0',
} as Env

/** Two messages that Meta has taken, by the tokens that it echoes. */
async function sendTwo() {
  const tokens: string[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const body = await new Request(input, init).json<{ biz_opaque_callback_data: string }>()
    tokens.push(body.biz_opaque_callback_data)
    return Response.json({ messages: [{ id: 'wamid.HBgL' }] })
  })
  const { start } = await account({ environment: META })
  for (const phoneNumber of ['+37255500001', '+37255500002']) {
    expect((await start({ phoneNumber, channel: 'whatsapp' })).status).toBe(201)
  }
  return tokens
}

function postAsMeta(content: object, secret = 'meta-app-secret-of-the-tests') {
  const body = JSON.stringify(content)
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = { 'x-hub-signature-256': `sha256=${signature}` }
  const url = 'http://localhost/v1/receipts/meta'
  return ask(new Request(url, { method: 'POST', headers, body }), META)
}

const batchOf = (...statuses: readonly object[]) => ({
  object: 'whatsapp_business_account',
  entry: statuses.map((status) => ({ changes: [{ value: { statuses: [status] } }] })),
})

const statuses = async () =>
  (await rowsOfLines('deliveries')).map((row) => JSON.stringify(row['status'])).toSorted()

describe('/v1/receipts/meta: one address for all messages', () => {
  it('answers the challenge of whoever knows the verify token', async () => {
    const query = (token: string) =>
      `?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`
    const url = 'http://localhost/v1/receipts/meta'
    const right = await ask(new Request(url + query('meta-verify-token-of-the-tests')), META)
    expect([right.status, right.text]).toEqual([200, '1158201444'])
    const wrong = await ask(new Request(url + query('guessed')), META)
    expect([wrong.status, wrong.text.includes('1158201444')]).toEqual([403, false])
  })

  it('applies every status of a batch, by the token that comes back', async () => {
    const [first, second] = await sendTwo()
    const answer = await postAsMeta(
      batchOf(
        { id: 'wamid.1', status: 'delivered', biz_opaque_callback_data: first },
        {
          id: 'wamid.2',
          status: 'failed',
          biz_opaque_callback_data: second,
          errors: [{ code: 131026 }],
        },
      ),
    )
    expect(answer.status).toBe(200)
    expect(await statuses()).toEqual(['"delivered"', '"failed"'])
  })

  it('passes over a forged token in a genuine batch', async () => {
    const [first] = await sendTwo()
    const forged = `${String(first).slice(0, -1)}${String(first).endsWith('0') ? '1' : '0'}`
    await postAsMeta(
      batchOf(
        { status: 'delivered', biz_opaque_callback_data: forged },
        { status: 'read', biz_opaque_callback_data: first },
      ),
    )
    expect(await statuses()).toEqual(['"delivered"', '"sent"'])
  })

  it('changes nothing by a batch of another secret', async () => {
    const [first] = await sendTwo()
    const batch = batchOf({ status: 'delivered', biz_opaque_callback_data: first })
    expect((await postAsMeta(batch, 'guessed')).status).toBe(403)
    expect(await statuses()).toEqual(['"sent"', '"sent"'])
  })
})

describe('a token of another provider', () => {
  it('changes nothing, whoever signs the report', async () => {
    const bodies: string[] = []
    fakeVendors((_, body) => {
      bodies.push(body)
      return 'ok'
    })
    const environment = withVendors(['twilio', 'messente'])
    const { start } = await account({ environment })
    await start()
    const url = new URLSearchParams(bodies[0]).get('StatusCallback') ?? ''
    const { pathname } = new URL(url.replace('/twilio/', '/messente/'))
    const body = JSON.stringify({ status: 'FAILED', err: 1 })
    const signature = createHmac('sha256', 'messente-password-of-the-tests').update(body)
    const headers = { 'x-messente-signature': signature.digest('hex') }
    const request = new Request(`http://localhost${pathname}`, { method: 'POST', headers, body })
    expect((await ask(request, environment)).status).toBe(200)
    expect(await statuses()).toEqual(['"sent"'])
  })
})

describe('a report about the second provider', () => {
  it('is believed before the line hears that there was a second try', async () => {
    fakeVendors(async (vendor, body) => {
      if (vendor === 'telnyx') return 'down'
      const url = new URLSearchParams(body).get('StatusCallback') ?? ''
      expect((await postAsTwilio(url, { MessageStatus: 'delivered' })).status).toBe(200)
      return 'ok'
    })
    const { start } = await account({ environment: withVendors(['telnyx', 'twilio']) })
    const { body } = await start()
    expect(body).toMatchObject({ delivery: { provider: 'twilio' } })
    const rows = await rowsOfLines('deliveries')
    expect(rows).toHaveLength(2)
    expect(rows.find((row) => row['provider'] === 'telnyx')).toMatchObject({ status: 'failed' })
    expect(rows.find((row) => row['provider'] === 'twilio')).toMatchObject({
      status: 'delivered',
      provider_message_id: expect.stringMatching(/^SM/) as string,
    })
  })
})
