/** How a code can travel. */
export type OtpostChannel = 'sms' | 'call' | 'whatsapp'

export interface OtpostOptions {
  /** `pk_live_…` or `pk_test_…`; it may stand in a web page. */
  readonly publishableKey: string
  /** Origin of the otpost deployment; the one that this module came from unless given. */
  readonly api?: string | undefined
}

/** What a publishable key allows. */
export interface OtpostConfiguration {
  /** ISO 3166-1 alpha-2 codes, or `*` for all. */
  readonly countries: '*' | readonly string[]
  readonly channels: readonly OtpostChannel[]
  readonly codeLength: number
  /** Null when the key asks for no Turnstile token. */
  readonly turnstileSiteKey: string | null
}

export interface OtpostStart {
  /** With its country code, as `+37255512345`. */
  readonly phoneNumber: string
  readonly channel?: OtpostChannel | undefined
  /** BCP 47 tag of the message's language. */
  readonly locale?: string | undefined
  /** Of the page, for browsers that fill in only codes bound to it. */
  readonly domain?: string | undefined
  /** Needed when the configuration has a `turnstileSiteKey`; good for one start. */
  readonly turnstileToken?: string | undefined
}

export interface OtpostVerification {
  readonly id: string
  /** Unix seconds. */
  readonly expires: number
  readonly status: string
  readonly channel: OtpostChannel
  /** In E.164 form. */
  readonly phoneNumber: string
  /** Seconds until `resend` is admitted. */
  readonly resendAfter: number
  readonly attemptsLeft: number
  readonly codeLength: number
}

/** The number is null where a server began the verification: who typed it knows it. */
export interface OtpostResent extends Omit<OtpostVerification, 'phoneNumber'> {
  readonly phoneNumber: string | null
}

export interface OtpostApproval {
  readonly verified: true
  readonly status: 'approved'
  readonly attemptsLeft: number
  /** A signed token: send it to your server, which verifies it. */
  readonly proof: string
  /** Unix seconds. */
  readonly proofExpires: number
}

export interface OtpostDenial {
  readonly verified: false
  /** `pending` after a wrong code; else why the verification is over. */
  readonly status: 'pending' | 'expired' | 'canceled' | 'max_attempts' | 'failed' | 'used'
  readonly attemptsLeft: number
}

export type OtpostCheck = OtpostApproval | OtpostDenial

export interface OtpostProblem {
  /**
   * Stable, as `country_refused`; `network` when no answer came, and `origin_refused` with status 0 when
   * one came that this page may not read.
   */
  readonly code: string
  /** Of the HTTP answer; 0 when none came. */
  readonly status: number
  /** One sentence for the developer; not for the person at the form. */
  readonly detail: string
  readonly retryAfterSeconds?: number | undefined
}

/** A request that was refused, or got no answer. */
export class OtpostError extends Error {
  override readonly name = 'OtpostError'
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly retryAfterSeconds: number | undefined

  constructor({ code, status, detail, retryAfterSeconds }: OtpostProblem) {
    super(detail)
    this.code = code
    this.status = status
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A whole send, with every provider that is tried, takes at most 8 seconds. */
const PATIENCE_MILLISECONDS = 20_000

const randomName = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
const PROBE_MILLISECONDS = 5000

const unanswered = (detail: string) => new OtpostError({ code: 'network', status: 0, detail })

const withheld = () =>
  new OtpostError({
    code: 'origin_refused',
    status: 0,
    detail: 'This page may not read the answer: correct the key, or add the origin to it.',
  })

/** Reads problem+json; a proxy on the way may have answered something else. */
function problemOf(response: Response, body: Record<string, unknown> | null): OtpostError {
  const seconds = Number(body?.['retryAfter'] ?? response.headers.get('retry-after') ?? Number.NaN)
  const { code, detail } = body ?? {}
  return new OtpostError({
    code: typeof code === 'string' ? code : 'unavailable',
    status: response.status,
    detail: typeof detail === 'string' ? detail : `The answer was ${response.status}.`,
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  })
}

/** Talks to otpost from a web page, with a publishable key. */
export class Otpost {
  readonly #key: string
  readonly #api: string
  #lastCheck: { readonly check: string; readonly name: string } | undefined

  constructor({ publishableKey, api }: OtpostOptions) {
    this.#key = publishableKey
    this.#api = new URL(api ?? import.meta.url).origin
  }

  /** Asks what the key allows. */
  configuration(): Promise<OtpostConfiguration> {
    return this.#call('GET', '/v1/publishable')
  }

  /** Sends a code; while one is pending for the number, the same one again. */
  start(request: OtpostStart): Promise<OtpostVerification> {
    return this.#call('POST', '/v1/verifications', request)
  }

  /** Sends the same code again, by another channel if one is named. */
  resend(
    id: string,
    options: { readonly channel?: OtpostChannel | undefined } = {},
  ): Promise<OtpostResent> {
    return this.#call('POST', `/v1/verifications/${encodeURIComponent(id)}/resend`, options)
  }

  /** Checks what the person typed; `session` comes back as the proof's `nonce`. */
  check(
    id: string,
    code: string,
    options: { readonly session?: string | undefined } = {},
  ): Promise<OtpostCheck> {
    const body = { id, code, ...options }
    // Asked again because its answer was lost, a right code is still right.
    const headers = { 'idempotency-key': this.#nameOf(JSON.stringify(body)) }
    return this.#call('POST', '/v1/verifications/check', body, headers)
  }

  /** The same name for the same check as before. */
  #nameOf(check: string): string {
    if (this.#lastCheck?.check !== check) this.#lastCheck = { check, name: randomName() }
    return this.#lastCheck.name
  }

  async #call<Answer>(
    method: string,
    path: string,
    body?: object,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}`, ...more }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const { response, answer } = await this.#ask(path, {
      method,
      headers,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok || answer === null) throw problemOf(response, answer)
    return answer as Answer
  }

  async #ask(path: string, init: RequestInit) {
    try {
      const response = await fetch(`${this.#api}${path}`, init)
      const text = await response.text()
      return { response, answer: readJson(text) }
    } catch (error) {
      if (error instanceof TypeError && (await this.#isWithheld())) throw withheld()
      throw unanswered(error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * Whether the deployment is there and keeps its answers from this page: a browser says of both only
   * that the request has failed. Any page may read a script, and only those of the key what it allows.
   */
  async #isWithheld(): Promise<boolean> {
    if (!navigator.onLine) return false
    const headers = { authorization: `Bearer ${this.#key}` }
    if (!(await this.#reaches('/client.js', { method: 'HEAD' }))) return false
    return !(await this.#reaches('/v1/publishable', { headers }))
  }

  async #reaches(path: string, init: RequestInit): Promise<boolean> {
    const signal = AbortSignal.timeout(PROBE_MILLISECONDS)
    const options: RequestInit = { ...init, signal, cache: 'no-store', credentials: 'omit' }
    return fetch(`${this.#api}${path}`, options).then(
      () => true,
      () => false,
    )
  }
}

function readJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
