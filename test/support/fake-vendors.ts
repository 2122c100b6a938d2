import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

export const VENDOR_NAMES = ['twilio', 'telnyx', 'messente'] as const
export type VendorName = (typeof VENDOR_NAMES)[number]

/** What a vendor does with one message. */
export type VendorAct =
  | 'ok'
  | 'down'
  | 'busy'
  | 'hang'
  | 'reset'
  | 'garbage'
  | 'huge'
  | 'gateway'
  | 'bad_credentials'
  | 'bad_number'

/** An environment of its own, as another isolate has one, with three vendors that send text messages. */
export const withVendors = (names: readonly VendorName[] = VENDOR_NAMES): Env =>
  ({
    ...env,
    PROVIDERS: names.join(','),
    TELNYX_API_KEY: 'KEY-of-the-tests',
    TELNYX_PUBLIC_KEY: 'ckC2V0oMFu9/HHxO07ZLC9RMp5o0aejC4EhZcLSWKl0=',
    TELNYX_FROM: '+12025550103',
    TELNYX_BASE_URL: 'https://telnyx.test',
    MESSENTE_USERNAME: 'user-of-the-tests',
    MESSENTE_PASSWORD: 'messente-password-of-the-tests',
    MESSENTE_FROM: '+12025550104',
    MESSENTE_BASE_URL: 'https://messente.test',
  }) as Env

/**
 * Stands in for the vendors: each does what `act` says, and everything that takes time takes it of
 * the fake clock alone, which the caller must have set up.
 */
export function fakeVendors(
  act: (vendor: VendorName, body: string) => VendorAct | Promise<VendorAct>,
) {
  const tries: { readonly vendor: VendorName; readonly act: VendorAct; readonly body: string }[] =
    []
  const limits = new WeakMap<AbortSignal, { readonly ms: number; readonly end: () => void }>()
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController()
    const end = () => controller.abort(new DOMException('late', 'TimeoutError'))
    limits.set(controller.signal, { ms, end })
    return controller.signal
  })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { url, text } = await readRequest(input, init)
    const vendor = VENDOR_NAMES.find((name) => url.startsWith(`https://${name}.test/`))
    if (vendor === undefined) throw new Error(`No test expects a call of ${url}`)
    const what = await act(vendor, text)
    tries.push({ vendor, act: what, body: text })
    const limit = init?.signal ? limits.get(init.signal) : undefined
    if (what !== 'hang') return answerOf(vendor, what)
    vi.setSystemTime(Date.now() + (limit?.ms ?? 0))
    limit?.end()
    throw new DOMException('late', 'TimeoutError')
  })
  return tries
}

async function readRequest(input: RequestInfo | URL, init: RequestInit | undefined) {
  const request = new Request(input, init)
  return { url: request.url, text: new TextDecoder().decode(await request.arrayBuffer()) }
}

function answerOf(vendor: VendorName, act: Exclude<VendorAct, 'hang'>): Response {
  switch (act) {
    case 'ok':
      return Response.json(ACCEPTED[vendor](), { status: 201 })
    case 'down':
      return new Response('<html>', { status: 503 })
    case 'busy':
      return new Response('{}', { status: 429, headers: { 'retry-after': '30' } })
    case 'reset':
      throw new Error('Network connection lost.')
    case 'garbage':
      return new Response('<html>Welcome</html>')
    case 'huge':
      return new Response('x'.repeat(10 * 1024 * 1024))
    case 'gateway':
      return new Response('', { status: 504 })
    case 'bad_credentials':
      return new Response('{}', { status: 401 })
    case 'bad_number':
      return Response.json(BAD_NUMBER[vendor], { status: 400 })
  }
}

const ACCEPTED = {
  twilio: () => ({ sid: `SM${crypto.randomUUID().replaceAll('-', '')}`, status: 'queued' }),
  telnyx: () => ({ data: { id: crypto.randomUUID(), to: [{ status: 'queued' }], errors: [] } }),
  messente: () => ({
    omnimessage_id: crypto.randomUUID(),
    messages: [{ message_id: crypto.randomUUID(), channel: 'sms', sender: 'Acme' }],
  }),
} as const satisfies Record<VendorName, () => object>

const BAD_NUMBER = {
  twilio: { code: 21211, message: 'Invalid number' },
  telnyx: { errors: [{ code: '40310', title: 'Invalid to', source: { pointer: '/to' } }] },
  messente: { errors: [{ title: 'Invalid data', detail: 'to', code: '105', source: '/to' }] },
} as const satisfies Record<VendorName, object>
