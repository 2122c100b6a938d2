import { describe, expect, it } from 'vitest'
import { turnstile } from '../../src/challenges/turnstile.ts'

const OPTIONS = { secret: 's', siteKey: 'k', baseUrl: 'https://turnstile.test/v0' }
const QUESTION = {
  token: 'token',
  hostnames: ['shop.example'],
  ip: undefined,
  operationId: 'operation',
}

/** Turnstile that answers always the same; keeps what it was asked. */
function setUp(answer: () => Response | Promise<Response>) {
  const asked: URLSearchParams[] = []
  const { verify } = turnstile(OPTIONS, async (input, init) => {
    const request = new Request(input, init)
    expect(request.url).toBe('https://turnstile.test/v0/siteverify')
    expect(request.method).toBe('POST')
    expect(request.redirect).toBe('manual')
    asked.push(new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())))
    return answer()
  })
  const keys = () => asked.map((form) => form.get('idempotency_key'))
  return { verify, keys }
}

const good = () => Response.json({ success: true, hostname: 'shop.example', action: 'otp' })

describe('turnstile', () => {
  it('asks under one UUID about one token of one operation', async () => {
    const { verify, keys } = setUp(good)
    for (const question of [QUESTION, QUESTION, { ...QUESTION, token: 'another' }]) {
      expect(await verify(question)).toBe('solved')
    }
    await verify({ ...QUESTION, operationId: 'another' })
    const [first, again, otherToken, otherOperation] = keys()
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(again).toBe(first)
    expect(new Set([first, otherToken, otherOperation]).size).toBe(3)
  })

  it('takes no answer whose body breaks off', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"success":true,'))
        controller.error(new Error('The connection broke off.'))
      },
    })
    expect(await setUp(() => new Response(body)).verify(QUESTION)).toBe('unavailable')
  })

  it('reads no more than it needs of an endless body', async () => {
    let chunks = 0
    const body = new ReadableStream({
      pull(controller) {
        chunks += 1
        controller.enqueue(new TextEncoder().encode(' '.repeat(1024)))
      },
    })
    expect(await setUp(() => new Response(body)).verify(QUESTION)).toBe('unavailable')
    expect(chunks).toBeLessThan(64)
  })

  it.each([
    ['no host', []],
    ['another host', ['shop.example.evil.com']],
  ])('takes no token for %s', async (_, hostnames) => {
    expect(await setUp(good).verify({ ...QUESTION, hostnames })).toBe('failed')
  })
})
