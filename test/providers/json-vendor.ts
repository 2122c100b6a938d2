import type { E164 } from '../../src/core/phone.ts'
import { bytesOf } from '../../src/core/text.ts'
import type { Channel } from '../../src/core/project.ts'
import type { VendorRequest } from '../../src/core/messenger.ts'
import type { Provider, ProviderMessage, Receipt } from '../../src/providers/provider.ts'

export const CODE = '918273'
export const NUMBER = '+37255512345'
export const REPORT_URL = 'https://otp.example.com/v1/receipts/vendor/rt_00112233'

export const message = (
  channel: Channel = 'sms',
  changes: Partial<ProviderMessage> = {},
): ProviderMessage => ({
  scope: { projectId: 'a'.repeat(24), mode: 'live' },
  verificationId: `ver_${'0'.repeat(32)}`,
  to: NUMBER as E164,
  country: 'EE',
  language: 'en',
  brand: 'Acme',
  text: `${CODE} is your Acme code. It is valid for 10 min.`,
  code: CODE,
  expiresAt: Date.now() + 600_000,
  delivery: { id: `del_${'1'.repeat(32)}`, channel, provider: 'vendor' },
  sender: channel === 'whatsapp' ? '37255500000' : 'Acme',
  reportToken: 'rt_00112233',
  reportUrl: REPORT_URL,
  callUrl: undefined,
  ...changes,
})

export type Answer = (signal: AbortSignal | undefined) => Response | Promise<Response>

/** Sends a message by a provider whose vendor gives one answer; keeps the request. */
export async function sendBy(
  create: (fetcher: typeof fetch) => Provider,
  answer: Answer,
  outbound: ProviderMessage,
  signal: AbortSignal = new AbortController().signal,
) {
  const requests: Request[] = []
  const provider = create(async (input, init) => {
    requests.push(new Request(input, init))
    return answer(init?.signal ?? undefined)
  })
  const receipt = await provider.send(outbound, signal)
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Expected one request')
  return { receipt, request, body: await request.json<any>() }
}

/** Why a message was not sent; `sent` when it was. */
export const kindOf = (receipt: Receipt): string => (receipt.sent ? 'sent' : receipt.failure.kind)

/** A delivery report as it reaches the adapter. */
export const reportOf = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): VendorRequest => ({
  method: 'POST',
  url: REPORT_URL,
  headers: new Headers(headers),
  body: typeof body === 'string' ? bytesOf(body) : body,
})
