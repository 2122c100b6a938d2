import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { client } from '../../support/api.ts'
import { withTurnstile, solved, declined } from '../../support/fake-turnstile.ts'
import { ORIGIN, page, stopClock } from './support.ts'

const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['the fixed seed', 20_261_122],
  ['a random seed', crypto.getRandomValues(new Int32Array(1))[0] ?? 0],
]
const REQUESTS = 2000
/** So that limits open again on the way. */
const STEP_MS = 5 * 60_000

const PHONES = Array.from({ length: 40 }, (_, n) => `+120255501${n + 10}`)

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constant('POST') },
  fc.constantFrom('GET', 'OPTIONS', 'DELETE', 'PUT', 'HEAD'),
)
const path = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      '/v1/verifications',
      '/v1/verifications',
      '/v1/verifications/check',
      '/v1/verifications/{id}/resend',
      '/v1/publishable',
    ),
  },
  fc.constantFrom(
    '/v1/verifications/{id}',
    '/v1/verifications/{id}/timeline',
    '/v1/tokens/verify',
    '/v1/test/inbox',
  ),
  fc.webPath(),
)
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '\u0000', '\ud800', '__proto__', '{id}', 'x'.repeat(2049)),
)
const fields = fc
  .tuple(
    fc.record(
      {
        phoneNumber: fc.constantFrom(...PHONES, '+37255500001', '+442079460958', '+1'),
        channel: fc.constantFrom('sms', 'call', 'whatsapp', 'auto'),
        locale: fc.constantFrom('en', 'pt-BR'),
        domain: fc.constantFrom('shop.example', 'evil.example'),
        purpose: fc.constantFrom('', 'login'),
        turnstileToken: fc.constant('0.token'),
        id: fc.constantFrom('{id}', `ver_${'0'.repeat(32)}`),
        code: fc.constantFrom('000000', '123456'),
        session: fc.constantFrom('s1', '\u0000'),
      },
      { requiredKeys: [] },
    ),
    fc.option(
      fc.tuple(fc.constantFrom('phoneNumber', 'ip', 'metadata', 'template', 'domain', 'x'), odd),
    ),
  )
  .map(([good, bad]) => (bad === null ? good : { ...good, [bad[0]]: bad[1] }))
/** Those that a call takes, so that some get through. */
const whole = fc.oneof(
  fc.record({
    phoneNumber: fc.constantFrom(...PHONES),
    channel: fc.constantFrom('sms', 'auto'),
    turnstileToken: fc.constant('0.token'),
  }),
  fc.record({ id: fc.constant('{id}'), code: fc.constantFrom('000000', '123456') }),
  fc.record({ channel: fc.constantFrom('sms', 'call') }),
)
const body = fc.oneof(
  { weight: 5, arbitrary: whole.map((value) => JSON.stringify(value)) },
  { weight: 5, arbitrary: fields.map((value) => JSON.stringify(value)) },
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom('', '{', '[]', 'a=b&a=c', '['.repeat(3000)),
)
const headers = fc.record(
  {
    origin: fc.oneof(
      { weight: 8, arbitrary: fc.constant(ORIGIN) },
      fc.constantFrom('null', '', 'https://evil.example', `${ORIGIN}.`, `${ORIGIN}:443`, '*'),
      fc.webUrl(),
    ),
    'access-control-request-method': fc.constantFrom('POST', 'x'),
    'cf-connecting-ip': fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('x', ':', '::', 'a:b')),
    'idempotency-key': fc.constantFrom('k1', 'k2', '', 'a b'),
    prefer: fc.constantFrom('respond-async', 'wait=1'),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'multipart/form-data'),
  },
  { requiredKeys: ['origin'] },
)

describe('a page that asks anything (T-23)', () => {
  it.each(SEEDS)('is answered as documented, and never 5xx: %s', async (_, seed) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const clock = stopClock()
    const { provider, environment, script } = withTurnstile()
    const { start, secret } = await page({ environment, restrictions: { turnstile: true } })
    const send = client(secret, environment)
    const statuses: Record<number, number> = {}
    let id = ''
    const requests = fc.sample(fc.tuple(method, path, body, headers), { seed, numRuns: REQUESTS })
    for (const [n, [verb, route, text, given]] of requests.entries()) {
      if (n % 20 === 0) {
        clock.advance(STEP_MS)
        const answer = await start(
          { phoneNumber: PHONES[(n / 20) % PHONES.length], turnstileToken: 't' },
          { 'cf-connecting-ip': `198.51.100.${n % 250}` },
        )
        id = (answer.body['id'] as string | undefined) ?? id
        script(solved(), declined('timeout-or-duplicate'))
      }
      const fill = (template: string) => template.replaceAll('{id}', id)
      const sent = /^(?:GET|HEAD)$/.test(verb) ? undefined : fill(text)
      const answer = await send(verb, fill(route), sent, given)
      const shown = JSON.stringify({ seed, verb, route, text, given, answer: answer.text })
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      if (answer.status >= 500) expect.fail(`${shown} ${JSON.stringify(log.mock.calls.at(-1))}`)
      const shared = answer.headers.get('access-control-allow-origin')
      const isPreflight = answer.status === 204
      if (shared !== null && shared !== given.origin) expect.fail(`shared with another: ${shown}`)
      if (shared !== null && !isPreflight && shared !== ORIGIN) expect.fail(`shared: ${shown}`)
      if (answer.headers.has('access-control-allow-credentials'))
        expect.fail(`credentials: ${shown}`)
      if (answer.status < 400 && /"(?:country|carrier|delivery|metadata)":/.test(answer.text)) {
        expect.fail(shown)
      }
    }
    const missing = [200, 201, 202, 204, 400, 403, 404, 405, 422, 429].filter(
      (status) => statuses[status] === undefined,
    )
    expect({ seed, missing }).toEqual({ seed, missing: [] })
    expect(provider.messages.length).toBeGreaterThan(0)
  })
})
