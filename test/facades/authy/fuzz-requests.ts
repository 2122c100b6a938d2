import * as fc from 'fast-check'

/** A request with placeholders in braces, which are filled in when it is made. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** National numbers of North America. */
export const PHONES = Array.from({ length: 40 }, (_, n) => `20255501${n + 10}`)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND']
const FORMAT = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('json', 'xml') },
  fc.constantFrom('yaml', 'JSON', 'json%2f', '', 'xml%00', 'jsonx', '__proto__'),
)
const CALL = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'phones/verification/start',
      'phones/verification/check',
      'phones/verification/status',
      'phones/info',
    ),
  },
  fc.constantFrom('phones', 'phones/verification', 'users/new', 'phones/info/', 'phones//info'),
  fc.webPath().map((path) => `phones${path}`),
)
const PATH = fc.tuple(FORMAT, CALL).map(([format, call]) => `/protected/${format}/${call}`)

const KEY = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ 'x-authy-api-key': '{key}' }) },
  fc.constantFrom<Record<string, string>>(
    { 'x-authy-api-key': '{testKey}' },
    { 'x-authy-api-key': '{publishableKey}' },
    { 'x-authy-api-key': 'x'.repeat(600) },
    { 'x-authy-api-key': '' },
    { authorization: 'Bearer {key}' },
    {},
  ),
)

const ODD_HEADERS = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/xml; charset=utf-16',
      ';;;',
    ),
    'sec-purpose': fc.constantFrom('prefetch', 'none'),
    accept: fc.constantFrom('text/html', 'application/xml', '*/*;q=nonsense'),
    'content-encoding': fc.constant('gzip'),
    'idempotency-key': fc.constantFrom('k1', 'a b'),
    'x-http-method-override': fc.constant('DELETE'),
    range: fc.constant('bytes=0-1'),
  },
  { requiredKeys: [] },
)
const HEADERS = fc.tuple(KEY, ODD_HEADERS).map(([key, odd]) => ({ ...key, ...odd }))

const NESTED = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 3000 }))
  .map(([open, depth]) => open.repeat(depth))

const BODY = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json(),
  NESTED,
  fc.integer({ min: 16_000, max: 30_000 }).map((size) => 'x'.repeat(size)),
  fc.constantFrom('{', '[]', 'null', '{"via":1,"via":2}', '\ufeff{}', 'a=1&a=2', '%ff=%fe'),
)

const bytes = fc.record({
  method: fc.constantFrom(...METHODS),
  path: PATH,
  headers: HEADERS,
  body: BODY,
})

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '-1', '1e309', '__proto__', '{code}', '{uuid}', '+'),
)

type Fields = Readonly<Record<string, unknown>>

const NUMBERED = {
  country_code: fc.constantFrom<unknown>('1', '1', 1, '+1'),
  phone_number: fc.oneof(
    { weight: 3, arbitrary: fc.constant('{phone}') },
    fc.constantFrom<unknown>(...PHONES, 2025550110),
  ),
}

/** The parameters of each call with good values. */
const CALLS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  'POST phones/verification/start': {
    ...NUMBERED,
    via: fc.constantFrom('sms', 'sms', 'call'),
    locale: fc.constantFrom('en', 'pt-BR', 'zh-cn', 'xx'),
    code_length: fc.constantFrom<unknown>(4, 10, '6'),
    custom_code: fc.constantFrom('1234', '123456'),
    custom_message: fc.constantFrom('Owl Bank: {text}', 'код {text}'),
  },
  'GET phones/verification/check': {
    ...NUMBERED,
    verification_code: fc.constantFrom('{code}', '{wrong}', '{wrong}', '123456', 'x'),
  },
  'GET phones/verification/status': { ...NUMBERED, uuid: fc.constantFrom('{uuid}', '{foreign}') },
  'GET phones/info': { ...NUMBERED, user_ip: fc.ipV4() },
}

/** Parameters of one call, each there or not, with at most one of them wrong or one too many. */
function fieldsOf(call: string): fc.Arbitrary<Fields> {
  const good = CALLS[call] ?? {}
  const name = fc.oneof(fc.constantFrom(...Object.keys(good)), fc.string({ maxLength: 12 }))
  return fc
    .tuple(
      fc.record(good, { requiredKeys: ['country_code', 'phone_number'] }),
      fc.option(fc.tuple(name, odd), { freq: 2 }),
      fc.option(name, { freq: 5 }),
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
  .chain((call) =>
    fc.tuple(
      fc.constant(call),
      FORMAT,
      fieldsOf(call),
      HEADERS,
      fc.constantFrom('query', 'json', 'form'),
      fc.option(fc.constantFrom(...METHODS), { freq: 12, nil: undefined }),
    ),
  )
  .map(([call, format, fields, headers, place, other]): FuzzRequest => {
    const [own = '', end = ''] = call.split(' ')
    const method = other ?? own
    const path = `/protected/${format}/${end}`
    if (place === 'query' || own === 'GET') {
      return { method, path: `${path}?${toForm(fields)}`, headers, body: null }
    }
    return {
      method,
      path,
      headers,
      body: place === 'json' ? JSON.stringify(fields) : toForm(fields),
    }
  })

/** Noise, and nearly right requests. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { weight: 1, arbitrary: bytes },
  { weight: 3, arbitrary: structured },
)
