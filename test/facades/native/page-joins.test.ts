import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { account, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { withUser } from '../verigator/support.ts'
import { expectLimit, page } from './support.ts'

const NO_PAUSE = { secondsBetweenSends: { publishable: 0 } }

describe('a page that starts what a server began', () => {
  async function joined() {
    const provider = fakeProvider()
    const server = await account({ settings: NO_PAUSE })
    const { id } = (await server.start({ metadata: { order: '4711' } })).body
    const visitor = await page({ projectId: server.projectId })
    expect((await visitor.start()).body['id']).toBe(id)
    return { ...visitor, server, id: id as string, code: provider.messages[0]?.code ?? '' }
  }

  it('leaves the metadata of the server alone', async () => {
    const { server, id } = await joined()
    const { body } = await server.send('GET', `/v1/verifications/${id}`)
    expect(body['metadata']).toEqual({ order: '4711' })
  })

  it('is shown the number again, since it was typed there', async () => {
    const { resend, check, id, code } = await joined()
    expect((await resend(id)).body['phoneNumber']).toBe(PHONE)
    const { body } = await check({ id, code })
    expect(decodeJwt(body['proof'] as string).sub).toBe(PHONE)
  })
})

describe('the proof of what a server began', () => {
  it('tells the number to the server only', async () => {
    const provider = fakeProvider()
    const server = await account()
    const { id } = (await server.start()).body
    const visitor = await page({ projectId: server.projectId })
    const { body } = await visitor.check({ id, code: provider.messages[0]?.code ?? '' })
    const token = body['proof'] as string
    expect(decodeJwt(token).sub).toBe(id)
    const traded = await server.send('POST', '/v1/tokens/verify', { token })
    expect(traded.body).toMatchObject({ valid: true, phoneNumber: PHONE, verificationId: id })
  })
})

describe('a login of a service user', () => {
  it('is unknown to pages, which neither check it nor send its code', async () => {
    const user = await withUser()
    const { auth_id: id } = (await user.call('POST', `${user.path}/auth`, { method: 'sms' })).body
    const visitor = await page({ projectId: user.projectId })
    expect(await visitor.check({ id, code: user.code() })).toBeProblem(404, 'not_found')
    expect(await visitor.resend(id as string)).toBeProblem(404, 'not_found')
    const own = await user.call('PUT', `${user.path}/auth`, { token: user.code() })
    expect(own.body['verified']).toBe(true)
  })
})

describe('starts of which no message comes', () => {
  it('count for their address: nobody asks a vendor about any number', async () => {
    const provider = fakeProvider()
    const { start } = await page({ settings: { startsPerIp: [{ limit: 3, seconds: 600 }] } })
    for (let n = 10; n < 13; n += 1) {
      provider.script({ status: 400, body: { code: 21614 } })
      const answer = await start({ phoneNumber: `+120255501${n}` })
      expect(answer).toBeProblem(422, 'undeliverable_number')
    }
    expectLimit(await start({ phoneNumber: '+12025550113' }), 'too_many_ip_sends')
    expect(provider.messages).toHaveLength(3)
  })

  it('are held up by the shield before anything is kept of them', async () => {
    fakeProvider()
    const { start } = await page({ settings: { startsPerIp: [] } })
    const answers = []
    for (let n = 0; n < 31; n += 1) answers.push(await start({ phoneNumber: 'nobody' }))
    expect(answers.slice(0, 30).every(({ status }) => status === 422)).toBe(true)
    expectLimit(answers[30] as (typeof answers)[number], 'too_many_ip_sends')
  })
})
