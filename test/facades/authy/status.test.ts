import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { rowsOfLines, runAlarms } from '../../support/lines.ts'
import { deadDatabase } from '../native/broken.ts'
import { stopClock } from '../native/support.ts'
import { wrong } from '../../support/api.ts'
import { authyAccount, authyClient, begun, NUMBER } from './support.ts'

type Begun = Awaited<ReturnType<typeof begun>>

const nativeId = ({ uuid }: Begun): string => `ver_${uuid.replaceAll('-', '')}`

describe('GET /protected/json/phones/verification/status', () => {
  it.each([
    ['pending', 'pending', 474, async () => {}],
    ['verified', 'verified', 0, ({ guess, right }: Begun) => guess(right)],
    [
      'expired, when it is out of attempts',
      'expired',
      0,
      async ({ guess, right }: Begun) => {
        for (let step = 1; step <= 5; step += 1) await guess(wrong(right, step))
      },
    ],
    [
      'expired, when it was canceled',
      'expired',
      0,
      (caller: Begun) => caller.native.send('DELETE', `/v1/verifications/${nativeId(caller)}`),
    ],
    [
      'expired, when its time is over',
      'expired',
      0,
      async () => {
        vi.setSystemTime(Date.now() + 600_000)
      },
    ],
  ])('says %s, by number and by uuid', async (_, status, seconds_to_expire, change) => {
    const clock = stopClock()
    const caller = await begun({ environment: { ...env } })
    clock.advance(125_500)
    await change(caller)
    const { uuid, state } = caller
    const body = { message: 'Phone Verification status.', status, seconds_to_expire, uuid }
    const expected = { status: 200, body: { ...body, success: true } }
    for (const query of [
      NUMBER,
      { uuid },
      { uuid: uuid.toUpperCase(), ...NUMBER },
      { uuid: uuid.replaceAll('-', '') },
    ]) {
      expect(await state(query)).toMatchObject(expected)
    }
  })

  it('tells of the pending verification, else of the latest', async () => {
    const clock = stopClock()
    const { state, begin, guess, code, right, uuid } = await begun({ environment: { ...env } })
    await guess(right)
    clock.advance(1000)
    const later = (await begin()).body['uuid'] as string
    expect((await state()).body).toMatchObject({ uuid: later, status: 'pending' })
    await guess(code())
    expect((await state()).body).toMatchObject({ uuid: later, status: 'verified' })
    expect((await state({ uuid })).body).toMatchObject({ uuid, status: 'verified' })
  })

  it('passes over verifications of a purpose, which no check by number finds either', async () => {
    const clock = stopClock()
    const { state, native, uuid } = await begun({ environment: { ...env } })
    clock.advance(1000)
    await native.start({ purpose: 'payment' })
    expect((await state()).body['uuid']).toBe(uuid)
  })

  it('asks the ledger when the line has forgotten the number', async () => {
    const clock = stopClock()
    const { state, guess, right, native, uuid } = await begun({ environment: { ...env } })
    await guess(right)
    const paid = await native.start({ purpose: 'payment' })
    await native.check({ id: paid.body['id'], code: '000000' })
    await runAlarms()
    for (let days = 1; days <= 2; days += 1) {
      clock.advance(25 * 3_600_000)
      await runAlarms()
    }
    expect(await rowsOfLines('verifications')).toEqual([])
    expect((await state()).body).toMatchObject({ uuid, status: 'verified', seconds_to_expire: 0 })
    expect((await state({ uuid })).body).toMatchObject({ uuid, status: 'verified' })
  })

  it('needs no ledger for what the line knows', async () => {
    const environment = { ...env }
    const { state, uuid } = await begun({ environment })
    Object.assign(environment, { DB: deadDatabase('D1_ERROR') })
    expect((await state()).body).toMatchObject({ uuid, status: 'pending' })
  })

  it.each(['', 'x', '0'.repeat(31), `${'0'.repeat(31)}g`, "'; --", '\u0000'])(
    'finds nothing by a uuid that is none: %j',
    async (text) => {
      const { state } = await begun()
      const answer = await state({ uuid: text })
      if (text === '') expect(answer).toBeAuthyError(400, '60042')
      else expect(answer).toBeAuthyError(404, '60023', 'No pending verifications found.')
    },
  )

  it('asks for both parts of a number', async () => {
    const { state } = await authyAccount()
    expect(await state({ country_code: '1' })).toBeAuthyError(
      400,
      '60004',
      'Invalid parameter: phone_number - Parameter is required',
    )
  })

  it('answers what belongs to another project as what there is not', async () => {
    const { uuid, projectId } = await begun()
    const other = await authyAccount()
    const sameInTestMode = await authyAccount({ projectId, mode: 'test' })
    for (const { state } of [other, sameInTestMode]) {
      const foreign = await state({ uuid })
      const unknown = await state({ uuid: crypto.randomUUID() })
      expect(foreign).toBeAuthyError(404, '60023', 'No pending verifications found.')
      expect(unknown.text).toBe(foreign.text)
      const shown = 'No pending verifications for +1 202-555-0123 found.'
      expect(await state()).toBeAuthyError(404, '60023', shown)
    }
  })
})

describe('GET /protected/json/phones/info', () => {
  it.each([
    ['1', '202-555-0123', 'cellphone'],
    ['372', '55550001', 'cellphone'],
    ['44', '2079460958', 'landline'],
    ['44', '5612345678', 'voip'],
    ['44', '7012345678', 'unknown'],
  ])('tells the type of +%s %s: %s', async (country_code, phone_number, type) => {
    stopClock()
    vi.setSystemTime(Date.UTC(2027, 10, 25, 23, 21, 39))
    const { info, provider } = await authyAccount({ environment: { ...env } })
    const { status, body } = await info({ country_code, phone_number })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        message: 'Phone number information as of 2027-11-25 23:21:39 UTC',
        type,
        provider: 'Unknown',
        ported: false,
        success: true,
      },
    })
    expect(provider.messages).toEqual([])
  })

  it('refuses what is no number', async () => {
    const { info } = await authyAccount()
    expect(await info({ country_code: '1', phone_number: '1' })).toBeAuthyError(
      400,
      '60033',
      'Phone number is invalid',
    )
  })

  it('needs a key', async () => {
    expect(await authyClient(undefined)('GET', 'info', { query: NUMBER })).toBeAuthyError(
      401,
      '60001',
    )
  })
})
