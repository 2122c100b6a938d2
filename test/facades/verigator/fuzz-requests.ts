import * as fc from 'fast-check'

/** A request with placeholders in braces, which are filled in when it is made. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND']
const SERVICES = fc.constantFrom('/v1/service/service', '/v1/service/service', '/v1/service')
const SERVICE = fc.oneof(
  { weight: 12, arbitrary: fc.constant('{service}') },
  fc.constantFrom('{foreignService}', '{user}', 'service', '%', '%00', '__proto__', '%F0%9F'),
)
const USERS = fc.constantFrom('users', 'users', 'user')
const USER = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('{user}', '{user}', '{other}', '{brief}') },
  fc.constantFrom('{foreignUser}', '{service}', 'user', '%2f', '%ff', 'a'.repeat(2000)),
)

const AUTH = fc.oneof(
  { weight: 14, arbitrary: fc.constant({ 'x-service-auth': '{project}:{key}' }) },
  fc.constantFrom<Record<string, string>>(
    { 'x-service-auth': 'fuzz:{key}' },
    { 'x-service-auth': '{project}:{testKey}' },
    { 'x-service-auth': '{project}:{publishableKey}' },
    { 'x-service-auth': 'nobody:{key}' },
    { 'x-service-auth': `{project}:${'x'.repeat(600)}` },
    { 'x-service-auth': ':' },
    { 'x-service-auth': '' },
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
    'user-agent': fc.constantFrom('verigator-java-1.1', 'Java/1.8', 'x'),
    accept: fc.constantFrom('text/html', 'application/xml', '*/*;q=nonsense'),
    'content-encoding': fc.constant('gzip'),
    'x-http-method-override': fc.constant('DELETE'),
    range: fc.constant('bytes=0-1'),
  },
  { requiredKeys: [] },
)
const HEADERS = fc.tuple(AUTH, ODD_HEADERS).map(([auth, odd]) => ({ ...auth, ...odd }))

const NESTED = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 3000 }))
  .map(([open, depth]) => open.repeat(depth))

const BODY = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json(),
  NESTED,
  fc.integer({ min: 16_000, max: 30_000 }).map((size) => 'x'.repeat(size)),
  fc.constantFrom('{', '[]', 'null', '{"method":1,"method":2}', '\ufeff{}', 'a=1&a=2', '%ff=%fe'),
)

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '-1', '1e309', '__proto__', '{code}', '{authId}'),
)

type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>

const NAME = fc.oneof(fc.constantFrom('a', 'A', 'b', 'c'), fc.string({ unit: 'grapheme' }))
const TOKEN = fc.constantFrom('{code}', '{wrong}', '{wrong}', '{app}', '{nextApp}', '123456', 'x')

/** Every call with good values of its fields. */
const CALLS: readonly (readonly [method: string, end: string, fields: Fields])[] = [
  ['POST', '', { fqdn: NAME, name: NAME }],
  ['GET', '/SERVICE', {}],
  ['DELETE', '/SERVICE', {}],
  [
    'POST',
    '/SERVICE/users',
    { phone_number: fc.constantFrom('{phone}', '+12025550123'), id_in_service: NAME },
  ],
  ['GET', '/SERVICE/users', {}],
  ['GET', '/SERVICE/USERS/USER', {}],
  ['DELETE', '/SERVICE/USERS/{brief}', {}],
  ['POST', '/SERVICE/USERS/USER/auth', { method: fc.constantFrom('sms', 'totp') }],
  [
    'PUT',
    '/SERVICE/USERS/USER/auth',
    {
      token: TOKEN,
      method: fc.constantFrom('sms', 'totp', null),
      auth_id: fc.constantFrom('{authId}', '{authId}', null, 'ver_0'),
    },
  ],
  ['POST', '/SERVICE/USERS/USER/totp', {}],
  ['PUT', '/SERVICE/USERS/USER/totp', { token: TOKEN }],
  ['GET', '/SERVICE/USERS/USER/totp', {}],
  ['DELETE', '/SERVICE/USERS/{brief}/totp', {}],
]

/** The path of a call, by one of its spellings, with good and bad names in it. */
const pathOf = (end: string) =>
  fc
    .tuple(SERVICES, SERVICE, USERS, USER)
    .map(([services, service, users, user]) =>
      [services, end]
        .join('')
        .replace('SERVICE', service)
        .replace('USERS', users)
        .replace('USER', user),
    )

const ENDS = [...new Set(CALLS.map(([, end]) => end))]

const bytes = fc.record({
  method: fc.constantFrom(...METHODS),
  path: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...ENDS).chain(pathOf) },
    fc.webPath().map((path) => `/v1/service${path.replaceAll('.', '')}`),
    fc.constantFrom(
      '/v1/service/',
      '/v1/service//',
      '/v1/service/service/{service}/users?limit=-1',
    ),
  ),
  headers: HEADERS,
  body: BODY,
})

/** Fields of one call, each there or not, with at most one of them wrong or one too many. */
function fieldsOf(good: Fields): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const names = Object.keys(good)
  const known = fc.constantFrom(...names, 'more')
  return fc
    .tuple(
      fc.record(good, { requiredKeys: names.slice(0, 1) }),
      fc.option(fc.tuple(fc.oneof(known, fc.string({ maxLength: 12 })), odd), { freq: 3 }),
      fc.option(known, { freq: 8 }),
    )
    .map(([fields, wrong, missing]) => {
      const entries = Object.entries(fields).filter(([field]) => field !== missing)
      return Object.fromEntries(wrong === null ? entries : [...entries, wrong])
    })
}

const structured = fc.constantFrom(...CALLS).chain(([own, end, good]) =>
  fc.record({
    method: fc.oneof({ weight: 12, arbitrary: fc.constant(own) }, fc.constantFrom(...METHODS)),
    path: pathOf(end),
    headers: HEADERS,
    body: fieldsOf(good).map((fields) => JSON.stringify(fields)),
  }),
)

/** Noise, and nearly right requests. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { weight: 1, arbitrary: bytes },
  { weight: 3, arbitrary: structured },
)
