import type { E164 } from '../../src/core/phone.ts'
import { bytesOf } from '../../src/core/text.ts'
import type { Channel } from '../../src/core/project.ts'
import type { VendorRequest } from '../../src/core/messenger.ts'
import type { Provider, ProviderMessage } from '../../src/providers/provider.ts'
import { providerMessage } from './messages.ts'

export const NUMBER = '+37255512345'
export const REPORT_URL = 'https://otp.example.com/v1/receipts/vendor/rt_00112233'

/** A message to a number that vendors write without its plus. */
export const message = (
  channel: Channel = 'sms',
  changes: Partial<ProviderMessage> = {},
): ProviderMessage =>
  providerMessage(channel, {
    to: NUMBER as E164,
    country: 'EE',
    sender: channel === 'whatsapp' ? '37255500000' : 'Acme',
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
