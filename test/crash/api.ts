export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface Api {
  start(phoneNumber: string, idempotencyKey?: string): Promise<Answer>
  check(phoneNumber: string, code: string): Promise<Answer>
  /** A verification, as its line knows it. */
  read(id: string): Promise<Answer>
  /** The verifications of a number that its line or the ledger knows. */
  known(phoneNumber: string): Promise<readonly Verification[]>
  /** The verifications of a number that the ledger knows: only a list of all asks no line. */
  recorded(phoneNumber: string): Promise<readonly Verification[]>
}

export interface Verification {
  readonly id: string
  readonly status: string
  readonly phoneLast4: string
}

const PATIENCE_MS = 15_000

/** Calls a served otpost; a call whose server is killed rejects. */
export function api(url: string, secret: string): Api {
  const call = async (method: string, path: string, body?: object, key?: string) => {
    const response = await fetch(`${url}/v1/verifications${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }
  const list = async (query: string) =>
    (await call('GET', query)).body['data'] as readonly Verification[]
  return {
    start: (phoneNumber, key) => call('POST', '', { phoneNumber }, key),
    check: (phoneNumber, code) => call('POST', '/check', { phoneNumber, code }),
    read: (id) => call('GET', `/${id}`),
    known: (phoneNumber) => list(`?phoneNumber=${encodeURIComponent(phoneNumber)}`),
    async recorded(phoneNumber) {
      const all = await list('?limit=100')
      return all.filter(({ phoneLast4 }) => phoneNumber.endsWith(phoneLast4))
    },
  }
}
