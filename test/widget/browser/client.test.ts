import { afterEach, describe, expect, it, vi } from 'vitest'
import { Otpost, OtpostError } from '../../../src/widget/browser/client.ts'

const otpost = new Otpost({ publishableKey: 'pk_test_1', api: 'https://otp.example/ignored' })

function answer(response: () => Response | Promise<Response>) {
  const fetched = vi.fn<typeof fetch>(async () => response())
  vi.stubGlobal('fetch', fetched)
  return fetched
}

afterEach(() => void vi.unstubAllGlobals())

const problem = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as OtpostError,
  )

describe('Otpost', () => {
  it.each([
    ['configuration', () => otpost.configuration(), 'GET', '/v1/publishable', undefined],
    [
      'start',
      () => otpost.start({ phoneNumber: '+372', channel: 'sms' }),
      'POST',
      '/v1/verifications',
      { phoneNumber: '+372', channel: 'sms' },
    ],
    [
      'resend',
      () => otpost.resend('ver_1/../x', { channel: 'call' }),
      'POST',
      '/v1/verifications/ver_1%2F..%2Fx/resend',
      { channel: 'call' },
    ],
    [
      'check',
      () => otpost.check('ver_1', '123456', { session: 's' }),
      'POST',
      '/v1/verifications/check',
      { id: 'ver_1', code: '123456', session: 's' },
    ],
  ] as const)('asks %s', async (_, call, method, path, body) => {
    const fetched = answer(() => Response.json({ done: true }))
    expect(await call()).toEqual({ done: true })
    const [url, init] = fetched.mock.calls[0] ?? []
    expect(url).toBe(`https://otp.example${path}`)
    expect(init?.method).toBe(method)
    expect(init?.credentials).toBe('omit')
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer pk_test_1')
    expect(init?.body === undefined ? undefined : JSON.parse(init.body as string)).toEqual(body)
  })

  it('throws what was refused, with the time to wait', async () => {
    answer(() =>
      Response.json({ code: 'too_many_sends', detail: 'Wait.', retryAfter: 30 }, { status: 429 }),
    )
    const error = await problem(otpost.resend('ver_1'))
    expect(error).toBeInstanceOf(OtpostError)
    expect(error).toMatchObject({
      code: 'too_many_sends',
      status: 429,
      detail: 'Wait.',
      message: 'Wait.',
      retryAfterSeconds: 30,
    })
  })

  it.each([
    ['a page of a proxy', () => new Response('<html>', { status: 502 }), 502],
    ['null', () => new Response('null', { status: 503 }), 503],
    ['no JSON with 200', () => new Response('ok'), 200],
  ])('throws unavailable after %s', async (_, response, status) => {
    answer(response)
    expect(await problem(otpost.configuration())).toMatchObject({ code: 'unavailable', status })
  })

  it('reads Retry-After where the body has none', async () => {
    answer(() => new Response('', { status: 503, headers: { 'retry-after': '7' } }))
    expect(await problem(otpost.configuration())).toMatchObject({ retryAfterSeconds: 7 })
  })

  it('throws network when no answer comes', async () => {
    answer(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(await problem(otpost.configuration())).toMatchObject({ code: 'network', status: 0 })
  })

  it.each([
    ['origin_refused when the deployment is there but no answer may be read', /publishable/],
    ['network when only this answer was lost', /^$/],
    ['network when there is no deployment', /publishable|client/],
  ])('throws %s', async (outcome, unreadable) => {
    const fetched = vi.fn<typeof fetch>(async (input) => {
      const url = input as string
      if (url.endsWith('verifications') || unreadable.test(url)) throw new TypeError('Lost')
      return Response.json({})
    })
    vi.stubGlobal('fetch', fetched)
    vi.stubGlobal('navigator', { onLine: true })
    const error = await problem(otpost.start({ phoneNumber: '+37255512345' }))
    expect(error).toMatchObject({ code: outcome.split(' ', 1)[0], status: 0 })
  })

  it('throws network when no answer comes in time, without asking more', async () => {
    const fetched = answer(() => Promise.reject(new DOMException('', 'TimeoutError')))
    expect(await problem(otpost.configuration())).toMatchObject({ code: 'network' })
    expect(fetched).toHaveBeenCalledTimes(1)
  })
})

describe('on a server', () => {
  it('importing the widget does nothing and breaks nothing', async () => {
    const { Otpost: again } = await import('../../../src/widget/browser/widget.ts')
    expect(again).toBe(Otpost)
    expect('customElements' in globalThis).toBe(false)
  })
})
