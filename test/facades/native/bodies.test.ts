import { describe, expect, it } from 'vitest'
import { account, ask, PHONE, wrong, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { badFields, pending } from './support.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

type Body = string | Uint8Array | ReadableStream

/** Starts a verification with a body as it stands. */
async function post(body: Body | null, headers: Record<string, string> = {}): Promise<Answer> {
  const { secret } = await account()
  const init = { method: 'POST', headers: { authorization: `Bearer ${secret}`, ...headers }, body }
  return ask(new Request('http://localhost/v1/verifications', init))
}

const start = JSON.stringify({ phoneNumber: PHONE })
const padded = (size: number) => start.padEnd(size, ' ')

describe('a body', () => {
  it.each([
    ['JSON', start, JSON_TYPE],
    ['JSON labelled as a form', start, FORM_TYPE],
    ['JSON without a label', start, ''],
    ['JSON labelled as an image', start, 'image/png'],
    ['JSON labelled as multipart', start, 'multipart/form-data'],
    ['JSON after spaces and line breaks', `\r\n\t ${start}\n`, JSON_TYPE],
    ['JSON after a byte order mark', `\ufeff${start}`, JSON_TYPE],
    ['JSON in another charset by name', start, `${JSON_TYPE}; charset=iso-8859-1`],
    ['a form', 'phoneNumber=%2B12025550123', FORM_TYPE],
    ['a form without a label', 'phoneNumber=%2B12025550123', ''],
    ['a form labelled as text', 'phoneNumber=%2B12025550123', 'text/plain'],
    ['JSON of 16 KB', padded(16 * 1024), JSON_TYPE],
  ])('is read as %s', async (_, body, type) => {
    const provider = fakeProvider()
    const answer = await post(body, { 'content-type': type })
    expect(answer).toMatchObject({ status: 201, body: { phoneNumber: PHONE } })
    expect(provider.messages).toHaveLength(1)
  })

  it.each([
    ['half a JSON object', '{"phoneNumber":', JSON_TYPE],
    ['JSON with a comma too many', '{"phoneNumber":"+12025550123",}', JSON_TYPE],
    ['two JSON objects', `${start}${start}`, JSON_TYPE],
    ['an array', `[${start}]`, JSON_TYPE],
    ['an array labelled as a form', '[]', FORM_TYPE],
    ['a JSON string', '"+12025550123"', JSON_TYPE],
    ['a JSON number', '12025550123', JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['text labelled as JSON', 'phoneNumber=12025550123', 'application/vnd.api+json'],
    ['2,700 nested objects', '{"a":'.repeat(2700), JSON_TYPE],
    ['16,000 nested arrays', '['.repeat(16_000), JSON_TYPE],
    ['17 levels', `{"metadata":${'['.repeat(16)}${']'.repeat(16)}}`, JSON_TYPE],
    ['multipart without a boundary', '--x\r\n\r\n--x--', 'multipart/form-data'],
    ['multipart', '--x\r\n\r\n--x--', 'multipart/form-data; boundary=x'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), JSON_TYPE],
    ['half a character', new Uint8Array([0x70, 0x3d, 0xe2, 0x82]), FORM_TYPE],
  ])('is unreadable, 400: %s', async (_, body, type) => {
    const provider = fakeProvider()
    expect(await post(body, { 'content-type': type })).toBeProblem(400, 'unreadable_request')
    expect(provider.messages).toEqual([])
  })

  it.each([
    ['no body', null, JSON_TYPE],
    ['an empty body', '', JSON_TYPE],
    ['spaces only', ' \r\n', JSON_TYPE],
    ['an empty object', '{}', JSON_TYPE],
    ['an empty form', '', FORM_TYPE],
    ['an empty multipart', '', 'multipart/form-data'],
  ])('has no fields, 422: %s', async (_, body, type) => {
    const answer = await post(body, { 'content-type': type })
    expect(answer).toBeProblem(422, 'invalid_request')
    expect(badFields(answer)).toEqual(['phoneNumber'])
  })

  it.each([
    ['JSON', padded(16 * 1024 + 1)],
    ['a form', `phoneNumber=${'1'.repeat(16 * 1024)}`],
    ['bytes', new Uint8Array(1024 * 1024)],
  ])('is too large, 413: %s', async (_, body) => {
    expect(await post(body)).toBeProblem(413, 'payload_too_large')
  })

  it('is counted as it comes, whatever Content-Length says', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(1024))
    let chunks = 0
    const body = new ReadableStream({
      pull(controller) {
        chunks += 1
        controller.enqueue(chunk)
        if (chunks === 4096) controller.close()
      },
    })
    const answer = await post(body, { 'content-length': '10' })
    expect(answer).toBeProblem(413, 'payload_too_large')
    expect(chunks).toBeLessThan(64)
  })

  it('that breaks off is unreadable', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"phoneNumber":'))
      },
      pull(controller) {
        controller.error(new Error('connection lost by +12025550123'))
      },
    })
    const answer = await post(body)
    expect(answer).toBeProblem(400, 'unreadable_request')
    expect(answer.text).not.toContain('connection lost')
  })

  it('takes the last of two JSON members of one name', async () => {
    fakeProvider()
    const answer = await post('{"phoneNumber":"+12025550124","phoneNumber":"+12025550123"}')
    expect(answer.body['phoneNumber']).toBe(PHONE)
  })

  it('is never completed from the query', async () => {
    const { id, code, send, provider } = await pending()
    const check = `/v1/verifications/check?id=${id}&code=${wrong(code)}`
    for (const path of ['/v1/verifications?phoneNumber=12025550124', check]) {
      expect(await send('POST', path, {})).toBeProblem(422, 'invalid_request')
    }
    const other = `/v1/verifications/check?code=${wrong(code)}`
    expect((await send('POST', other, { id, code })).body['verified']).toBe(true)
    expect(provider.messages).toHaveLength(1)
  })
})

describe('what is sent to the provider (T-18)', () => {
  it.each(['A&B=C+D', '100%25 Ä', '😀;\\"\'<>', 'a=b&To=%2B19'])(
    'is exactly the text with the brand %s',
    async (brand) => {
      const provider = fakeProvider()
      const { start: begin } = await account({ settings: { brand } })
      expect((await begin()).status).toBe(201)
      const [message] = provider.messages
      expect(message?.text).toBe(`${message?.code} is your ${brand} code. It is valid for 10 min.`)
      expect([...(message?.form.keys() ?? [])]).toEqual([
        'To',
        'From',
        'Body',
        'ValidityPeriod',
        'StatusCallback',
      ])
      expect(message?.form.get('To')).toBe(PHONE)
    },
  )
})
