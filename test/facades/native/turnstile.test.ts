import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { PHONE } from '../../support/api.ts'
import {
  declined,
  SITE_KEY,
  solved,
  withTurnstile,
  type TurnstileStep,
} from '../../support/fake-turnstile.ts'
import { intercept } from '../../support/intercept.ts'
import { ORIGIN, page, type PageOptions } from './support.ts'

const TOKEN = { turnstileToken: '0.token-of-the-page' }

/** A page whose key requires Turnstile, which answers by a script; tells of each object's call. */
async function setUp(script: readonly TurnstileStep[] = [], options: PageOptions = {}) {
  const turnstile = withTurnstile(...script)
  const calls: string[] = []
  const watch = (method: string, call: () => Promise<unknown>) => {
    calls.push(method)
    return call()
  }
  const environment = {
    ...(options.environment ?? turnstile.environment),
    METER: intercept(env.METER, watch),
    PHONE_LINE: intercept(env.PHONE_LINE, watch),
  }
  const restrictions = { turnstile: true, ...options.restrictions }
  const caller = await page({ ...options, environment, restrictions })
  return { ...turnstile, ...caller, calls }
}

describe('a key that requires Turnstile', () => {
  it('starts with a token that Turnstile takes, once asked about it', async () => {
    const { start, questions, provider, calls } = await setUp()
    const answer = await start(TOKEN, { 'cf-connecting-ip': '192.0.2.1' })
    expect(answer.status).toBe(201)
    expect(provider.messages).toHaveLength(1)
    expect(calls).toContain('admit')
    expect(questions.map((question) => Object.fromEntries(question))).toEqual([
      {
        secret: '0x-turnstile-secret-of-the-tests',
        response: TOKEN.turnstileToken,
        remoteip: '192.0.2.1',
        idempotency_key: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
    ])
  })

  it('asks about no address that it does not know', async () => {
    const { start, questions } = await setUp()
    await start(TOKEN, { 'x-forwarded-for': '192.0.2.1' })
    expect(questions[0]?.has('remoteip')).toBe(false)
  })

  it.each<readonly [string, TurnstileStep, number, string]>([
    ['a token that was used', declined('timeout-or-duplicate'), 403, 'challenge_failed'],
    ['an invented token', declined('invalid-input-response'), 403, 'challenge_failed'],
    ['a refusal without a reason', declined(), 403, 'challenge_failed'],
    ['another host', solved({ hostname: 'evil.example' }), 403, 'challenge_failed'],
    ['a host above', solved({ hostname: 'example' }), 403, 'challenge_failed'],
    ['a host below', solved({ hostname: 'a.shop.example' }), 403, 'challenge_failed'],
    ['no host', solved({ hostname: undefined }), 403, 'challenge_failed'],
    ['another action', solved({ action: 'login' }), 403, 'challenge_failed'],
    ['no action', solved({ action: undefined }), 403, 'challenge_failed'],
    ['its own error', declined('internal-error'), 503, 'challenge_unavailable'],
    ['status 500', { status: 500 }, 503, 'challenge_unavailable'],
    [
      'success with status 500',
      { status: 500, body: '{"success":true}' },
      503,
      'challenge_unavailable',
    ],
    ['a redirect', { status: 302 }, 503, 'challenge_unavailable'],
    ['an empty body', { status: 200 }, 503, 'challenge_unavailable'],
    ['HTML', 'html', 503, 'challenge_unavailable'],
    ['another JSON', { status: 200, body: '[true]' }, 503, 'challenge_unavailable'],
    ['text for a truth', { status: 200, body: '{"success":"true"}' }, 503, 'challenge_unavailable'],
    ['10 MB', 'huge', 503, 'challenge_unavailable'],
    ['a broken connection', 'refused', 503, 'challenge_unavailable'],
    ['a secret that it does not know', declined('invalid-input-secret'), 503, 'misconfigured'],
  ])('sends and counts nothing after %s', async (_, step, status, code) => {
    const { start, provider, calls } = await setUp([step])
    const answer = await start(TOKEN)
    expect(answer).toBeProblem(status, code)
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(answer.headers.has('retry-after')).toBe(code === 'challenge_unavailable')
    expect(answer.text).not.toContain('0x-turnstile-secret')
    expect(provider.messages).toEqual([])
    expect(calls).toEqual([])
  })

  it('waits 3 s for Turnstile, and then sends nothing', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const waits: number[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      waits.push(ms)
      return timeout(ms / 100)
    })
    const { start, provider } = await setUp(['hang'])
    expect(await start(TOKEN)).toBeProblem(503, 'challenge_unavailable')
    expect(waits).toEqual([3000])
    expect(provider.messages).toEqual([])
  })

  it('says how to get a token, without asking Turnstile', async () => {
    const { start, questions } = await setUp()
    const answer = await start()
    expect(answer).toBeProblem(403, 'challenge_failed')
    expect(answer.body['detail']).toContain('turnstileToken')
    expect(questions).toEqual([])
  })

  it.each([
    ['a bad number', { phoneNumber: '+1' }, 'invalid_phone'],
    ['a country that is refused', { phoneNumber: '+37255500001' }, 'country_refused'],
    ['a channel that is refused', { channel: 'call' }, 'channel_unavailable'],
  ])('spends no token on %s', async (_, body, code) => {
    const { start, questions } = await setUp([], {
      restrictions: { countries: ['US'], channels: ['sms'] },
    })
    expect((await start({ ...TOKEN, ...body })).body['code']).toBe(code)
    expect(questions).toEqual([])
  })

  it('checks and sends again without one', async () => {
    const settings = { secondsBetweenSends: { publishable: 0 } }
    const { start, check, resend, provider, questions } = await setUp([], { settings })
    const { body } = await start(TOKEN)
    expect((await resend(body['id'])).status).toBe(201)
    const code = provider.messages[1]?.code
    expect((await check({ id: body['id'], code })).body['verified']).toBe(true)
    expect(questions).toHaveLength(1)
  })

  it('asks about a token once under an Idempotency-Key', async () => {
    const { start, questions } = await setUp()
    const headers = { 'idempotency-key': 'k' }
    const first = await start(TOKEN, headers)
    expect((await start({ turnstileToken: 'another' }, headers)).body).toEqual(first.body)
    expect((await start({}, headers)).body).toEqual(first.body)
    expect(questions).toHaveLength(1)
  })

  it('takes the hosts of all its origins, also those of localhost', async () => {
    const hosts = ['shop.example', 'pay.example', 'localhost', '127.0.0.1']
    const { start } = await setUp(
      hosts.map((hostname) => solved({ hostname })),
      {
        mode: 'test',
        restrictions: { origins: [ORIGIN, 'https://pay.example:8443', 'localhost'] },
        settings: { secondsBetweenSends: { publishable: 0 } },
      },
    )
    for (const _ of hosts) expect((await start(TOKEN)).status).toBe(201)
  })

  it('is described with the site key', async () => {
    const { describe: ask } = await setUp()
    expect((await ask()).body['turnstileSiteKey']).toBe(SITE_KEY)
  })

  it('is of no use where Turnstile is not set up', async () => {
    const { start, describe: ask, calls } = await setUp([], { environment: env })
    for (const answer of [await start(TOKEN), await start(), await ask()]) {
      expect(answer).toBeProblem(503, 'misconfigured')
      expect(answer.body['detail']).toContain('TURNSTILE_SECRET')
    }
    expect(calls).toEqual([])
  })

  it('is every live key that says nothing, and no test key', async () => {
    const turnstile = undefined
    const live = await setUp([], { restrictions: { turnstile } })
    expect(await live.start()).toBeProblem(403, 'challenge_failed')
    const test = await setUp([], { mode: 'test', restrictions: { turnstile } })
    expect((await test.start({ phoneNumber: PHONE })).status).toBe(201)
  })
})
