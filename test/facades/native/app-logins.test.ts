import { beforeEach, describe, expect, it } from 'vitest'
import { PHONE, type Answer } from '../../support/api.ts'
import { advance, stopClockWithinStep } from '../../support/app-logins.ts'
import { rowsOfLines, runAlarms } from '../../support/lines.ts'
import { appCode, withApp, withUser } from '../verigator/support.ts'

const DAY = 24 * 3_600_000

beforeEach(stopClockWithinStep)

describe('the native API and a login by an app', () => {
  async function loggingIn() {
    const user = await withUser()
    const secret = await withApp(user)
    const begun = await user.call('POST', `${user.path}/auth`, { method: 'totp' })
    return { ...user, secret, id: begun.body['auth_id'] as string }
  }

  it('does not check it, and spends nothing', async () => {
    const user = await loggingIn()
    const code = appCode(user.secret)
    const purpose = `user:${user.user}`
    expect((await user.check({ id: user.id, code })).status).toBe(422)
    expect((await user.check({ phoneNumber: PHONE, purpose, code })).status).toBe(422)
    expect((await user.send('GET', `/v1/verifications/${user.id}`)).body).toMatchObject({
      attemptsLeft: 5,
    })
    expect(await rowsOfLines('failures')).toEqual([])
    expect((await user.call('PUT', `${user.path}/auth`, { token: code })).body).toMatchObject({
      verified: true,
    })
  })

  it.each([{}, { channel: 'sms' }, { channel: 'auto' }])(
    'sends nothing for it: %o',
    async (body) => {
      const user = await loggingIn()
      const answer = await user.send('POST', `/v1/verifications/${user.id}/resend`, body)
      expect(answer).toMatchObject({ status: 422, body: { code: 'channel_unavailable' } })
      expect(user.provider.messages).toEqual([])
      expect(await rowsOfLines('sends')).toEqual([])
    },
  )

  it('reads, lists and cancels it', async () => {
    const user = await loggingIn()
    const path = `/v1/verifications/${user.id}`
    const shape = { id: user.id, channel: 'totp', status: 'pending', deliveries: [] }
    expect((await user.send('GET', path)).body).toMatchObject(shape)
    expect((await user.send('GET', `${path}/timeline`)).body).toMatchObject({
      events: [{ type: 'verification.started' }],
    })
    expect(await user.send('DELETE', path)).toMatchObject({
      status: 200,
      body: { id: user.id, channel: 'totp', status: 'canceled' },
    })
    expect(
      (await user.call('PUT', `${user.path}/auth`, { token: appCode(user.secret) })).status,
    ).toBe(404)
    await runAlarms()
    const { body } = await user.send('GET', '/v1/verifications')
    expect(body['data']).toContainEqual(
      expect.objectContaining({ id: user.id, channel: 'totp', status: 'canceled' }),
    )
    advance(2 * DAY)
    await runAlarms()
    expect((await user.send('GET', path)).body).toMatchObject({
      ...shape,
      status: 'canceled',
    })
  })

  it('is unknown to another project', async () => {
    const user = await loggingIn()
    const other = await withUser()
    const random = `/v1/verifications/ver_${'0'.repeat(32)}`
    const said = ({ body }: Answer) => ({ ...body, instance: '' })
    for (const [method, tail] of [
      ['GET', ''],
      ['GET', '/timeline'],
      ['DELETE', ''],
      ['POST', '/resend'],
    ] as const) {
      const asked = await other.send(method, `/v1/verifications/${user.id}${tail}`)
      const unknown = await other.send(method, `${random}${tail}`)
      expect(asked.status).toBe(404)
      expect(said(asked)).toEqual(said(unknown))
    }
    const mine = await other.call('PUT', `${user.path}/auth`, { token: appCode(user.secret) })
    expect(mine.status).toBe(404)
  })
})
