import type { FailureKind } from '../core/messenger.ts'
import { failed, type Receipt } from './provider.ts'

const LARGEST_BODY = 64 * 1024
const LONGEST_RETRY_AFTER_SECONDS = 3600

export interface VendorAnswer {
  readonly status: number
  /** Parsed JSON; undefined when the body is none, or larger than 64 KB. */
  readonly body: unknown
  /** Whether there was no body at all, or a blank one. */
  readonly empty: boolean
}

/**
 * Makes one request to a vendor and reads what its answer means. Without a whole answer the outcome
 * is `unknown`: the runtime says "Network connection lost." of a refused connection as well as of
 * one that broke after the vendor had read everything, and then the message is out.
 */
export async function callVendor(
  fetcher: typeof fetch,
  request: { readonly url: string; readonly init: RequestInit; readonly signal: AbortSignal },
  read: (answer: VendorAnswer) => Receipt,
): Promise<Receipt> {
  try {
    const response = await fetcher(request.url, {
      ...request.init,
      redirect: 'manual',
      signal: request.signal,
    })
    const receipt = read(await readAnswer(response))
    return withRetryAfter(receipt, response.headers.get('retry-after'))
  } catch {
    if (request.signal.aborted) return failed('unknown', 'no answer in time')
    return failed('unknown', 'the connection broke off')
  }
}

/** What an HTTP status says when a vendor's own error code does not. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 429) return 'throttled'
  // A gateway that gave up may have passed the message on.
  if (status === 502 || status === 504) return 'unknown'
  if (status >= 500) return 'unreachable'
  return 'misconfigured'
}

/** Seconds only: a date would be compared with a clock that is not the vendor's. */
function withRetryAfter(receipt: Receipt, header: string | null): Receipt {
  const seconds = /^[0-9]{1,6}$/.test(header ?? '') ? Number(header) : undefined
  if (receipt.sent || receipt.failure.kind !== 'throttled' || seconds === undefined) return receipt
  const retryAfterSeconds = Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS)
  return { sent: false, failure: { ...receipt.failure, retryAfterSeconds } }
}

/** Reads what a vendor answered; no more than 64 KB of it. */
export async function readAnswer(response: Response): Promise<VendorAnswer> {
  const { status } = response
  if (response.body === null) return { status, body: undefined, empty: true }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > LARGEST_BODY) return { status, body: undefined, empty: false }
    chunks.push(chunk)
  }
  const text = await new Blob(chunks).text()
  try {
    return { status, body: JSON.parse(text), empty: false }
  } catch {
    return { status, body: undefined, empty: text.trim() === '' }
  }
}
