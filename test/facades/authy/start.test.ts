import { describe, expect, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { rowsOfLines } from '../../support/lines.ts'
import { stopClock } from '../native/support.ts'
import { LANGUAGES } from '../../../src/core/languages.ts'
import { authyAccount, begun, NUMBER } from './support.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('POST /protected/json/phones/verification/start', () => {
  it('sends a code and answers what every client reads', async () => {
    stopClock()
    const { started, provider, native, uuid } = await begun()
    expect(started.body).toEqual({
      carrier: 'Unknown',
      is_cellphone: true,
      is_ported: false,
      message: 'Text message sent to +1 202-555-0123',
      seconds_to_expire: 600,
      uuid: expect.stringMatching(UUID) as string,
      success: true,
    })
    expect(started.headers.get('content-type')).toBe('application/json')
    expect(started.headers.get('cache-control')).toBe('no-store')
    expect(provider.messages[0]).toMatchObject({ to: '+12025550123' })
    const id = `ver_${uuid.replaceAll('-', '')}`
    const { body } = await native.send('GET', `/v1/verifications/${id}`)
    expect(body).toMatchObject({ id, status: 'pending', purpose: '' })
    expect(await rowsOfLines('verifications')).toMatchObject([{ facade: 'authy' }])
  })

  it('says that a call was initiated', async () => {
    const { begin, provider } = await authyAccount()
    const { status, body } = await begin({ via: 'call' })
    expect({ status, message: body['message'] as string }).toEqual({
      status: 200,
      message: 'Call to +1 202-555-0123 initiated.',
    })
    expect(provider.messages[0]?.url).toContain('/Calls.json')
  })

  it.each([
    ['84', '86 674 2932', '+84866742932', '+84 86-674-2932'],
    ['64', '021.039.3363', '+64210393363', '+64 21-039-3363'],
    ['372', '5555 0001', '+37255550001', '+372 5-555-0001'],
    ['+44', '07911 123456', '+447911123456', '+44 791-112-3456'],
    [' 1', '(202) 555-0123', '+12025550123', '+1 202-555-0123'],
    ['1', '+1 202 555 0123', '+12025550123', '+1 202-555-0123'],
    ['1', '12025550123', '+12025550123', '+1 202-555-0123'],
  ])('sends to %s %s and shows the number', async (country_code, phone_number, to, shown) => {
    const { begin, provider } = await authyAccount()
    const { body } = await begin({ country_code, phone_number })
    expect(body['message']).toBe(`Text message sent to ${shown}`)
    expect(provider.messages[0]?.to).toBe(to)
  })

  it.each([
    ['another code in front of the number', '1', '+372 5555 0001'],
    ['a code that takes a digit of the number', '12', '02 555 0123'],
    ['a code that takes the area too', '1202', '555 0123'],
    ['a country code that there is not', '999', '2025550123'],
    ['letters', '1', '202-555-CODE'],
    ['two pluses', '1', '++12025550123'],
    ['a number of another length', '1', '282-23'],
    ['an extension', '1', '202-555-0123 ext 5'],
  ])('refuses %s', async (_, country_code, phone_number) => {
    const { begin, provider } = await authyAccount()
    expect(await begin({ country_code, phone_number })).toBeAuthyError(
      400,
      '60033',
      "Phone verification couldn't be created: Phone number is invalid",
    )
    expect(provider.messages).toEqual([])
  })

  it('sends the same code again until it is used, to the same verification', async () => {
    const { begin, right, uuid, code, guess } = await begun()
    const second = await begin({ via: 'call', code_length: '8' })
    expect(second.body['uuid']).toBe(uuid)
    await begin()
    expect(code()).toBe(right)
    await guess(right)
    const third = await begin()
    expect(third.body['uuid']).not.toBe(uuid)
  })

  it.each([
    ['six digits if nothing else is said', {}, {}, 6],
    ['what the project says', { authyCodeLength: 4, codeLength: 9 }, {}, 4],
    ['what the request says', { authyCodeLength: 4 }, { code_length: '10' }, 10],
    ['four digits', {}, { code_length: '4' }, 4],
  ])('makes a code of %s', async (_, settings, form, length) => {
    const { begin, code } = await authyAccount({ settings })
    await begin(form)
    expect(code()).toHaveLength(length)
  })

  it('sends by text message when no way is named', async () => {
    const { call, provider } = await authyAccount()
    const { status } = await call('POST', 'verification/start', { form: NUMBER })
    expect(status).toBe(200)
    expect(provider.messages[0]?.url).toContain('/Messages.json')
  })

  it('says how long the code is still good', async () => {
    const clock = stopClock()
    const { begin } = await begun({ environment: { ...env } })
    clock.advance(125_900)
    expect((await begin()).body['seconds_to_expire']).toBe(474)
  })
})

describe('locale', () => {
  it.each([
    ['es', 'es su código'],
    ['ES', 'es su código'],
    ['es-MX', 'es su código'],
    ['es_MX', 'es su código'],
    ['zh-cn', '您的验证码是'],
    ['zh-hk', '您的驗證碼是'],
    ['pt-br', 'é o seu código'],
    ['et', 'on teie'],
    // None, one that nobody knows, and what is no tag: the language of the country.
    ['', 'is your'],
    ['xx', 'is your'],
    ['klingon-x-_!', 'is your'],
  ])('%j is the language of the message', async (locale, said) => {
    const { begin, provider } = await authyAccount()
    expect((await begin({ locale })).status).toBe(200)
    expect(provider.messages[0]?.text).toContain(said)
  })

  it('is taken in lower case, for every language', async () => {
    const { begin, native } = await authyAccount({ settings: { sendsPerDay: null } })
    for (const [n, language] of LANGUAGES.entries()) {
      const phone_number = `202555${String(1000 + n)}`
      const { body } = await begin({ phone_number, locale: language.toLowerCase() })
      const id = `ver_${String(body['uuid']).replaceAll('-', '')}`
      const read = await native.send('GET', `/v1/verifications/${id}`)
      expect(read.body['locale']).toBe(language)
    }
  })
})

describe('custom_code', () => {
  const settings = { customCodes: true }

  it('is sent where the project allows it, and names its message', async () => {
    const { begin, code, guess } = await authyAccount({ settings })
    const { body } = await begin({ custom_code: '0042' })
    expect(code()).toBe('0042')
    expect(body['sms_id']).toMatch(/^SM[0-9a-f]{32}$/)
    expect((await guess('0042')).status).toBe(200)
  })

  it('is refused elsewhere', async () => {
    const { begin, provider } = await authyAccount()
    expect(await begin({ custom_code: '0042' })).toBeAuthyError(
      403,
      '60021',
      "Phone verification couldn't be created: custom codes are not allowed.",
    )
    expect(provider.messages).toEqual([])
  })
})

describe('what is known of the number', () => {
  it.each([
    ['a mobile number', '372', '55550001', 'sms', true],
    ['a number in North America', '1', '4165550123', 'sms', true],
    ['a fixed line', '44', '2079460958', 'call', false],
  ])('is told of %s', async (_, country_code, phone_number, via, is_cellphone) => {
    const { begin } = await authyAccount()
    const { body } = await begin({ country_code, phone_number, via })
    expect(body).toMatchObject({ carrier: 'Unknown', is_ported: false, is_cellphone })
  })
})
