import * as fc from 'fast-check'
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../src/core/text.ts'
import { vonage } from '../../src/providers/vonage.ts'
import { NUMBER, reportOf } from './json-vendor.ts'
import { CODE } from './messages.ts'
import { KEY, MESSAGE_ID, OPTIONS, SECRET, SIGNATURE_SECRET } from './send-by-vonage.ts'

const { readReport } = vonage.create(OPTIONS, fetch)
const read = (request: ReturnType<typeof reportOf>) => readReport?.(request)

const delivered = {
  message_uuid: MESSAGE_ID,
  to: NUMBER.slice(1),
  from: 'Acme',
  timestamp: '2026-02-03T12:14:25Z',
  channel: 'sms',
  status: 'delivered',
  usage: { currency: 'EUR', price: '0.0333' },
  client_ref: `del_${'1'.repeat(32)}`,
}
const BODY = JSON.stringify(delivered)

const hashOf = async (body: string) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(body))).toHex()
const now = () => Math.floor(Date.now() / 1000)

const claimsOf = async (body: string): Promise<JWTPayload> => ({
  iat: now(),
  jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5',
  iss: 'Vonage',
  payload_hash: await hashOf(body),
  api_key: KEY,
  application_id: MESSAGE_ID,
})

interface Forgery {
  readonly body?: string
  readonly changes?: object
  readonly secret?: string
  readonly algorithm?: string
}

async function tokenOf({
  body = BODY,
  changes,
  secret = SIGNATURE_SECRET,
  algorithm,
}: Forgery = {}) {
  const claims = { ...(await claimsOf(body)), ...changes }
  const header = { alg: algorithm ?? 'HS256', typ: 'JWT' }
  return new SignJWT(claims).setProtectedHeader(header).sign(bytesOf(secret))
}

const signed = async (body: string) =>
  read(reportOf(body, { authorization: `Bearer ${await tokenOf({ body })}` }))

const bearer = (token: string) => read(reportOf(BODY, { authorization: `Bearer ${token}` }))

const base64Url = (text: string) =>
  bytesOf(text).toBase64({ alphabet: 'base64url', omitPadding: true })

describe('vonage: the signature of a report', () => {
  it('is accepted', async () => {
    expect(await bearer(await tokenOf())).toEqual({
      outcome: 'reports',
      reports: [{ report: { status: 'delivered', error: null, price: '0.0333', currency: 'EUR' } }],
    })
  })

  it('is a vector of HS256 by hand', async () => {
    const content = `${base64Url('{"alg":"HS256"}')}.${base64Url(JSON.stringify(await claimsOf(BODY)))}`
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', bytesOf(SIGNATURE_SECRET), algorithm, false, [
      'sign',
    ])
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytesOf(content)))
    const written = signature.toBase64({ alphabet: 'base64url', omitPadding: true })
    expect(await bearer(`${content}.${written}`)).toMatchObject({ outcome: 'reports' })
  })

  it.each<[string, Forgery]>([
    ['by another secret', { secret: 'another-secret-of-reports' }],
    ['by the secret of the API', { secret: SECRET }],
    ['by HS384', { algorithm: 'HS384' }],
    ['by HS512', { algorithm: 'HS512' }],
    ['more than five minutes ago', { changes: { iat: now() - 320 } }],
    ['in the future', { changes: { iat: now() + 90 } }],
    ['of another body', { body: `${BODY} ` }],
    ['of no hash', { changes: { payload_hash: '' } }],
    ['of a hash that is no text', { changes: { payload_hash: null } }],
    ['for another account', { changes: { api_key: 'b1b2c3d4' } }],
    ['by another issuer', { changes: { iss: 'vonage' } }],
    ['at no time', { changes: { iat: undefined } }],
    ['at a time that is text', { changes: { iat: `${now()}` } }],
    ['without jti', { changes: { jti: undefined } }],
    ['without payload_hash', { changes: { payload_hash: undefined } }],
    ['without api_key', { changes: { api_key: undefined } }],
    ['without iss', { changes: { iss: undefined } }],
    ['with an end in the past', { changes: { exp: now() - 120 } }],
  ])('is refused when it was made %s', async (_, forgery) => {
    expect(await bearer(await tokenOf(forgery))).toEqual({ outcome: 'forged' })
  })

  it.each([-290, -60, 0, 50])('is accepted when it was made at %i s from now', async (seconds) => {
    const token = await tokenOf({ changes: { iat: now() + seconds } })
    expect(await bearer(token)).toMatchObject({ outcome: 'reports' })
  })

  it('is refused without an algorithm', async () => {
    const token = new UnsecuredJWT(await claimsOf(BODY)).encode()
    expect(await bearer(token)).toEqual({ outcome: 'forged' })
    expect(await bearer(`${token}x`)).toEqual({ outcome: 'forged' })
  })

  it('is refused by RS256, and by HS256 under the name of RS256', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    const claims = await claimsOf(BODY)
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    expect(await bearer(token)).toEqual({ outcome: 'forged' })
    const [, payload, signature] = (await tokenOf()).split('.')
    const renamed = `${base64Url('{"alg":"RS256","typ":"JWT"}')}.${payload}.${signature}`
    expect(await bearer(renamed)).toEqual({ outcome: 'forged' })
  })

  it('is refused when any byte of the body was changed', async () => {
    const authorization = `Bearer ${await tokenOf()}`
    for (const [index] of bytesOf(BODY).entries()) {
      const body = bytesOf(BODY)
      body[index] = (body[index] ?? 0) ^ 1
      expect(await read(reportOf(body, { authorization }))).toEqual({ outcome: 'forged' })
    }
  })

  it('is refused when any character of the token was changed', async () => {
    const token = await tokenOf()
    for (let index = 0; index < token.length - 1; index++) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, index) + other + token.slice(index + 1)
      expect(await bearer(changed)).toEqual({ outcome: 'forged' })
    }
  })

  it.each([
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer a.b.c' },
    { authorization: 'Bearer ..' },
    { authorization: `Basic ${btoa(`${KEY}:${SECRET}`)}` },
  ])('is needed (%j)', async (headers) => {
    expect(await read(reportOf(BODY, headers))).toEqual({ outcome: 'forged' })
  })

  it('is refused whatever the header holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (one, two) => {
        const authorization = `Bearer ${base64Url(one)}.${base64Url(two)}.${base64Url(one)}`
        expect(await read(reportOf(BODY, { authorization }))).toEqual({ outcome: 'forged' })
      }),
      { numRuns: 200 },
    )
  })

  it('is looked at first', async () => {
    const headers = { authorization: 'Bearer a.b.c' }
    expect(await read(reportOf('no report', headers))).toEqual({ outcome: 'forged' })
  })

  it('is asked for again where there is none', async () => {
    expect(await read(reportOf(BODY))).toEqual({ outcome: 'unsigned' })
  })
})

describe('vonage: what a report says', () => {
  const reportWith = async (changes: object) => {
    const reading = await signed(JSON.stringify({ ...delivered, ...changes }))
    return reading?.outcome === 'reports' ? reading.reports[0]?.report : reading
  }

  it.each([
    ['submitted', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['rejected', 'failed'],
    ['undeliverable', 'undelivered'],
  ])('is, of %s, %s', async (status, said) => {
    expect(await reportWith({ status })).toMatchObject({ status: said })
  })

  it.each(['', 'DELIVERED', 'toString', '__proto__', null, 7, undefined])(
    'is nothing of a status %j',
    async (status) => {
      expect(await reportWith({ status })).toEqual({ outcome: 'unreadable' })
    },
  )

  it.each(['', 'status=delivered', '[]', 'null', '"delivered"', '{'])(
    'is nothing of the body %j',
    async (body) => {
      expect(await signed(body)).toEqual({ outcome: 'unreadable' })
    },
  )

  const type = 'https://developer.vonage.com/api-errors/messages#1260'
  it.each([
    [{ type, title: 1260, detail: CODE }, 'Vonage error 1260'],
    [{ type, title: '1260' }, 'Vonage error 1260'],
    [{ type: 'https://developer.vonage.com/api-errors#x', title: '1030' }, 'Vonage error 1030'],
    [{ title: 1030 }, 'Vonage error 1030'],
    [{ error: { type, title: '1260', detail: NUMBER } }, 'Vonage error 1260'],
    [{ type: `messages#${CODE}`, title: CODE }, null],
    [{ type: CODE, title: `Undeliverable ${NUMBER}` }, null],
    [{ type: null, title: { toString: 1 } }, null],
    [CODE, null],
    [null, null],
    [undefined, null],
  ])('is, of an error %j, %j', async (error, said) => {
    expect(await reportWith({ status: 'rejected', error })).toMatchObject({ error: said })
  })

  it.each([
    [{ price: '0.0333', currency: 'EUR' }, '0.0333', 'EUR'],
    [{ price: 0.0333, currency: 'EUR' }, '0.0333', 'EUR'],
    [{ price: '1', currency: 'USD' }, '1', 'USD'],
    [{ price: '-1', currency: 'EUR' }, null, null],
    [{ price: '1e3', currency: 'EUR' }, null, null],
    [{ price: CODE, currency: 'EUR' }, null, null],
    [{ price: '0.0333', currency: 'euro' }, null, null],
    [{ price: '0.0333' }, null, null],
    [{}, null, null],
    [null, null, null],
    [undefined, null, null],
  ])('is, of a usage %j, %j %j', async (usage, price, currency) => {
    expect(await reportWith({ usage })).toMatchObject({ price, currency })
  })

  it('holds no code, number or secret, whatever the report quotes', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), SECRET, SIGNATURE_SECRET]
    const quoted = fc.oneof(
      fc.constantFrom(...leak, ...leak.map((text) => `x#${text}`)),
      fc.jsonValue(),
    )
    const body = fc.record({
      status: fc.constantFrom('submitted', 'delivered', 'rejected', ...leak),
      error: fc.oneof(quoted, fc.record({ type: quoted, title: quoted, error: quoted })),
      usage: fc.oneof(quoted, fc.record({ price: quoted, currency: quoted })),
      client_ref: quoted,
    })
    await fc.assert(
      fc.asyncProperty(body, async (report) => {
        const written = JSON.stringify(await signed(JSON.stringify(report)))
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})
