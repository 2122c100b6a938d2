import { vi } from 'vitest'
import type { VendorRequest } from '../../src/core/messenger.ts'
import type { ProviderMessage } from '../../src/providers/provider.ts'
import type { Vendor } from '../../src/providers/vendor.ts'
import { providerMessage } from './messages.ts'

export const NUMBER = '+12025550123'
export const REPORT_TOKEN = 'rT5-token-of-the-try-0a9b'

/** A message as a try of a provider is given it. */
export const messageFor = (changes: Partial<ProviderMessage> = {}): ProviderMessage =>
  providerMessage('sms', {
    reportToken: REPORT_TOKEN,
    reportUrl: `https://otp.example.com/v1/receipts/one/${REPORT_TOKEN}`,
    callUrl: undefined,
    ...changes,
  })

export type Variables = Readonly<Record<string, string | undefined>>

export function make<Options>(
  vendor: Vendor<Options>,
  variables: Variables,
  fetcher: typeof fetch,
) {
  return vendor.create(vendor.variables.parse(variables), fetcher)
}

/** What is wrong with variables: the path and message of each issue. */
export const issuesOf = (vendor: Vendor, variables: Variables): readonly string[] =>
  vendor.variables
    .safeParse(variables)
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []

export type Answer = (signal: AbortSignal | undefined) => Response | Promise<Response>

/** Sends a message to a vendor that gives one answer; keeps the request. */
export async function sendBy<Options>(
  vendor: Vendor<Options>,
  variables: Variables,
  answer: Answer,
  { outbound = messageFor(), signal = new AbortController().signal } = {},
) {
  const requests: Request[] = []
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return answer(init?.signal ?? undefined)
  }
  const receipt = await make(vendor, variables, fetcher).send(outbound, signal)
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Expected one request')
  const text = new TextDecoder().decode(await request.arrayBuffer())
  return { receipt, request, text, body: JSON.parse(text) as Record<string, any> }
}

/** Answers by which nobody can tell what became of a message. */
export const UNCLEAR: readonly (readonly [string, Answer])[] = [
  ['HTML', () => new Response('<html>Welcome</html>', { status: 200 })],
  ['null', () => Response.json(null)],
  ['a list', () => Response.json([])],
  ['10 MB', () => new Response('x'.repeat(10 * 1024 * 1024), { status: 200 })],
  ['broken UTF-8', () => new Response(new Uint8Array([0xff, 0xfe]), { status: 200 })],
  ['502 of a gateway', () => new Response('<html>Bad gateway</html>', { status: 502 })],
  ['504 of a gateway', () => new Response('', { status: 504 })],
  ['a lost connection', () => Promise.reject(new Error('Network connection lost.'))],
  ['a refused connection', () => Promise.reject(new TypeError('fetch failed'))],
  [
    'half an answer',
    () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (stream) => stream.enqueue(new TextEncoder().encode('{"data":')),
          pull: (stream) => stream.error(new Error('Network connection lost.')),
        }),
      ),
  ],
]

/** Never answers; gives up with its signal. */
export const hang: Answer = (signal) =>
  new Promise<Response>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error))
  })

/** A request that claims to come from a vendor. */
export const claim = (
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  changes: Partial<VendorRequest> = {},
): VendorRequest => ({
  method: 'POST',
  url: `https://otp.example.com/v1/receipts/one/${REPORT_TOKEN}`,
  headers: new Headers(headers),
  body: new Uint8Array(typeof body === 'string' ? new TextEncoder().encode(body) : body),
  ...changes,
})

export const refuseNetwork: typeof fetch = () => Promise.reject(new Error('No test expects a call'))

/** Stops the clock at a time of Unix seconds. */
export function setClock(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(seconds * 1000)
}
