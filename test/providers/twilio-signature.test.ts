import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VendorRequest } from '../../src/core/messenger.ts'
import { bytesOf } from '../../src/core/text.ts'
import { OPTIONS, TOKEN, twilioWith } from './send-by-twilio.ts'
import { formRequest, hmac, signedForm } from './sign-as-twilio.ts'

/** Those of the tests of Twilio's SDKs (https://github.com/twilio/twilio-node). */
const SDK_TOKEN = '12345'
const SDK_URL = 'https://mycompany.com/myapp.php?foo=1&bar=2'
const SDK_FORM = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}
const SDK_SIGNATURE = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='
const SDK_JSON = '{"property": "value", "boolean": true}'
const SDK_HASH = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620'

const http = (url: string) => url.replace('https:', 'http:')
const atPort = (url: string, port: number) => url.replace('.com', `.com:${port}`)

/** Both places where a signature counts, which must agree. */
async function isSigned(request: VendorRequest, token = SDK_TOKEN): Promise<boolean> {
  const provider = twilioWith({ ...OPTIONS, authToken: token })
  const reading = await provider.readReport?.(request)
  const authentic = await provider.voice?.isAuthentic(request)
  expect(authentic).toBe(reading?.outcome !== 'forged')
  return authentic === true
}

const jsonRequest = (url: string, json: string, signature: string): VendorRequest => ({
  method: 'POST',
  url,
  headers: new Headers({ 'content-type': 'application/json', 'x-twilio-signature': signature }),
  body: bytesOf(json),
})

describe('twilio: the signature', () => {
  it.each([
    ['as it is', SDK_URL, SDK_SIGNATURE],
    ['with the standard port', SDK_URL, 'kvajT1Ptam85bY51eRf/AJRuM3w='],
    ['with the standard port of http', http(SDK_URL), '0ZXoZLH/DfblKGATFgpif+LLRf4='],
    ['without its port', atPort(SDK_URL, 1234), SDK_SIGNATURE],
    ['with its port', atPort(http(SDK_URL), 1234), 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU='],
    [
      'with a query that a parser would escape',
      `${SDK_URL}&Body=It's+amazing`,
      'dsq4Ehbj6cs+KdTkpF5sSSplOWw=',
    ],
  ])("is that of Twilio's SDKs, of the URL %s", async (_, url, signature) => {
    expect(await isSigned(formRequest(url, SDK_FORM, signature))).toBe(true)
  })

  it('may be of the URL with port and with a query escaped in the old way', async () => {
    const url = "https://otp.example.com/r?q=It's+so"
    const signed = await hmac("https://otp.example.com:443/r?q=It's%20soa1")
    expect(await isSigned(formRequest(url, { a: '1' }, signed), TOKEN)).toBe(true)
  })

  it("counts the same value of a name once, as Twilio's SDKs do", async () => {
    const form = [
      ['Sid', 'CA123'],
      ['SidAccount', 'AC123'],
      ['Digits', '5678'],
      ['Digits', '1234'],
      ['Digits', '1234'],
    ] as const
    expect(await isSigned(formRequest(SDK_URL, form, 'IK+Dwps556ElfBT0I3Rgjkr1wJU='))).toBe(true)
  })

  it.each([
    [`${SDK_URL}&bodySHA256=${SDK_HASH}`, 'a9nBmqA0ju/hNViExpshrM61xv4='],
    [`https://mycompany.com/myapp.php?bodySHA256=${SDK_HASH}`, 'y77kIzt2vzLz71DgmJGsen2scGs='],
  ])("of JSON is that of Twilio's SDKs, and is bound to the body (%s)", async (url, signature) => {
    expect(await isSigned(jsonRequest(url, SDK_JSON, signature))).toBe(true)
    expect(await isSigned(jsonRequest(url, `${SDK_JSON} `, signature))).toBe(false)
    expect(await isSigned(jsonRequest(url, '', signature))).toBe(false)
    const other = url.replace(SDK_HASH, 'f'.repeat(64))
    expect(await isSigned(jsonRequest(other, SDK_JSON, signature))).toBe(false)
  })

  it('of a URL alone stands for no body', async () => {
    const url = 'https://otp.example.com/r'
    const signature = await hmac(url)
    expect(await isSigned(jsonRequest(url, '', signature), TOKEN)).toBe(true)
    expect(await isSigned(jsonRequest(url, SDK_JSON, signature), TOKEN)).toBe(false)
    expect(await isSigned(formRequest(url, { a: '1' }, signature), TOKEN)).toBe(false)
  })

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['no base64', '????????????????????????????'],
    ['too short', SDK_SIGNATURE.slice(4)],
    ['too long', `AAAA${SDK_SIGNATURE}`],
    ['given twice', `${SDK_SIGNATURE}, ${SDK_SIGNATURE}`],
    ['of another character', SDK_SIGNATURE.replace('R', 'S')],
  ])('is refused when it is %s', async (_, signature) => {
    expect(await isSigned(formRequest(SDK_URL, SDK_FORM, signature))).toBe(false)
  })

  it.each([
    ['host', SDK_URL.replace('mycompany', 'yourcompany')],
    ['path', SDK_URL.replace('myapp', 'yourapp')],
    ['query', SDK_URL.replace('bar=2', 'bar=3')],
    ['scheme', http(SDK_URL)],
    ['everything, being none', 'nowhere'],
  ])('is refused for a URL that is another in its %s', async (_, url) => {
    expect(await isSigned(formRequest(url, SDK_FORM, SDK_SIGNATURE))).toBe(false)
  })

  it.each([
    ['changed', { ...SDK_FORM, Digits: '12345' }],
    ['more', { ...SDK_FORM, ErrorCode: '30003' }],
    ['fewer', { CallSid: SDK_FORM.CallSid }],
    ['no', {}],
  ])('is refused for a form of %s fields', async (_, form) => {
    expect(await isSigned(formRequest(SDK_URL, form, SDK_SIGNATURE))).toBe(false)
  })

  it('is refused when another token made it', async () => {
    expect(await isSigned(formRequest(SDK_URL, SDK_FORM, SDK_SIGNATURE), TOKEN)).toBe(false)
  })

  it('of any form is good, and is not once a byte of the form, the URL or itself changed', async () => {
    const names = fc.stringMatching(/^[A-Za-z]{1,8}$/)
    const forms = fc.dictionary(names, fc.string({ unit: 'binary', maxLength: 20 }), { minKeys: 1 })
    const tokens = fc.stringMatching(/^[0-9a-f]{8,32}$/)
    await fc.assert(
      fc.asyncProperty(forms, tokens, fc.nat(), async (form, token, seed) => {
        const request = await signedForm(`https://otp.example.com/r/${token}`, form)
        expect(await isSigned(request, TOKEN)).toBe(true)
        const body = request.body.slice()
        body.set([(body[seed % body.length] ?? 0) ^ 1], seed % body.length)
        const before = new URLSearchParams(new TextDecoder().decode(request.body)).toString()
        const after = new URLSearchParams(new TextDecoder().decode(body)).toString()
        if (after !== before) expect(await isSigned({ ...request, body }, TOKEN)).toBe(false)
        expect(await isSigned({ ...request, url: `${request.url}0` }, TOKEN)).toBe(false)
        const signature = request.headers.get('x-twilio-signature') ?? ''
        const at = seed % 26
        const letter = signature[at] === 'A' ? 'B' : 'A'
        const headers = new Headers(request.headers)
        headers.set(
          'x-twilio-signature',
          `${signature.slice(0, at)}${letter}${signature.slice(at + 1)}`,
        )
        expect(await isSigned({ ...request, headers }, TOKEN)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
