import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import authy from 'authy'
import { Client } from 'authy-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProvider, type Provider } from '../bench/provider.ts'
import { buildOtpost, SECRET, startOtpost, type Served } from '../bench/workers.ts'

let folder: string
let provider: Provider
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpost-served-'))
  provider = await startProvider()
  served = await startOtpost(await buildOtpost(folder), provider.baseUrl)
})

afterAll(async () => {
  await served.close()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Asks over a socket; unlike `fetch`, it sends a body with any method. */
async function ask(method: string, path: string, { headers = {}, body = '' }: Asked = {}) {
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const asked = request(new URL(path, served.url), { method, headers: { ...length, ...headers } })
  const answered = new Promise<{ status: number | undefined; text: string }>((done, fail) => {
    asked.on('error', fail)
    asked.on('response', (response) => {
      void text(response).then((said) => done({ status: response.statusCode, text: said }), fail)
    })
  })
  asked.end(body)
  const { status, text: said } = await answered
  return { status, text: said, body: JSON.parse(said) as Record<string, unknown> }
}

const PHONES = '/protected/json/phones'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_LABEL = { 'content-type': 'application/json' }
const KEY = { 'X-Authy-API-Key': SECRET }

let numbers = 0

/** A number that no other test uses. */
function freshNumber() {
  numbers += 1
  const national = `20255501${String(numbers).padStart(2, '0')}`
  return { national, e164: `+1${national}`, query: `country_code=1&phone_number=${national}` }
}

const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('the served Worker', () => {
  it('reads the form of a GET', async () => {
    const { query, e164 } = freshNumber()
    const headers = { ...KEY, ...FORM }
    await ask('POST', `${PHONES}/verification/start`, { headers, body: `via=sms&${query}` })
    const body = `${query}&verification_code=${provider.codeOf(e164)}`
    const status = await ask('GET', `${PHONES}/verification/status`, { headers, body: query })
    expect(status).toMatchObject({ status: 200, body: { status: 'pending', success: true } })
    const check = await ask('GET', `${PHONES}/verification/check`, { headers, body })
    expect(check).toMatchObject({
      status: 200,
      body: { message: 'Verification code is correct.', success: true },
    })
  })

  it('reads the JSON of a GET, with the key in it', async () => {
    const { national } = freshNumber()
    const body = JSON.stringify({ api_key: SECRET, country_code: 1, phone_number: national })
    const answer = await ask('GET', `${PHONES}/info`, { headers: JSON_LABEL, body })
    expect(answer).toMatchObject({ status: 200, body: { type: 'cellphone', success: true } })
  })

  it('reads a POST with everything in the query and nothing in the body', async () => {
    const { query, e164 } = freshNumber()
    const path = `${PHONES}/verification/start?via=sms&${query}`
    const headers = { ...KEY, 'content-length': '0' }
    expect(await ask('POST', path, { headers })).toMatchObject({ status: 200 })
    expect(provider.codeOf(e164)).toMatch(/^\d{6}$/)
  })

  it('reads a GET that is labelled JSON and has no body', async () => {
    const { query, national } = freshNumber()
    const path = `${PHONES}/verification/check?${query}&verification_code=123456`
    const answer = await ask('GET', path, { headers: { ...KEY, ...JSON_LABEL } })
    const shown = `+1 202-555-${national.slice(-4)}`
    expect(answer).toMatchObject({
      status: 404,
      body: { error_code: '60023', message: `No pending verifications for ${shown} found.` },
    })
  })

  it.each([
    [
      'the header',
      (path: string, query: string) => [`${path}?${query}`, { headers: KEY }] as const,
    ],
    ['the query', (path, query) => [`${path}?api_key=${SECRET}&${query}`, {}] as const],
    [
      'the form',
      (path, query) => [path, { headers: FORM, body: `api_key=${SECRET}&${query}` }] as const,
    ],
    [
      'JSON',
      (path, query) => {
        const fields = Object.fromEntries(new URLSearchParams(query))
        const body = JSON.stringify({ api_key: SECRET, ...fields })
        return [path, { headers: JSON_LABEL, body }] as const
      },
    ],
  ] satisfies readonly (readonly [
    string,
    (path: string, query: string) => readonly [string, Asked],
  ])[])('takes the key by %s', async (_, told) => {
    const { query } = freshNumber()
    const [path, asked] = told(`${PHONES}/verification/start`, `via=sms&${query}`)
    expect(await ask('POST', path, asked)).toMatchObject({ status: 200, body: { success: true } })
  })

  it('answers HEAD without spending a check', async () => {
    const { query, e164 } = freshNumber()
    await ask('POST', `${PHONES}/verification/start?${query}`, { headers: KEY })
    const code = provider.codeOf(e164)
    const url = new URL(
      `${PHONES}/verification/check?${query}&verification_code=${code}`,
      served.url,
    )
    const head = await fetch(url, { method: 'HEAD', headers: KEY })
    expect({ status: head.status, allow: head.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'GET',
    })
    expect((await fetch(url, { headers: KEY })).status).toBe(200)
  })
})

type Outcome = { readonly error: unknown } | { readonly body: unknown }

/** Waits for a callback; `authy` gives the body of an error as the error. */
const outcome = (call: (done: (error: unknown, body: unknown) => void) => void) =>
  new Promise<Outcome>((settle) => {
    call((error, body) => settle(error === null ? { body } : { error }))
  })

describe('the npm package authy', () => {
  it('runs a whole story', async () => {
    const { national, e164 } = freshNumber()
    // It keeps what it is asked in a global of its own: one call after the other.
    const phones = authy(SECRET, served.url.origin).phones()
    const check = (code: string) =>
      outcome((done) => phones.verification_check(national, '1', code, done))
    const state = () => outcome((done) => phones.verification_status(national, '1', done))

    const started = await outcome((done) =>
      phones.verification_start(national, '1', { via: 'sms', locale: 'en' }, done),
    )
    const shown = `+1 202-555-${national.slice(-4)}`
    expect(started).toMatchObject({
      body: { success: true, message: `Text message sent to ${shown}`, is_cellphone: true },
    })
    const code = provider.codeOf(e164)
    expect(await state()).toMatchObject({ body: { status: 'pending' } })
    expect(await check(wrong(code))).toMatchObject({
      error: { error_code: '60022', message: 'Verification code is incorrect.', success: false },
    })
    expect(await check(code)).toEqual({
      body: { message: 'Verification code is correct.', success: true },
    })
    expect(await check(code)).toMatchObject({ error: { error_code: '60023', success: false } })
    expect(await state()).toMatchObject({ body: { status: 'verified', success: true } })
    expect(await outcome((done) => phones.info(national, '1', done))).toMatchObject({
      body: { type: 'cellphone', provider: 'Unknown', ported: false },
    })
    const stranger = authy('sk_live_nobody', served.url.origin).phones()
    expect(await outcome((done) => stranger.info(national, '1', done))).toMatchObject({
      error: { error_code: '60001', message: 'Invalid API key' },
    })
  })
})

describe('the npm package authy-client', () => {
  it('runs a whole story', async () => {
    const { national, e164 } = freshNumber()
    const client = new Client({ key: SECRET }, { host: served.url.origin })
    const phone = { countryCode: '1', phone: national }
    const verify = (token: string) => client.verifyPhone({ ...phone, token })

    const started = await client.startPhoneVerification({ ...phone, via: 'sms', locale: 'zh-cn' })
    expect(started).toMatchObject({ success: true, carrier: 'Unknown', is_ported: false })
    const code = provider.codeOf(e164)
    await expect(verify(wrong(code))).rejects.toMatchObject({
      code: 401,
      message: 'Verification code is incorrect.',
      body: { error_code: '60022', errors: { message: 'Verification code is incorrect.' } },
    })
    expect(await verify(code)).toEqual({ message: 'Verification code is correct.', success: true })
    await expect(verify(code)).rejects.toMatchObject({ code: 404, body: { error_code: '60023' } })
    expect(await client.getPhoneInformation(phone)).toMatchObject({
      type: 'cellphone',
      provider: 'Unknown',
    })
    const again = await client.startPhoneVerification({ ...phone, via: 'sms' })
    expect(again['uuid']).not.toBe(started['uuid'])
    const stranger = new Client({ key: 'sk_live_nobody' }, { host: served.url.origin })
    await expect(stranger.getPhoneInformation(phone)).rejects.toMatchObject({ code: 401 })
  })
})
