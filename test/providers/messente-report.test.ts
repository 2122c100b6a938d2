import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../../src/core/text.ts'
import { messente } from '../../src/providers/messente.ts'
import { NUMBER, reportOf } from './json-vendor.ts'
import { CODE } from './messages.ts'
import { OPTIONS, PASSWORD } from './send-by-messente.ts'

const { readReport } = messente.create(OPTIONS, fetch)
const read = (body: string | Uint8Array<ArrayBuffer>, signature?: string) =>
  readReport?.(reportOf(body, signature === undefined ? {} : { 'X-Messente-Signature': signature }))

/** Computed by the formula of https://messente.com/documentation/api-setup/security. */
const BODY =
  '{"status":"DELIVRD","sender":"MySender","err":0,"message_id":"m1","to":"+3725555555",' +
  '"channel":"sms","error":null,"omnimessage_id":"o1","timestamp":"2020-02-04T08:09:42.389630"}'
const SIGNATURE = '43b3b9bfde7c9abd76b6f3d4c21524a83054576a3bb98ae99b4347fd5b5b7d22'

const signatureOf = async (body: string, secret = PASSWORD) => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytesOf(body)))
}

const signed = async (body: string) => read(body, (await signatureOf(body)).toHex())

describe('messente: the signature of a report', () => {
  it.each([
    ['hex', SIGNATURE],
    ['upper-case hex', SIGNATURE.toUpperCase()],
    ['base64', Uint8Array.fromHex(SIGNATURE).toBase64()],
  ])('is accepted in %s', async (_, signature) => {
    expect(await read(BODY, signature)).toEqual({
      outcome: 'reports',
      reports: [{ report: { status: 'delivered', error: null, price: null, currency: null } }],
    })
  })

  it.each([
    ['', 'empty'],
    ['x', 'no text of bytes'],
    [SIGNATURE.slice(2), 'too short'],
    [`${SIGNATURE}00`, 'too long'],
    [`sha256=${SIGNATURE}`, 'named'],
    [`${SIGNATURE}, ${SIGNATURE}`, 'there twice'],
    [SIGNATURE.replace('4', '5'), 'another'],
    [Uint8Array.fromHex(SIGNATURE).toBase64({ omitPadding: true }), 'not padded'],
  ])('is refused when it is %j, %s', async (signature) => {
    expect(await read(BODY, signature)).toEqual({ outcome: 'forged' })
  })

  it('is needed', async () => {
    expect(await read(BODY)).toEqual({ outcome: 'forged' })
    expect(await read('no report')).toEqual({ outcome: 'forged' })
  })

  it('is refused when another password made it', async () => {
    const signature = await signatureOf(BODY, 'another_password')
    expect(await read(BODY, signature.toHex())).toEqual({ outcome: 'forged' })
  })

  it('is refused when any byte of the body was changed', async () => {
    for (const [index] of bytesOf(BODY).entries()) {
      const body = bytesOf(BODY)
      body[index] = (body[index] ?? 0) ^ 1
      expect(await read(body, SIGNATURE)).toEqual({ outcome: 'forged' })
    }
  })

  it('is refused whatever the header holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.base64String(), async (signature) => {
        expect(await read(BODY, signature)).toEqual({ outcome: 'forged' })
      }),
      { numRuns: 200 },
    )
  })
})

describe('messente: what a report says', () => {
  const reportWith = async (changes: object) => {
    const reading = await signed(JSON.stringify({ ...JSON.parse(BODY), ...changes }))
    return reading?.outcome === 'reports' ? reading.reports[0]?.report : reading
  }

  it.each([
    ['ACK', 'sent'],
    ['ACCEPTD', 'sent'],
    ['DELIVRD', 'delivered'],
    ['SEEN', 'delivered'],
    ['UNDELIV', 'undelivered'],
    ['EXPIRED', 'undelivered'],
    ['DELETED', 'undelivered'],
    ['FAILED', 'failed'],
    ['REJECTD', 'failed'],
    ['NACK', 'failed'],
    ['UNKNOWN', 'unknown'],
  ])('is, of %s, %s', async (status, said) => {
    expect(await reportWith({ status })).toMatchObject({ status: said, error: null })
  })

  it.each(['', 'delivrd', 'toString', '__proto__', null, 7, undefined])(
    'is nothing of a status %j',
    async (status) => {
      expect(await reportWith({ status })).toEqual({ outcome: 'unreadable' })
    },
  )

  it.each(['', 'status=DELIVRD', `[${BODY}]`, `{"statuses":[${BODY}]}`, 'null', '"DELIVRD"', '{'])(
    'is nothing of the body %j',
    async (body) => {
      expect(await signed(body)).toEqual({ outcome: 'unreadable' })
    },
  )

  it.each([
    ['FAILED', 1, 'Messente error 1'],
    ['UNDELIV', 3, 'Messente error 3'],
    ['NACK', 999, 'Messente error 999'],
    ['ACK', 999, 'Messente error 999'],
    ['FAILED', 0, null],
    ['FAILED', null, null],
    ['FAILED', undefined, null],
    ['FAILED', '1', null],
    ['FAILED', 1.5, null],
    ['FAILED', -1, null],
    ['FAILED', Number(CODE), null],
    ['SEEN', 10, null],
    ['DELIVRD', 1, null],
  ])('is, of %s with err %j, %j', async (status, err, error) => {
    const report = await reportWith({ status, err, error: `No ${NUMBER} ${CODE}` })
    expect(report).toMatchObject({ error })
  })

  it.each([
    [{ part_price: '0.1', parts_count: 2, total_price: '0.2' }, '0.2'],
    [{ total_price: 0.2 }, '0.2'],
    [{ total_price: '-0.2' }, null],
    [{ total_price: '0,2' }, null],
    [{ total_price: CODE }, null],
    [{ part_price: '0.1' }, null],
    ['0.2', null],
    [null, null],
    [undefined, null],
  ])('is, of a price %j, %j', async (price_info, price) => {
    expect(await reportWith({ price_info })).toMatchObject({ price, currency: null })
  })

  it('holds no code, number or password, whatever the report quotes', async () => {
    const leak = [CODE, NUMBER, NUMBER.slice(1), PASSWORD]
    const quoted = fc.oneof(fc.constantFrom(...leak, Number(CODE)), fc.jsonValue())
    const body = fc.record({
      status: fc.constantFrom('ACK', 'DELIVRD', 'FAILED', ...leak),
      err: quoted,
      error: quoted,
      message_id: quoted,
      price_info: fc.oneof(quoted, fc.record({ total_price: quoted })),
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
