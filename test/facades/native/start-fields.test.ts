import { describe, expect, it } from 'vitest'
import { account, PHONE } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { badFields, form } from './support.ts'

const lines = (text: string | undefined) => (text ?? '').split('\n')

describe('POST /v1/verifications: a bad field', () => {
  it.each([
    ['phoneNumber', undefined],
    ['phoneNumber', ''],
    ['phoneNumber', '  '],
    ['phoneNumber', null],
    ['phoneNumber', true],
    ['phoneNumber', 1.5],
    ['phoneNumber', -12025550123],
    ['phoneNumber', ['+12025550123']],
    ['phoneNumber', { e164: '+12025550123' }],
    ['channel', 'fax'],
    ['channel', 'SMS'],
    ['channel', ''],
    ['channel', 1],
    ['locale', 'not a tag'],
    ['locale', ''],
    ['locale', 'e'.repeat(36)],
    ['locale', 5],
    ['codeLength', 3],
    ['codeLength', 11],
    ['codeLength', 6.5],
    ['codeLength', '6.0'],
    ['codeLength', 'six'],
    ['codeLength', '-6'],
    ['codeLength', ''],
    ['codeLength', null],
    ['code', '123'],
    ['code', '12345678901'],
    ['code', 'abcdef'],
    ['code', '12345a'],
    ['code', ''],
    ['code', 123456],
    ['template', 't'.repeat(33)],
    ['template', 7],
    ['appHash', 'FA+9qCX9VS'],
    ['appHash', 'FA+9qCX9VSuu'],
    ['appHash', 'FA+9qCX9VS\n'],
    ['appHash', 'FA-9qCX9VSu'],
    ['domain', 'https://example.com'],
    ['domain', 'Example.com'],
    ['domain', 'example.com:8080'],
    ['domain', 'example.com/login'],
    ['domain', 'user@example.com'],
    ['domain', 'exam ple.com'],
    ['domain', 'example.com\n@evil.test #123456'],
    ['domain', 'example.com.'],
    ['domain', '-example.com'],
    ['domain', `${'a'.repeat(64)}.com`],
    ['domain', 'a.'.repeat(127)],
    ['domain', ''],
    ['purpose', 'p'.repeat(65)],
    ['purpose', 1],
    ['purpose', null],
    ['metadata', 'text'],
    ['metadata', ['a']],
    ['metadata', null],
    ['metadata', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, 'v']))],
    ['metadata.user', { user: 42 }],
    ['metadata.user', { user: null }],
    ['metadata.user', { user: 'v'.repeat(129) }],
    ['metadata.', { '': 'v' }],
    [`metadata.${'k'.repeat(55)}`, { ['k'.repeat(129)]: 'v' }],
    ['ip', 'localhost'],
    ['ip', '192.0.2'],
    ['ip', '192.0.2.256'],
    ['ip', '192.0.2.1/24'],
    ['ip', '192.0.2.1:80'],
    ['ip', '[2001:db8::1]'],
    ['ip', '2001:db8::1::2'],
    ['ip', 'fe80::1%eth0'],
    ['ip', ''],
    ['ip', 1],
  ])('is named in errors: %s = %j', async (field, value) => {
    const provider = fakeProvider()
    const { send } = await account({ settings: { customCodes: true } })
    const [name = ''] = field.split('.')
    const body = { phoneNumber: PHONE, [name]: value }
    const answer = await send('POST', '/v1/verifications', body)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual([field])
    expect(answer.body['errors'][0].message).toMatch(/\S/)
    expect(provider.messages).toEqual([])
  })

  it.each(['phonenumber', 'phone_number', 'to', 'constructor', 'toString', '__proto__'])(
    'is named in errors when the call has none of that name: %s',
    async (field) => {
      const provider = fakeProvider()
      const { send } = await account()
      const body = `{"phoneNumber":"${PHONE}","${field}":"x"}`
      const answer = await send('POST', '/v1/verifications', body)
      expect(answer).toBeProblem(422, 'invalid_request')
      expect(badFields(answer)).toEqual([field])
      expect(provider.messages).toEqual([])
    },
  )

  it('is named beside all the others, once each', async () => {
    const { send } = await account()
    const answer = await send('POST', '/v1/verifications', {
      to: PHONE,
      channel: 'fax',
      codeLength: 3,
      ip: 'x',
      metadata: { a: 1, b: 2 },
    })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual([
      'channel',
      'codeLength',
      'ip',
      'metadata.a',
      'metadata.b',
      'phoneNumber',
      'to',
    ])
  })

  it('is one that a form writes in brackets of brackets', async () => {
    const { send } = await account()
    const [body, headers] = form({ phoneNumber: PHONE, 'metadata[a][b]': 'c' })
    const answer = await send('POST', '/v1/verifications', body, headers)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['metadata[a][b]'])
  })

  it('is one of eleven pairs of metadata in a form', async () => {
    const { send } = await account()
    const pairs = Array.from({ length: 11 }, (_, n) => [`metadata[k${n}]`, 'v'])
    const [body, headers] = form({ phoneNumber: PHONE, ...Object.fromEntries(pairs) })
    const answer = await send('POST', '/v1/verifications', body, headers)
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['metadata'])
  })

  it.each(['phoneNumber=%2B12025550123&phoneNumber=%2B12025550124', 'channel=sms&channel=call'])(
    'is unreadable when it is given twice: %s',
    async (body) => {
      const provider = fakeProvider()
      const { send } = await account()
      const [, headers] = form({})
      const answer = await send('POST', '/v1/verifications', body, headers)
      expect(answer).toBeProblem(400, 'unreadable_request')
      expect(provider.messages).toEqual([])
    },
  )
})

describe('POST /v1/verifications: a good field', () => {
  it.each([
    ['+1 (202) 555-0123'],
    ['12025550123'],
    [12025550123],
    ['0012025550123'],
    ['+1.202.555.0123'],
    ['  +12025550123  '],
    ['+١٢٠٢٥٥٥٠١٢٣'],
  ])('is a number in a usual spelling: %j', async (phoneNumber) => {
    const provider = fakeProvider()
    const { start } = await account()
    const { status, body } = await start({ phoneNumber })
    expect(status).toBe(201)
    expect(body).toMatchObject({ phoneNumber: PHONE, country: 'US' })
    expect(provider.messages[0]?.to).toBe(PHONE)
  })

  it.each([
    [undefined, 6],
    [4, 4],
    [10, 10],
    ['8', 8],
  ])('is codeLength %j', async (codeLength, length) => {
    const provider = fakeProvider()
    const { start } = await account()
    expect((await start({ codeLength })).status).toBe(201)
    expect(provider.messages[0]?.code).toHaveLength(length)
  })

  it('is codeLength as the text of a form', async () => {
    const provider = fakeProvider()
    const { send } = await account()
    const [body, headers] = form({ phoneNumber: PHONE, codeLength: '9', channel: 'sms' })
    expect((await send('POST', '/v1/verifications', body, headers)).status).toBe(201)
    expect(provider.messages[0]?.code).toHaveLength(9)
  })

  it.each([
    ['en', 'en'],
    ['PT-br', 'pt-BR'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
  ])('is the locale %s, kept as %s', async (locale, kept) => {
    fakeProvider()
    const { start, send } = await account()
    const { body } = await start({ locale })
    expect((await send('GET', `/v1/verifications/${body['id']}`)).body['locale']).toBe(kept)
  })

  it('is an own code, when the project allows it', async () => {
    const provider = fakeProvider()
    const { start, check } = await account({ settings: { customCodes: true } })
    const { body } = await start({ code: '0042-1337' })
    expect(provider.messages[0]?.text).toContain('00421337')
    expect((await check({ id: body['id'], code: '00421337' })).body['verified']).toBe(true)
  })

  it('is a template of the project', async () => {
    const provider = fakeProvider()
    const { start } = await account({
      settings: { brand: 'Acme', templates: { login: '{{brand}}: {{code}} ({{minutes}} min)' } },
    })
    await start({ template: 'login' })
    expect(provider.messages[0]?.text).toMatch(/^Acme: \d{6} \(10 min\)$/)
  })

  it('is a domain, which stands in the last line with the code', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    await start({ domain: 'login.example.com' })
    const [message] = provider.messages
    expect(lines(message?.text).at(-1)).toBe(`@login.example.com #${message?.code}`)
  })

  it('is an app hash, which stands in the last line', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    await start({ appHash: 'FA+9qCX9VSu' })
    expect(lines(provider.messages[0]?.text).at(-1)).toBe('FA+9qCX9VSu')
  })

  it('is metadata as an object, and as fields of a form', async () => {
    fakeProvider()
    const { start, send } = await account()
    const pairs = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [`k${n}`.padEnd(128, 'k'), 'v'.repeat(128)]),
    )
    const metadataOf = async (id: unknown) =>
      (await send('GET', `/v1/verifications/${String(id)}`)).body['metadata'] as unknown
    const asJson = await start({ metadata: pairs })
    expect(await metadataOf(asJson.body['id'])).toEqual(pairs)
    const [body, headers] = form({
      phoneNumber: PHONE,
      purpose: 'form',
      'metadata[user id]': '42',
      'metadata[plan]': '',
    })
    const asForm = await send('POST', '/v1/verifications', body, headers)
    expect(await metadataOf(asForm.body['id'])).toEqual({ 'user id': '42', plan: '' })
  })

  it('is a purpose of 64 characters', async () => {
    fakeProvider()
    const { start, send } = await account()
    const { body } = await start({ purpose: 'p'.repeat(64) })
    const got = await send('GET', `/v1/verifications/${body['id']}`)
    expect(got.body['purpose']).toBe('p'.repeat(64))
  })
})
