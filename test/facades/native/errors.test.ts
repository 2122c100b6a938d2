import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account, ask, PHONE, wrong, type Answer } from '../../support/api.ts'
import type { RefusalCode } from '../../../src/core/refusal.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { lineOfNumber } from '../../support/lines.ts'
import { postAsTwilio, reportUrlOf } from '../callbacks/support.ts'
import { withTurnstile } from '../../support/fake-turnstile.ts'
import { pending, page } from './support.ts'
import { throwing } from './broken.ts'

type Recipe = readonly [status: number, provoke: () => Promise<Answer>]

const start =
  (body: object = {}, settings: object = {}, headers: Record<string, string> = {}) =>
  async () => {
    fakeProvider()
    return (await account({ settings })).start(body, headers)
  }

const send = (method: string, path: string, body?: string) => async () =>
  (await account()).send(method, path, body)

/** Starts until one is refused. */
const startsOver = (settings: object, bodies: readonly object[]) => async () => {
  fakeProvider()
  const caller = await account({ settings })
  const answers: Answer[] = []
  for (const body of bodies) answers.push(await caller.start(body))
  return answers.at(-1) as Answer
}

/** What nobody can ask for by this API. */
type Unreachable = 'already_exists' | 'service_not_empty'

/** How a caller comes to see each refusal; the compiler misses a new one here. */
const RECIPES: Record<Exclude<RefusalCode, Unreachable>, Recipe> = {
  unreadable_request: [400, send('POST', '/v1/verifications', '{"phoneNumber":')],
  payload_too_large: [413, send('POST', '/v1/verifications', 'x'.repeat(16 * 1024 + 1))],
  invalid_request: [422, start({ channel: 'fax' })],
  unauthenticated: [401, () => ask(new Request('http://localhost/v1/verifications'))],
  key_not_allowed: [403, send('GET', '/v1/test/inbox')],
  origin_refused: [
    403,
    async () => (await page()).start({}, { origin: 'https://shop.example.evil.com' }),
  ],
  field_not_allowed: [403, async () => (await page()).start({ ip: '192.0.2.1' })],
  challenge_failed: [
    403,
    async () => {
      const { environment } = withTurnstile()
      return (await page({ environment, restrictions: { turnstile: true } })).start()
    },
  ],
  challenge_unavailable: [
    503,
    async () => {
      const { environment } = withTurnstile({ status: 500 })
      const caller = await page({ environment, restrictions: { turnstile: true } })
      return caller.start({ turnstileToken: 't' })
    },
  ],
  insecure_transport: [
    403,
    async () => {
      const { secret } = await account()
      return ask(
        new Request('http://api.example.com/v1/verifications', {
          headers: { authorization: `Bearer ${secret}` },
        }),
        { ...env, ENVIRONMENT: 'production' } as Env,
      )
    },
  ],
  forged_callback: [
    403,
    async () => {
      const provider = fakeProvider()
      await (await account()).start()
      return postAsTwilio(reportUrlOf(provider.messages[0]), {}, 'forged')
    },
  ],
  not_found: [404, send('GET', `/v1/verifications/ver_${'0'.repeat(32)}`)],
  route_not_found: [404, send('GET', '/v1/verification')],
  method_not_allowed: [405, send('PUT', '/v1/verifications')],
  invalid_phone: [422, start({ phoneNumber: '+1' })],
  number_type_refused: [422, start({ phoneNumber: '+18002345678' })],
  not_a_mobile: [422, start({ phoneNumber: '+442079460123' })],
  test_number_refused: [422, start({ phoneNumber: '+3725555555' })],
  undeliverable_number: [
    422,
    async () => {
      fakeProvider({ status: 400, body: { code: 21614 } })
      return (await account()).start()
    },
  ],
  country_refused: [403, start({}, { countries: ['EE'] })],
  project_paused: [
    403,
    async () => {
      const { projectId, start: begin } = await account()
      await env.DB.prepare('UPDATE projects SET paused_at = 1 WHERE id = ?').bind(projectId).run()
      return begin()
    },
  ],
  channel_unavailable: [422, start({}, { routes: [{ channel: 'sms', providers: ['nobody'] }] })],
  custom_code_refused: [403, start({ code: '123456' })],
  custom_text_refused: [
    403,
    async () => {
      const { id, send: call } = await pending()
      // As an API begins it that takes one, while the project allows that.
      const message = JSON.stringify({ text: 'Owl Bank: {{code}}' })
      await runInDurableObject(await lineOfNumber(PHONE), (_, { storage }) => {
        storage.sql.exec('UPDATE verifications SET message = ?', message)
      })
      return call('POST', `/v1/verifications/${id}/resend`)
    },
  ],
  unknown_template: [422, start({ template: 'none' })],
  verification_ended: [
    409,
    async () => {
      const { id, send: call } = await pending()
      await call('DELETE', `/v1/verifications/${id}`)
      return call('POST', `/v1/verifications/${id}/resend`)
    },
  ],
  idempotency_running: [
    409,
    async () => {
      const begun = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      fakeProvider(() => {
        begun.resolve()
        return goOn.promise
      })
      const { start: begin } = await account()
      const first = begin({}, { 'idempotency-key': 'k' })
      await begun.promise
      const second = await begin({}, { 'idempotency-key': 'k' })
      goOn.resolve()
      await first
      return second
    },
  ],
  idempotency_mismatch: [
    422,
    async () => {
      fakeProvider()
      const { start: begin } = await account()
      await begin({}, { 'idempotency-key': 'k' })
      return begin({ purpose: 'p' }, { 'idempotency-key': 'k' })
    },
  ],
  too_many_sends: [
    429,
    startsOver({ sendsPerNumber: [{ limit: 1, seconds: 60 }] }, [{}, { purpose: 'p' }]),
  ],
  too_many_failed_checks: [
    429,
    async () => {
      const caller = await pending({ settings: { checksPerVerification: 10 } })
      const { check, start: begin, last } = caller
      for (let step = 1; step <= 10; step += 1) {
        await check({ id: caller.id, code: wrong(caller.code, step) })
      }
      const { body } = await begin()
      const code = last()?.code ?? ''
      for (let step = 1; step <= 5; step += 1) {
        await check({ id: body['id'], code: wrong(code, step) })
      }
      return check({ id: body['id'], code })
    },
  ],
  too_many_project_sends: [
    429,
    startsOver({ sendsPerDay: 1 }, [{}, { phoneNumber: '+12025550124' }]),
  ],
  too_many_ip_sends: [
    429,
    startsOver({ startsPerIp: [{ limit: 1, seconds: 60 }] }, [
      { ip: '192.0.2.1' },
      { ip: '192.0.2.1', phoneNumber: '+12025550124' },
    ]),
  ],
  too_many_key_sends: [
    429,
    async () => {
      fakeProvider()
      return (await page({ restrictions: { sendsPerDay: 0 } })).start()
    },
  ],
  too_many_ip_checks: [
    429,
    async () => {
      const CHECKS_BY_IP = { limit: async () => ({ success: false }) }
      const caller = await page({ environment: { ...env, CHECKS_BY_IP } })
      return caller.check({ id: `ver_${'0'.repeat(32)}`, code: '123456' })
    },
  ],
  delivery_unavailable: [
    503,
    async () => {
      fakeProvider({ status: 500 })
      return (await account()).start()
    },
  ],
  unavailable: [
    503,
    async () => {
      const error = Object.assign(new Error('Too many requests queued'), { overloaded: true })
      const environment = { ...env, PHONE_LINE: throwing(env.PHONE_LINE, error).namespace }
      return (await account({ environment })).start()
    },
  ],
  misconfigured: [
    503,
    async () =>
      ask(new Request('http://localhost/v1/verifications'), {
        ...env,
        OTPOST_SECRET: 'short',
      } as Env),
  ],
  internal: [
    500,
    async () => {
      const { namespace } = throwing(env.PHONE_LINE, new Error('a bug'))
      return (await account({ environment: { ...env, PHONE_LINE: namespace } })).start()
    },
  ],
}

const WITH_RETRY_AFTER: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'idempotency_running',
  'too_many_sends',
  'too_many_failed_checks',
  'too_many_project_sends',
  'too_many_ip_sends',
  'too_many_key_sends',
  'too_many_ip_checks',
  'challenge_unavailable',
  'delivery_unavailable',
  'unavailable',
])

describe('an error', () => {
  it.each(Object.entries(RECIPES) as [RefusalCode, Recipe][])(
    'is a problem with its status and headers: %s',
    async (code, [status, provoke]) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const answer = await provoke()
      expect(answer).toBeProblem(status, code)
      const { retryAfter, errors, attemptsLeft, ...rest } = answer.body
      expect(Object.keys(rest).toSorted()).toEqual(MEMBERS)
      expect(answer.headers.get('retry-after')).toBe(
        WITH_RETRY_AFTER.has(code) ? String(retryAfter) : null,
      )
      expect(retryAfter === undefined || retryAfter >= 1).toBe(true)
      expect(errors !== undefined).toBe(['invalid_request', 'invalid_phone'].includes(code))
      expect(attemptsLeft !== undefined).toBe(code === 'too_many_failed_checks')
    },
  )
})

const MEMBERS = ['code', 'detail', 'instance', 'status', 'title', 'type']
