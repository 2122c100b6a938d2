import * as fc from 'fast-check'

/** A request with placeholders in braces, which are filled in when it is made. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

export const PHONES = Array.from({ length: 40 }, (_, n) => `+120255501${n + 10}`)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'get']
const ID = fc.oneof(
  { weight: 4, arbitrary: fc.constant('{id}') },
  fc.constantFrom('{ended}', `ver_${'0'.repeat(32)}`, 'check', '%20', '%', '%00', 'ver_', "'--"),
  fc.string({ maxLength: 40 }).map(encodeURIComponentSafely),
)

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed()) || 'x'
}

const PATH = fc.oneof(
  { weight: 3, arbitrary: fc.constant('/v1/verifications') },
  { weight: 3, arbitrary: fc.constant('/v1/verifications/check') },
  { weight: 2, arbitrary: ID.map((id) => `/v1/verifications/${id}`) },
  { weight: 2, arbitrary: ID.map((id) => `/v1/verifications/${id}/resend`) },
  ID.map((id) => `/v1/verifications/${id}/timeline`),
  fc.constantFrom('/v1/test/inbox', '/v1/publishable', '/v1/tokens/verify'),
  fc.webPath(),
)

const AUTHORIZATION = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('Bearer {key}', 'Basic {basic}') },
  fc.constantFrom(
    'Bearer {testKey}',
    'Bearer {publishableKey}',
    'Basic %%%',
    'Bearer',
    'Basic Og==',
  ),
  fc.base64String({ maxLength: 40 }).map((text) => `Basic ${text}`),
)

const CONTENT_TYPE = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'text/plain',
  'image/png',
  ';;;',
  '',
)

const ODD_HEADERS = fc.record(
  {
    'idempotency-key': fc.constantFrom('k1', 'k2', 'k3', '', 'a b', 'k'.repeat(300)),
    prefer: fc.constantFrom('respond-async', 'respond-async, wait=1', 'wait=abc', ',;='),
    'sec-purpose': fc.constantFrom('prefetch', 'none'),
    accept: fc.constantFrom('text/html', '*/*;q=nonsense', ''),
    'content-encoding': fc.constant('gzip'),
    'x-http-method-override': fc.constant('DELETE'),
    'cf-connecting-ip': fc.constantFrom('192.0.2.1', 'x'),
    'x-forwarded-for': fc.constant("192.0.2.1', ''"),
    range: fc.constant('bytes=0-1'),
    'if-none-match': fc.constant('*'),
  },
  { requiredKeys: [] },
)

const HEADERS = fc
  .tuple(AUTHORIZATION, fc.option(CONTENT_TYPE, { nil: undefined }), ODD_HEADERS)
  .map(([authorization, type, odd]) => ({
    authorization,
    ...(type === undefined ? {} : { 'content-type': type }),
    ...odd,
  }))

/** Bytes that nobody meant as a request, with every kind of label. */
const NESTED = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 3000 }))
  .map(([open, depth]) => open.repeat(depth))

const bytes = fc.record({
  method: fc.constantFrom(...METHODS),
  path: PATH,
  headers: HEADERS,
  body: fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    fc.json(),
    NESTED,
    fc.integer({ min: 16_000, max: 30_000 }).map((size) => 'x'.repeat(size)),
    fc.constantFrom('{', '[]', 'null', '"{}"', '{"a":1,"a":2}', '\ufeff{}'),
  ),
})

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '0', '-1', '1e309', '__proto__', '{code}', '{id}'),
)

/** The fields of each call with good values, as the schemas have them. */
const CALLS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  'POST /v1/verifications': {
    phoneNumber: fc.constantFrom(...PHONES, '+37255500001', 12025550123, '+3725555555'),
    channel: fc.constantFrom('sms', 'sms', 'call', 'auto'),
    locale: fc.constantFrom('en', 'pt-BR'),
    codeLength: fc.integer({ min: 4, max: 10 }),
    code: fc.constantFrom('123456', '1234'),
    template: fc.constant('login'),
    appHash: fc.constant('FA+9qCX9VSu'),
    domain: fc.constantFrom('example.com', 'a.b.example'),
    purpose: fc.constantFrom('', 'login', 'payment'),
    metadata: fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 })),
    ip: fc.oneof(fc.ipV4(), fc.ipV6()),
  },
  'POST /v1/verifications/check': {
    id: fc.constantFrom('{id}', '{id}', '{ended}'),
    code: fc.constantFrom('{code}', '{wrong}', '123456', '{code}'),
  },
  'POST /v1/verifications/check by number': {
    phoneNumber: fc.constantFrom(...PHONES),
    code: fc.constantFrom('{wrong}', '123456'),
    purpose: fc.constantFrom('', 'login'),
  },
  'GET /v1/verifications/check': {
    id: fc.constantFrom('{id}', '{id}', '{ended}'),
    code: fc.constantFrom('{code}', '{wrong}', '123456'),
  },
  'GET /v1/verifications': {
    phoneNumber: fc.constantFrom(...PHONES),
    status: fc.constantFrom('pending', 'approved', 'expired'),
    country: fc.constantFrom('US', 'EE'),
    from: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    to: fc.integer({ min: 0 }).map(String),
    cursor: fc.integer({ min: 0 }).map((at) => `${at}_ver_${'f'.repeat(32)}`),
    limit: fc.integer({ min: 1, max: 100 }).map(String),
  },
  'POST /v1/verifications/{id}/resend': { channel: fc.constantFrom('sms', 'call') },
  'POST /v1/tokens/verify': {
    token: fc.constantFrom('a.b.c', '', '..', 'eyJhbGciOiJub25lIn0.e30.'),
    session: fc.constantFrom('s', '\u0000'),
  },
  'GET /v1/test/inbox': { to: fc.constantFrom(...PHONES) },
}

type Fields = Readonly<Record<string, unknown>>

/** Fields of one call, each there or not, with at most one of them wrong or one too many. */
function fieldsOf(call: string): fc.Arbitrary<Fields> {
  const good = CALLS[call] ?? {}
  const [first] = Object.keys(good)
  const name = fc.oneof(fc.constantFrom(...Object.keys(good)), fc.string({ maxLength: 12 }))
  return fc
    .tuple(
      fc.record(good, { requiredKeys: first === undefined ? [] : [first] }),
      fc.option(fc.tuple(name, odd), { freq: 2 }),
      fc.option(name, { freq: 4 }),
    )
    .map(([fields, wrong, missing]) => {
      const entries = Object.entries(fields).filter(([field]) => field !== missing)
      return Object.fromEntries(wrong === null ? entries : [...entries, wrong])
    })
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')

const toForm = (fields: Fields): string =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]) => [name, asText(value)] as [string, string]),
  )
    .toString()
    .replaceAll('%7B', '{')
    .replaceAll('%7D', '}')

const structured = fc
  .constantFrom(...Object.keys(CALLS))
  .chain((call) => fc.tuple(fc.constant(call), fieldsOf(call), HEADERS, fc.boolean()))
  .map(([call, fields, headers, asJson]): FuzzRequest => {
    const [method = '', path = ''] = call.split(' ')
    if (method === 'GET') return { method, path: `${path}?${toForm(fields)}`, headers, body: null }
    return { method, path, headers, body: asJson ? JSON.stringify(fields) : toForm(fields) }
  })

const JSON_HEADERS = { authorization: 'Bearer {key}', 'content-type': 'application/json' }
const ASYNC_HEADERS = { ...JSON_HEADERS, prefer: 'respond-async' }
const KEY_ONLY = { authorization: 'Basic {basic}' }
const got = (path: string): FuzzRequest => ({ method: 'GET', path, headers: KEY_ONLY, body: null })
const posted = (path: string, body: string): FuzzRequest => ({
  method: 'POST',
  path,
  headers: JSON_HEADERS,
  body,
})

/** Requests that succeed as they stand. */
const RECORDED: readonly FuzzRequest[] = [
  posted('/v1/verifications', '{"phoneNumber":"+12025550112"}'),
  { ...posted('/v1/verifications', '{"phoneNumber":"+12025550115"}'), headers: ASYNC_HEADERS },
  posted('/v1/verifications', 'phoneNumber=12025550113&metadata[user]=42&locale=en'),
  posted('/v1/verifications', '{"phoneNumber":"12025550114","purpose":"p","domain":"a.example"}'),
  posted('/v1/verifications/check', '{"id":"{id}","code":"{wrong}"}'),
  posted('/v1/verifications/check', '{"phoneNumber":"+12025550110","code":"{wrong}"}'),
  posted('/v1/verifications/{id}/resend', '{"channel":"sms"}'),
  posted('/v1/tokens/verify', '{"token":"eyJhbGciOiJFUzI1NiJ9.e30.AA","session":"s"}'),
  got('/v1/verifications/check?id={id}&code={wrong}'),
  got('/v1/verifications/{id}'),
  got('/v1/verifications/{id}/timeline'),
  got('/v1/verifications?status=pending&limit=3'),
  got('/v1/verifications?phoneNumber=12025550110'),
  { ...got('/v1/verifications/{ended}'), method: 'DELETE' },
]

const at = fc.nat({ max: 400 })
const splice = (text: string, place: number, cut: number, add: string) => {
  const start = place % (text.length + 1)
  return text.slice(0, start) + add + text.slice(start + cut)
}
const bodyText = ({ body }: FuzzRequest) => (typeof body === 'string' ? body : '')

const TOO_LARGE = (r: FuzzRequest) => ({ ...r, body: bodyText(r).padEnd(17_000, 'x') })

const MUTATION = fc.oneof(
  fc.constant(TOO_LARGE),
  fc.constantFrom(...METHODS).map((method) => (r: FuzzRequest) => ({ ...r, method })),
  ODD_HEADERS.map((more) => (r: FuzzRequest) => ({ ...r, headers: { ...r.headers, ...more } })),
  HEADERS.map((headers) => (r: FuzzRequest) => ({ ...r, headers })),
  fc
    .tuple(at, fc.nat({ max: 3 }), fc.string({ unit: 'grapheme', maxLength: 4 }))
    .map(([place, cut, add]) => (r: FuzzRequest) => ({
      ...r,
      body: splice(bodyText(r), place, cut, add),
    })),
  fc
    .tuple(at, fc.nat({ max: 2 }), fc.webQueryParameters())
    .map(([place, cut, add]) => (r: FuzzRequest) => ({
      ...r,
      path: `/${splice(r.path, place, cut, add).replace(/^\/+/, '')}`,
    })),
  fc.webQueryParameters().map((query) => (r: FuzzRequest) => ({
    ...r,
    path: `${r.path}${r.path.includes('?') ? '&' : '?'}${query}`,
  })),
  fc
    .constantFrom('&code={code}&code={wrong}', '&id={id}', '/', '//', '%2f', '#', '?')
    .map((end) => (r: FuzzRequest) => ({ ...r, path: r.path + end })),
)

const mutated = fc
  .tuple(fc.constantFrom(...RECORDED), fc.array(MUTATION, { minLength: 0, maxLength: 3 }))
  .map(([request, mutations]) => mutations.reduce((before, mutate) => mutate(before), request))

/** Noise, nearly right requests, and right ones that went wrong on the way. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { weight: 1, arbitrary: bytes },
  { weight: 2, arbitrary: structured },
  { weight: 2, arbitrary: mutated },
)
