import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallbackReading } from '../../src/core/messenger.ts'
import { bytesOf } from '../../src/core/text.ts'
import { CODE } from './messages.ts'
import { ACCOUNT, TOKEN, twilioWith } from './send-by-twilio.ts'
import { formRequest, hmac, signedForm } from './sign-as-twilio.ts'

const URL_OF_TRY = 'https://otp.example.com/v1/receipts/twilio/report-token-of-the-try'

/** A status callback of a message (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status). */
const MESSAGE = {
  AccountSid: ACCOUNT,
  ApiVersion: '2010-04-01',
  From: '+12025550100',
  MessageSid: `SM${'0'.repeat(32)}`,
  MessageStatus: 'delivered',
  SmsSid: `SM${'0'.repeat(32)}`,
  SmsStatus: 'delivered',
  To: '+12025550123',
}
/** One of a call (https://www.twilio.com/docs/voice/api/call-resource#statuscallback). */
const CALL = {
  AccountSid: ACCOUNT,
  ApiVersion: '2010-04-01',
  CallbackSource: 'call-progress-events',
  CallDuration: '15',
  CallSid: `CA${'0'.repeat(32)}`,
  CallStatus: 'completed',
  Direction: 'outbound-api',
  From: '+12025550100',
  SequenceNumber: '3',
  Timestamp: 'Tue, 31 Aug 2010 20:36:44 +0000',
  To: '+12025550123',
}

const read = async (form: Readonly<Record<string, string>>) =>
  twilioWith().readReport?.(await signedForm(URL_OF_TRY, form))

const reported = (status: string, changes: object = {}) => ({
  outcome: 'reports',
  reports: [{ report: { status, error: null, price: null, currency: null, ...changes } }],
})

const NOTHING_NEW: CallbackReading = { outcome: 'reports', reports: [] }

describe('twilio: a delivery report', () => {
  it.each([
    ['sent', 'sent'],
    ['partially_delivered', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['undelivered', 'undelivered'],
    ['canceled', 'undelivered'],
    ['failed', 'failed'],
  ])('of a message that is %s says %s', async (vendor, status) => {
    expect(await read({ ...MESSAGE, MessageStatus: vendor })).toEqual(reported(status))
  })

  it.each([
    ['completed', 'undelivered'],
    ['busy', 'undelivered'],
    ['no-answer', 'undelivered'],
    ['canceled', 'undelivered'],
    ['failed', 'failed'],
  ])('of a call that is %s says %s', async (vendor, status) => {
    expect(await read({ ...CALL, CallStatus: vendor })).toEqual(reported(status))
  })

  it.each(['accepted', 'scheduled', 'queued', 'sending'])(
    'of a message that is %s says nothing new',
    async (vendor) => {
      expect(await read({ ...MESSAGE, MessageStatus: vendor })).toEqual(NOTHING_NEW)
    },
  )

  it.each(['queued', 'initiated', 'ringing', 'in-progress'])(
    'of a call that is %s says nothing new',
    async (vendor) => {
      expect(await read({ ...CALL, CallStatus: vendor })).toEqual(NOTHING_NEW)
    },
  )

  it.each([
    ['30003', 'Twilio error 30003'],
    ['', null],
    ['0', null],
    ['3000', null],
    ['300030', null],
    [CODE, null],
    ['30003 +12025550123', null],
  ])('keeps of the error code %j: %j', async (code, error) => {
    const form = { ...MESSAGE, MessageStatus: 'undelivered', ErrorCode: code }
    expect(await read(form)).toEqual(reported('undelivered', { error }))
  })

  it.each([
    ['-0.00750', 'USD', '0.00750', 'USD'],
    ['0.03', 'eur', '0.03', 'EUR'],
    ['', '', null, null],
    ['much', 'money', null, null],
    [CODE, CODE, null, null],
    ['-0.1e5', 'US', null, null],
  ])('keeps of the price %j %j: %j %j', async (Price, PriceUnit, price, currency) => {
    const paid = { price, currency }
    const message = await read({ ...MESSAGE, Price, PriceUnit })
    expect(message).toEqual(reported('delivered', paid))
    const call = await read({ ...CALL, Price, PriceUnit })
    expect(call).toEqual(reported('undelivered', paid))
  })

  it.each([
    ['no status', { ...MESSAGE, MessageStatus: '' }],
    ['a status that Twilio may invent', { ...MESSAGE, MessageStatus: 'teleported' }],
    ['a name of something else', { ...MESSAGE, MessageStatus: 'constructor' }],
    ['no field that tells one', { AccountSid: ACCOUNT }],
  ])('is unreadable with %s', async (_, form) => {
    expect(await read(form)).toEqual({ outcome: 'unreadable' })
  })

  it('is unreadable when it is no form', async () => {
    const json = bytesOf(JSON.stringify(MESSAGE))
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', json))
    const url = `${URL_OF_TRY}?bodySHA256=${digest.toHex()}`
    for (const type of ['application/json', 'text/plain', undefined]) {
      const headers = new Headers({ 'x-twilio-signature': await hmac(url) })
      if (type !== undefined) headers.set('content-type', type)
      const reading = await twilioWith().readReport?.({ method: 'POST', url, headers, body: json })
      expect(reading).toEqual({ outcome: 'unreadable' })
    }
  })

  it.each([
    ['without a signature', undefined],
    ['with the signature of something else', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ])('is forged %s, whatever it says', async (_, signature) => {
    for (const form of [MESSAGE, CALL, { MessageStatus: 'teleported' }, {}]) {
      const reading = await twilioWith().readReport?.(formRequest(URL_OF_TRY, form, signature))
      expect(reading).toEqual({ outcome: 'forged' })
    }
  })

  it('keeps nothing that quotes code, number or token, wherever Twilio writes it', async () => {
    const leak = [CODE, '+12025550123', '2025550123', TOKEN, `Your code is ${CODE}`]
    const field = fc.constantFrom(
      'Body',
      'ErrorCode',
      'ErrorMessage',
      'ChannelStatusMessage',
      'Price',
      'PriceUnit',
    )
    const forms = fc.dictionary(field, fc.constantFrom(...leak))
    const base = fc.constantFrom(MESSAGE, CALL, { ...MESSAGE, MessageStatus: 'failed' })
    await fc.assert(
      fc.asyncProperty(base, forms, async (form, changes) => {
        const written = JSON.stringify(await read({ ...form, ...changes }))
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
    )
  })
})
