import { failed, type Receipt } from './provider.ts'

const LARGEST_BODY = 64 * 1024

export interface VendorAnswer {
  readonly status: number
  /** Parsed JSON; undefined when the body is none, or larger than 64 KB. */
  readonly body: unknown
}

/**
 * Makes one request to a vendor and reads what its answer means. What failed before the vendor can
 * have acted is `unreachable`; what broke off after that is `unknown`, because the message may be
 * out.
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
  } catch (error) {
    if (request.signal.aborted) return failed('unknown', 'no answer in time')
    return isConnectionError(error)
      ? failed('unreachable', 'connection refused or lost')
      : failed('unknown', 'the answer broke off')
  }
}

/** `fetch` rejects with these before a response began; a broken body rejects while it is read. */
const isConnectionError = (error: unknown): boolean =>
  error instanceof TypeError ||
  (error instanceof Error && /connect|network|refused|dns/i.test(error.message))

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
