import { describe, expect, it } from 'vitest'
import { ask } from '../../support/api.ts'
import { authyAccount, authyClient, begun, NUMBER, type Told } from './support.ts'

const START = 'verification/start'
const FORM = { via: 'sms', ...NUMBER }

type Way = readonly [name: string, told: (fields: Readonly<Record<string, string>>) => Told]

const WAYS: readonly Way[] = [
  ['a form', (form) => ({ form })],
  ['JSON', (json) => ({ json })],
  ['the query, with an empty body', (query) => ({ query })],
  [
    'the query, with an empty body labelled as JSON',
    (query) => ({ query, headers: { 'content-type': 'application/json' } }),
  ],
  [
    'JSON labelled as a form',
    (json) => ({ json, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  ],
]

describe('parameters', () => {
  it.each(WAYS)('come by %s', async (_, told) => {
    const { call, provider } = await authyAccount()
    expect((await call('POST', START, told(FORM))).status).toBe(200)
    expect(provider.messages[0]?.to).toBe('+12025550123')
  })

  it('come partly by the query, partly by the body, which wins', async () => {
    const { call, provider } = await authyAccount()
    const query = { country_code: '1', phone_number: '2025550124', code_length: '4' }
    const { status } = await call('POST', START, { query, json: { phone_number: '2025550125' } })
    expect(status).toBe(200)
    expect(provider.messages[0]).toMatchObject({
      to: '+12025550125',
      code: expect.stringMatching(/^\d{4}$/) as string,
    })
  })

  it('come as numbers in JSON, or as nothing', async () => {
    const { call, provider } = await authyAccount()
    const json = {
      country_code: 1,
      phone_number: 2025550123,
      code_length: 7,
      via: 'sms',
      locale: null,
      custom_code: '',
      custom_message: null,
    }
    expect((await call('POST', START, { json })).status).toBe(200)
    expect(provider.messages[0]?.code).toHaveLength(7)
  })

  it.each([
    ['a list', { country_code: ['1'] }, 'country_code'],
    ['an object', { phone_number: { toString: 1 } }, 'phone_number'],
    ['true', { via: true }, 'via'],
  ])('are refused as %s', async (_, odd, name) => {
    const { call } = await authyAccount()
    const answer = await call('POST', START, { json: { ...FORM, ...odd } })
    expect(answer).toBeAuthyError(400, '60004', `Invalid parameter: ${name} - is no text`)
  })

  it('that nobody knows are passed over, whatever their names', async () => {
    const { call, provider } = await authyAccount()
    const json = `{"__proto__":{"via":"fax"},"constructor":{"prototype":{}},"toString":1,
      "country_code":"1","phone_number":"2025550123","user[email]":[],"via":"sms"}`
    const { status } = await call('POST', START, {
      query: { __proto__x: '1', constructor: '2', hasOwnProperty: '3' },
      json: JSON.parse(json),
    })
    expect(status).toBe(200)
    expect(provider.messages).toHaveLength(1)
    expect(({} as Record<string, unknown>)['via']).toBeUndefined()
  })

  it('are not taken from the prototype of anything', async () => {
    const { secret } = await authyAccount()
    const answer = await ask(
      new Request('http://localhost/protected/json/phones/verification/start', {
        method: 'POST',
        headers: { 'x-authy-api-key': secret },
        body: '{"__proto__":{"country_code":"1","phone_number":"2025550123"}}',
      }),
    )
    expect(answer).toBeAuthyError(400, '60004')
  })

  it('that are given twice in one place are refused', async () => {
    const { secret, provider } = await authyAccount()
    const body = 'country_code=1&phone_number=2025550123&phone_number=2025550124'
    const headers = { 'x-authy-api-key': secret }
    const url = 'http://localhost/protected/json/phones/verification/start'
    const answer = await ask(new Request(url, { method: 'POST', headers, body }))
    expect(answer).toBeAuthyError(400, '60002')
    expect(provider.messages).toEqual([])
  })

  it('of a check come by the query of a GET that is labelled JSON and has no body', async () => {
    const { guess, call, right } = await begun()
    const query = { ...NUMBER, verification_code: right }
    const headers = { 'content-type': 'application/json', accept: 'text/html' }
    const { status } = await call('GET', 'verification/check', { query, headers })
    expect(status).toBe(200)
    expect(await guess(right)).toBeAuthyError(404, '60023')
  })
})

describe('parameters that are no UTF-8', () => {
  it.each(['query', 'form'] as const)(
    'are 60005 also when they are percent-encoded in the %s',
    async (place) => {
      const { secret } = await authyAccount({ settings: { customMessages: true } })
      const latin1 =
        'country_code=1&phone_number=2025550123&via=sms&custom_message=c%F3digo+%7B%7Bcode%7D%7D'
      const url = `http://localhost/protected/json/phones/${START}${place === 'query' ? `?${latin1}` : ''}`
      const answer = await ask(
        new Request(url, {
          method: 'POST',
          headers: {
            'x-authy-api-key': secret,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: place === 'form' ? latin1 : '',
        }),
      )
      expect([answer.status, answer.body['error_code']]).toEqual([400, '60005'])
    },
  )
})

describe('the key', () => {
  const withKey: readonly (readonly [string, (api_key: string) => Told])[] = [
    ['the query', (api_key) => ({ query: { api_key }, form: FORM })],
    ['the form', (api_key) => ({ form: { ...FORM, api_key } })],
    ['JSON', (api_key) => ({ json: { ...FORM, api_key } })],
    ['the header', (api_key) => ({ form: FORM, headers: { 'X-Authy-API-Key': api_key } })],
    [
      'the query, beside an empty header',
      (api_key) => ({ query: { api_key }, form: FORM, headers: { 'x-authy-api-key': ' ' } }),
    ],
  ]

  it.each(withKey)('comes by %s', async (_, told) => {
    const { secret } = await authyAccount()
    expect((await authyClient(undefined)('POST', START, told(secret))).status).toBe(200)
    const answer = await authyClient(undefined)('POST', START, told(`${secret}x`))
    expect(answer).toBeAuthyError(401, '60001', 'Invalid API key')
  })

  it('of the header counts, not another one', async () => {
    const { secret } = await authyAccount()
    const call = authyClient('sk_live_wrong')
    expect(await call('POST', START, { query: { api_key: secret }, form: FORM })).toBeAuthyError(
      401,
      '60001',
    )
  })

  it.each(withKey)('comes by %s or not where the query is switched off', async (place, told) => {
    const { secret, provider } = await authyAccount({ settings: { authyKeyInQuery: false } })
    const answer = await authyClient(undefined)('POST', START, told(secret))
    const refused = place.startsWith('the query')
    expect(answer.status).toBe(refused ? 401 : 200)
    expect(provider.messages).toHaveLength(refused ? 0 : 1)
    if (refused) expect(answer).toBeAuthyError(401, '60001', 'Invalid API key')
  })

  it('as a Bearer token is none', async () => {
    const { secret } = await authyAccount()
    const headers = { authorization: `Bearer ${secret}` }
    const answer = await authyClient(undefined)('POST', START, { form: FORM, headers })
    expect(answer).toBeAuthyError(401, '60001')
  })
})
