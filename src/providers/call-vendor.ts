import { failed, type Receipt } from './provider.ts'

const LARGEST_BODY = 64 * 1024

export interface VendorAnswer {
  readonly status: number
  /** Parsed JSON; undefined when the body is none, or larger than 64 KB. */
  readonly body: unknown
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
    return read({ status: response.status, body: await readJson(response) })
  } catch {
    if (request.signal.aborted) return failed('unknown', 'no answer in time')
    return failed('unknown', 'the connection broke off')
  }
}

async function readJson(response: Response): Promise<unknown> {
  if (response.body === null) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > LARGEST_BODY) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(await new Blob(chunks).text())
  } catch {
    return undefined
  }
}
