import { env } from 'cloudflare:workers'
import { fakeProvider } from './fake-provider.ts'

/** What the fake answers to one token; an object with a status is a failure of the server. */
export type TurnstileStep =
  | 'hang'
  | 'refused'
  | 'html'
  | 'huge'
  | { readonly status: number; readonly body?: string }
  | { readonly success: boolean }

export const SITE_KEY = '0x-site-key-of-the-tests'
const SECRET = '0x-turnstile-secret-of-the-tests'
const BASE_URL = 'https://turnstile.test/v0'

/** What Turnstile says of a token that a page of a host earned. */
export const solved = (changes: object = {}) => ({
  success: true,
  'error-codes': [],
  challenge_ts: '2026-11-22T00:00:00.000Z',
  hostname: 'shop.example',
  action: 'otp',
  ...changes,
})

/** What Turnstile says of a token that it does not take. */
export const declined = (...errors: readonly string[]) => ({
  success: false,
  'error-codes': errors,
})

/** Stands in for Turnstile beside the provider: answers by its script, then that all is well. */
export function withTurnstile(...script: readonly TurnstileStep[]) {
  const questions: URLSearchParams[] = []
  const steps = [...script]
  const provider = fakeProvider()
  const carrier = provider.spy.getMockImplementation()
  provider.spy.mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    if (request.url !== `${BASE_URL}/siteverify`) {
      if (carrier === undefined) throw new Error('There is no provider')
      return carrier(input, init)
    }
    questions.push(new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())))
    return answer(steps.shift() ?? solved(), init?.signal ?? undefined)
  })
  const environment = {
    ...env,
    TURNSTILE_SECRET: SECRET,
    TURNSTILE_SITE_KEY: SITE_KEY,
    TURNSTILE_BASE_URL: BASE_URL,
  } as Env
  return {
    provider,
    questions,
    environment,
    script: (...more: TurnstileStep[]) => steps.push(...more),
  }
}

function answer(
  step: TurnstileStep,
  signal: AbortSignal | undefined,
): Response | Promise<Response> {
  switch (step) {
    case 'hang':
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    case 'refused':
      throw new TypeError('fetch failed')
    case 'html':
      return new Response('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } })
    case 'huge':
      return Response.json({ ...solved(), padding: 'x'.repeat(10 * 1024 * 1024) })
    default:
      return 'status' in step
        ? new Response(step.body ?? '', { status: step.status })
        : Response.json(step)
  }
}
