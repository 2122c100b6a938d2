import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBody, readForm } from '../../src/http/body.ts'
import { refusalOf } from '../core/refusal-of.ts'

const LIMIT = 16 * 1024
const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

const post = (body: BodyInit | null, type?: string, headers: Record<string, string> = {}) =>
  new Request('https://otp.example.com/', {
    method: 'POST',
    body,
    headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
  })

/** A body that comes in chunks. */
const streamed = (...chunks: readonly string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })

const codeOf = async (request: Request) => (await refusalOf(() => readBody(request))).code

describe('readBody', () => {
  it.each([
    ['a JSON object', '{"a":"1","b":{"c":[2]}}', JSON_TYPE, { a: '1', b: { c: [2] } }],
    ['a form', 'a=1&b=%2B372+5', FORM_TYPE, { a: '1', b: '+372 5' }],
    ['JSON without a label', '{"a":"1"}', undefined, { a: '1' }],
    ['JSON labelled as a form', '{"a":"1"}', FORM_TYPE, { a: '1' }],
    ['JSON labelled as text', ' \r\n{"a":"1"}', 'text/plain', { a: '1' }],
    ['a form labelled as text', 'a=1', 'text/plain', { a: '1' }],
    ['JSON after a byte order mark', '\ufeff{"a":"1"}', JSON_TYPE, { a: '1' }],
    ['an empty body', '', JSON_TYPE, {}],
    ['an empty form', '', FORM_TYPE, {}],
    ['white space', ' \n\t', JSON_TYPE, {}],
    ['the last of two equal JSON members', '{"a":1,"a":2}', JSON_TYPE, { a: 2 }],
  ])('reads %s', async (_, body, type, fields) => {
    expect(await readBody(post(body, type))).toEqual(fields)
  })

  it('reads no body as no fields', async () => {
    expect(await readBody(new Request('https://otp.example.com/', { method: 'POST' }))).toEqual({})
  })

  it.each([
    ['broken JSON', '{"a":', JSON_TYPE],
    ['text after the JSON', '{"a":1}}', JSON_TYPE],
    ['single quotes', "{'a':1}", JSON_TYPE],
    ['an array', '[{"a":1}]', JSON_TYPE],
    ['a form labelled as JSON', 'a=1&b=2', JSON_TYPE],
    ['a number labelled as JSON', '7', 'application/problem+json'],
    ['null labelled as JSON', 'null', JSON_TYPE],
    ['a text labelled as JSON', '"a"', JSON_TYPE],
    ['a field given twice', 'a=1&b=2&a=1', FORM_TYPE],
    ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, JSON_TYPE],
    ['16,000 open brackets', '['.repeat(16_000), JSON_TYPE],
    ['8,000 nested arrays', `${'['.repeat(8000)}${']'.repeat(8000)}`, JSON_TYPE],
    ['3,000 open objects', '{"a":'.repeat(3000), JSON_TYPE],
    ['multipart with a boundary', '--b\r\n\r\n--b--', 'multipart/form-data; boundary=b'],
    ['multipart without boundary', '--b\r\n\r\n--b--', 'multipart/form-data'],
  ])('declines %s as unreadable', async (_, body, type) => {
    expect(await codeOf(post(body, type))).toBe('unreadable_request')
  })

  it('declines 20,000 nested brackets', async () => {
    expect(await codeOf(post('['.repeat(20_000), JSON_TYPE))).toBe('payload_too_large')
  })

  it('takes 16 levels, and counts no brackets inside texts', async () => {
    const deep = `${'{"a":'.repeat(16)}1${'}'.repeat(16)}`
    expect(await readBody(post(deep, JSON_TYPE))).toHaveProperty('a')
    const brackets = { a: '[{'.repeat(2000), b: `"\\"${'['.repeat(100)}`, '[[[{{{': '\\' }
    expect(await readBody(post(JSON.stringify(brackets), JSON_TYPE))).toEqual(brackets)
  })

  it('takes any JSON object of up to 16 levels as what it is', async () => {
    const value = fc.jsonValue({ maxDepth: 6 }).map((a) => ({ a }))
    await fc.assert(
      fc.asyncProperty(value, async (object) => {
        const text = JSON.stringify(object)
        expect(await readBody(post(text, JSON_TYPE))).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a lone continuation byte', [0x61, 0x3d, 0x80]],
    ['an overlong slash', [0x61, 0x3d, 0xc0, 0xaf]],
    ['a cut sequence', [0x61, 0x3d, 0xe2, 0x82]],
    ['a surrogate', [0x61, 0x3d, 0xed, 0xa0, 0x80]],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
  ])('declines %s', async (_, bytes) => {
    expect(await codeOf(post(new Uint8Array(bytes), FORM_TYPE))).toBe('unreadable_request')
  })

  it('takes 16 KB, and not a byte more', async () => {
    const fits = `a=${'b'.repeat(LIMIT - 2)}`
    expect(await readBody(post(fits, FORM_TYPE))).toEqual({ a: 'b'.repeat(LIMIT - 2) })
    expect(await codeOf(post(`${fits}b`, FORM_TYPE))).toBe('payload_too_large')
  })

  it('counts bytes, not characters', async () => {
    expect(await codeOf(post(`a=${'é'.repeat(LIMIT / 2)}`, FORM_TYPE))).toBe('payload_too_large')
  })

  it('counts a body that comes in pieces', async () => {
    const half = 'b'.repeat(LIMIT / 2 - 1)
    expect(await readBody(post(streamed('a=', half, half), FORM_TYPE))).toEqual({ a: half + half })
    expect(await codeOf(post(streamed('a=', half, half, 'b'), FORM_TYPE))).toBe('payload_too_large')
  })

  it('stops reading a body that is far too long', async () => {
    let pieces = 0
    const long = new ReadableStream<Uint8Array>({
      pull(controller) {
        pieces += 1
        if (pieces === 500) controller.close()
        else controller.enqueue(new Uint8Array(1024))
      },
    })
    expect(await codeOf(post(long, FORM_TYPE))).toBe('payload_too_large')
    expect(pieces).toBeLessThan(64)
  })

  it('trusts no Content-Length', async () => {
    const long = post(`a=${'b'.repeat(LIMIT)}`, FORM_TYPE, { 'content-length': '10' })
    expect(await codeOf(long)).toBe('payload_too_large')
    const short = post('a=1', FORM_TYPE, { 'content-length': '999999' })
    expect(await readBody(short)).toEqual({ a: '1' })
  })

  it('declines a body that breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"a":'))
        controller.error(new Error('connection lost'))
      },
    })
    expect(await codeOf(post(broken, JSON_TYPE))).toBe('unreadable_request')
  })

  it.each([
    ['a JSON member', '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'],
    ['a form field', '__proto__=admin&constructor=x&__proto__%5Badmin%5D=true'],
  ])('lets %s change no prototype', async (_, body) => {
    const fields = await readBody(post(body, body.startsWith('{') ? JSON_TYPE : FORM_TYPE))
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype)
    expect(Object.hasOwn(fields, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
    expect(fields['admin']).toBeUndefined()
  })

  it('answers any bytes by fields or a refusal', async () => {
    const piece = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '=', '&', '%', '1')
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: piece, maxLength: 60 }).map((text) => new TextEncoder().encode(text)),
    )
    const type = fc.constantFrom(JSON_TYPE, FORM_TYPE, 'text/plain', 'multipart/form-data', '')
    await fc.assert(
      fc.asyncProperty(body, type, async (bytes, label) => {
        const request = post(bytes as Uint8Array<ArrayBuffer>, label)
        const outcome = await readBody(request).then(
          (fields) => Object.getPrototypeOf(fields) === Object.prototype,
          (error: { code?: string }) => error.code === 'unreadable_request',
        )
        expect(outcome).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('readForm', () => {
  it('reads a query, and declines a parameter that is given twice', async () => {
    expect(readForm(new URLSearchParams('id=a&code=0%20'))).toEqual({ id: 'a', code: '0 ' })
    const refusal = await refusalOf(() => readForm(new URLSearchParams('code=1&code=2')))
    expect(refusal.code).toBe('unreadable_request')
    expect(refusal.facts.detail).toContain('code')
  })
})
