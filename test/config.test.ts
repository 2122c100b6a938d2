import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { ask } from './support/api.ts'

const FIRST = 'sE3-first-secret-91d0c6aa5b7e2f4833'
const SECOND = 'sE3-other-secret-7c24f0b1de69a83574'

const GOOD = {
  OTPOST_NUMBER_KEY: 'nK7-number-key-4f1c9a7be2d8503611aa',
  OTPOST_SECRET: FIRST,
  PROVIDERS: 'twilio',
  TWILIO_ACCOUNT_SID: 'AC00112233445566778899aabbccddeeff',
  TWILIO_AUTH_TOKEN: 'token-of-the-account',
  TWILIO_FROM: '+12025550100',
}

function configOf(changes: object) {
  const result = readConfig({ ...GOOD, ...changes })
  if (!result.ok) throw new Error(result.problems.join(' '))
  return result.config
}

function problemsOf(changes: object): readonly string[] {
  const result = readConfig({ ...GOOD, ...changes })
  return result.ok ? [] : result.problems
}

describe('readConfig', () => {
  it('takes good variables, and is in production unless told otherwise', () => {
    expect(configOf({})).toEqual({
      development: false,
      numberKey: GOOD.OTPOST_NUMBER_KEY,
      secrets: [FIRST],
      providers: [
        {
          name: 'twilio',
          twilio: {
            accountSid: GOOD.TWILIO_ACCOUNT_SID,
            authToken: GOOD.TWILIO_AUTH_TOKEN,
            sender: { From: '+12025550100' },
            baseUrl: 'https://api.twilio.com',
          },
        },
      ],
    })
    expect(configOf({ ENVIRONMENT: 'development' }).development).toBe(true)
  })

  const secrets = [
    ['missing', undefined, 'is missing.'],
    ['empty', '', 'is shorter than 32 characters.'],
    ['short', 'q7Hd93kLm2', 'is shorter than 32 characters.'],
    ['one character short', 'q7Hd93kLm2xPz8WvT4bNc6YsR1fGj5a', 'is shorter than 32 characters.'],
    ['a placeholder', 'change-me-change-me-change-me-qwertyuiop', 'is a placeholder.'],
    ['a placeholder in brackets', '<a long random secret of your own>', 'is a placeholder.'],
    ["the documents' example", 'example-q7Hd93kLm2xPz8WvT4bNc6YsR1fGj5a', 'is a placeholder.'],
    ['counted up', 'abc0123456789def0123456789abc0123', 'is a placeholder.'],
    ['one character repeated', 'a'.repeat(40), 'is a placeholder.'],
    [
      'of few characters',
      'abababababababababababababababababab',
      'has too few different characters to be random.',
    ],
  ] as const

  for (const name of ['OTPOST_NUMBER_KEY', 'OTPOST_SECRET'] as const) {
    it.each(secrets)(`names ${name} when it is %s`, (_, value, problem) => {
      const problems = problemsOf({ [name]: value })
      expect(problems).toContain(`${name} ${problem}`)
      expect(problems.every((text) => text.startsWith(name))).toBe(true)
    })
  }

  it.each([
    ['ENVIRONMENT', 'prod'],
    ['ENVIRONMENT', ''],
    ['PROVIDERS', 'carrier-pigeon'],
    ['PROVIDERS', 'twilio,'],
    ['PROVIDERS', 'inbox'],
    ['PROVIDERS', 'twilio,inbox'],
    ['TWILIO_ACCOUNT_SID', 'SK-canary'],
    ['TWILIO_ACCOUNT_SID', 'AC/../canary'],
    ['TWILIO_ACCOUNT_SID', undefined],
    ['TWILIO_AUTH_TOKEN', ''],
    ['TWILIO_AUTH_TOKEN', undefined],
    ['TWILIO_FROM', ''],
    ['TWILIO_FROM', undefined],
    ['TWILIO_MESSAGING_SERVICE_SID', 'XX-canary'],
    ['TWILIO_BASE_URL', 'canary'],
    ['TWILIO_BASE_URL', 'ftp://canary'],
    ['OTPOST_SECRET', `${FIRST},q7Hd93kLm2`],
    ['OTPOST_SECRET', `${FIRST},`],
  ])('names %s and no other when it is %j', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).not.toEqual([])
    for (const problem of problems) expect(problem).toMatch(RegExp(`^${name} [a-z].*\\.$`))
  })

  it('tells no value, whatever is wrong with it', () => {
    const bad = {
      ENVIRONMENT: 'canary-environment',
      OTPOST_NUMBER_KEY: 'canary-number',
      OTPOST_SECRET: 'canary-secret,canary-canary-canary-canary-canary',
      PROVIDERS: 'canary-provider',
      TWILIO_ACCOUNT_SID: 'canary-sid',
      TWILIO_AUTH_TOKEN: '',
      TWILIO_FROM: '',
      TWILIO_MESSAGING_SERVICE_SID: 'canary-service',
      TWILIO_BASE_URL: 'canary-url',
    }
    const result = readConfig(bad)
    const problems = result.ok ? [] : result.problems
    const named = new Set(problems.map((problem) => problem.split(' ', 1)[0]))
    expect(named).toEqual(new Set(Object.keys(bad)))
    expect(problems.join(' ')).not.toContain('canary')
  })

  it('reads a list of secrets, the first first', () => {
    expect(configOf({ OTPOST_SECRET: `${SECOND}, ${FIRST}` }).secrets).toEqual([SECOND, FIRST])
  })

  it('says once what is wrong with two secrets of a list', () => {
    const problems = problemsOf({ OTPOST_SECRET: 'short,shorter' })
    expect(problems).toContain('OTPOST_SECRET is shorter than 32 characters.')
    expect(new Set(problems).size).toBe(problems.length)
  })

  it('has no provider in production unless one is named, and the inbox in development', () => {
    expect(configOf({ PROVIDERS: undefined }).providers).toEqual([])
    const local = { PROVIDERS: undefined, ENVIRONMENT: 'development' }
    expect(configOf(local).providers).toEqual([{ name: 'inbox' }])
  })

  it('takes the inbox beside a provider in development, in the order that was given', () => {
    const config = configOf({ PROVIDERS: 'inbox, twilio', ENVIRONMENT: 'development' })
    expect(config.providers.map(({ name }) => name)).toEqual(['inbox', 'twilio'])
  })

  it("needs none of Twilio's variables without Twilio", () => {
    const none = {
      PROVIDERS: undefined,
      TWILIO_ACCOUNT_SID: undefined,
      TWILIO_AUTH_TOKEN: undefined,
      TWILIO_FROM: undefined,
    }
    expect(problemsOf(none)).toEqual([])
  })

  it('takes a messaging service for a sender, and a base URL without its last slash', () => {
    const service = { TWILIO_FROM: undefined, TWILIO_MESSAGING_SERVICE_SID: 'MG0011' }
    const config = configOf({ ...service, TWILIO_BASE_URL: 'http://127.0.0.1:4010//' })
    expect(config.providers).toMatchObject([
      { twilio: { sender: { MessagingServiceSid: 'MG0011' }, baseUrl: 'http://127.0.0.1:4010' } },
    ])
  })
})

const ROUTES = [
  ['POST', '/v1/verifications'],
  ['GET', '/v1/verifications'],
  ['POST', '/v1/verifications/check'],
  ['GET', '/v1/verifications/check?id=x&code=123456'],
  ['GET', `/v1/verifications/ver_${'0'.repeat(32)}`],
  ['DELETE', `/v1/verifications/ver_${'0'.repeat(32)}`],
  ['POST', `/v1/verifications/ver_${'0'.repeat(32)}/resend`],
  ['GET', `/v1/verifications/ver_${'0'.repeat(32)}/timeline`],
  ['GET', '/v1/test/inbox'],
  ['GET', '/dev/inbox'],
  ['GET', '/dev/inbox.json'],
  ['GET', '/'],
  ['GET', '/nowhere'],
] as const

const environment = (changes: object): Env => ({ ...env, ...changes })

describe('the Worker with a bad configuration', () => {
  const broken = environment({ OTPOST_SECRET: 'changeme' })

  it.each(ROUTES)('answers 503 misconfigured to %s %s', async (method, path) => {
    const answer = await ask(new Request(`http://localhost${path}`, { method }), broken)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'misconfigured', status: 503 })
    expect(answer.text).not.toMatch(/changeme|OTPOST_SECRET/)
  })

  it('refuses plain http outside development, and sends HSTS', async () => {
    const live = environment({ ENVIRONMENT: 'production', OTPOST_SECRET: 'changeme' })
    const plain = await ask(new Request('http://otp.example.com/health'), live)
    expect(plain.status).toBe(403)
    const secure = await ask(new Request('https://otp.example.com/health'), live)
    expect(secure.status).toBe(503)
    expect(secure.headers.get('strict-transport-security')).toContain('max-age=')
  })

  it('names the variable, and not its value, in /health', async () => {
    const answer = await ask(new Request('http://localhost/health'), broken)
    expect(answer.status).toBe(503)
    expect(answer.body['status']).toBe('misconfigured')
    expect(answer.text).toContain('OTPOST_SECRET is shorter than 32 characters.')
    expect(answer.text).not.toContain('changeme')
  })
})

describe('the Worker outside development', () => {
  const production = environment({ ENVIRONMENT: 'production' })

  it.each([...ROUTES, ['GET', '/health'] as const])(
    'answers 403 to %s %s over plain http, with no redirect',
    async (method, path) => {
      const answer = await ask(new Request(`http://otp.example.com${path}`, { method }), production)
      expect(answer.status).toBe(403)
      expect(answer.body['code']).toBe('insecure_transport')
      expect(answer.headers.get('location')).toBeNull()
    },
  )

  it.each([...ROUTES, ['GET', '/health'] as const])(
    'sends HSTS with the answer to %s %s',
    async (method, path) => {
      const request = new Request(`https://otp.example.com${path}`, { method })
      const { headers } = await ask(request, production)
      expect(headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    },
  )

  it.each(['/dev/inbox', '/dev/inbox.json', '/dev/inbox/', '/dev/other'])(
    'has no %s',
    async (path) => {
      const answer = await ask(new Request(`https://otp.example.com${path}`), production)
      expect(answer.status).toBe(404)
      expect(answer.body['code']).toBe('route_not_found')
    },
  )

  it('is what runs when ENVIRONMENT is not set', async () => {
    const unset = environment({ ENVIRONMENT: undefined })
    const answer = await ask(new Request('http://otp.example.com/health'), unset)
    expect(answer.status).toBe(403)
  })

  it('is healthy with its database, and says what is missing without', async () => {
    const healthy = await ask(new Request('https://otp.example.com/health'), production)
    expect(healthy.status).toBe(200)
    expect(healthy.body).toEqual({ status: 'ok' })
    const withoutProvider = environment({ ENVIRONMENT: 'production', PROVIDERS: undefined })
    const unhealthy = await ask(new Request('https://otp.example.com/health'), withoutProvider)
    expect(unhealthy.status).toBe(503)
    expect(unhealthy.text).toContain('PROVIDERS')
  })
})

describe('the Worker in development', () => {
  it('answers over plain http, without HSTS, and has an inbox', async () => {
    const answer = await ask(new Request('http://localhost/dev/inbox.json'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('strict-transport-security')).toBeNull()
    expect(answer.body).toEqual([])
  })
})
