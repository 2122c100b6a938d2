import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { VENDORS } from '../src/providers/catalog.ts'

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
      tokenKeys: undefined,
      publicUrl: undefined,
      providers: [
        {
          name: 'twilio',
          vendor: expect.objectContaining({ name: 'twilio' }) as object,
          options: expect.objectContaining({
            accountSid: GOOD.TWILIO_ACCOUNT_SID,
            authToken: GOOD.TWILIO_AUTH_TOKEN,
            sms: { other: '+12025550100', byKey: new Map() },
            baseUrl: 'https://api.twilio.com',
          }) as object,
          publicUrl: undefined,
        },
      ],
      lookup: undefined,
      turnstile: undefined,
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
    ['PROVIDERS', 'twilio,twilio'],
    ['PUBLIC_URL', 'canary'],
    ['PUBLIC_URL', 'http://canary.example.com'],
    ['PUBLIC_URL', 'https://example.com/?canary'],
    ['PUBLIC_URL', 'https://example.com/#canary'],
    ['PUBLIC_URL', 'http://127.0.0.1.example.com'],
    ['TWILIO_FROM', 'Acme,Other'],
    ['TWILIO_FROM', 'Acme,us=+12025550100'],
    ['TWILIO_FROM', 'Acme,US=Acme'],
    ['TWILIO_FROM', 'US=+12025550100,US=+12025550101'],
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
    ['LOOKUP', 'canary'],
    ['LOOKUP', ''],
    ['LOOKUP', 'Twilio'],
    ['OTPOST_TOKEN_KEYS', ''],
    ['OTPOST_TOKEN_KEYS', 'canary'],
    ['OTPOST_TOKEN_KEYS', '{"keys":[{}]}'],
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
      OTPOST_TOKEN_KEYS: '{"keys":[{"kty":"canary","canary":1}],"canary":2}',
      PROVIDERS: 'canary-provider,twilio',
      TWILIO_ACCOUNT_SID: 'canary-sid',
      TWILIO_AUTH_TOKEN: '',
      TWILIO_FROM: '',
      TWILIO_MESSAGING_SERVICE_SID: 'canary-service',
      TWILIO_BASE_URL: 'canary-url',
      LOOKUP: 'canary-lookup',
    }
    const results = [readConfig(bad), readConfig({ ...bad, PROVIDERS: 'twilio' })]
    const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
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
    expect(configOf(local).providers.map(({ name }) => name)).toEqual(['inbox'])
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
    const sid = 'MG00112233445566778899aabbccddeeff'
    const service = { TWILIO_FROM: undefined, TWILIO_MESSAGING_SERVICE_SID: sid }
    const config = configOf({ ...service, TWILIO_BASE_URL: 'http://127.0.0.1:4010//' })
    expect(config.providers).toMatchObject([
      { options: { sms: { other: sid }, baseUrl: 'http://127.0.0.1:4010' } },
    ])
  })

  it.each(VENDORS.map(({ name }) => [name]))('names what %s needs, and nothing else', (name) => {
    const problems = problemsOf({
      PROVIDERS: name,
      TWILIO_ACCOUNT_SID: undefined,
      TWILIO_AUTH_TOKEN: undefined,
    })
    expect(problems).not.toEqual([])
    for (const problem of problems) expect(problem).toMatch(RegExp(`^${name.toUpperCase()}_`))
  })

  it.each([
    ['https://otp.example.com', undefined, 'https://otp.example.com'],
    ['https://otp.example.com/', 'http://127.0.0.1:4010', 'https://otp.example.com'],
    ['http://localhost:8787', undefined, undefined],
    ['http://localhost:8787', 'http://127.0.0.1:4010', 'http://localhost:8787'],
    ['http://[::1]:8787', 'https://twilio.example.com', undefined],
  ])('with PUBLIC_URL %s and TWILIO_BASE_URL %s has Twilio call %s', (own, theirs, url) => {
    const config = configOf({ PUBLIC_URL: own, TWILIO_BASE_URL: theirs })
    expect(config.providers[0]?.publicUrl).toBe(url)
  })

  it('refuses calls without a public URL, where they ask for the code', () => {
    expect(problemsOf({ TWILIO_VOICE_FROM: '+12025550100' })).toEqual([
      'PUBLIC_URL is missing or of this machine, but TWILIO_VOICE_FROM needs it: calls ask there for the code.',
    ])
  })

  describe('with LOOKUP', () => {
    const noMessages = { PROVIDERS: undefined, TWILIO_FROM: undefined }

    it('is offline unless told otherwise, and then needs nothing', () => {
      expect(configOf({ LOOKUP: 'offline' }).lookup).toBeUndefined()
      const nothing = { TWILIO_ACCOUNT_SID: undefined, TWILIO_AUTH_TOKEN: undefined }
      const unused = { TWILIO_LOOKUPS_BASE_URL: 'not looked at' }
      expect(problemsOf({ ...noMessages, ...nothing, ...unused })).toEqual([])
    })

    it('twilio takes the account, and no sender', () => {
      expect(configOf({ ...noMessages, LOOKUP: 'twilio' }).lookup).toEqual({
        accountSid: GOOD.TWILIO_ACCOUNT_SID,
        authToken: GOOD.TWILIO_AUTH_TOKEN,
        baseUrl: 'https://lookups.twilio.com',
      })
      const local = { LOOKUP: 'twilio', TWILIO_LOOKUPS_BASE_URL: 'http://127.0.0.1:4010/' }
      expect(configOf(local).lookup?.baseUrl).toBe('http://127.0.0.1:4010')
    })

    it.each([
      ['TWILIO_ACCOUNT_SID', undefined],
      ['TWILIO_ACCOUNT_SID', 'SK-canary'],
      ['TWILIO_AUTH_TOKEN', undefined],
      ['TWILIO_AUTH_TOKEN', ''],
      ['TWILIO_LOOKUPS_BASE_URL', 'canary'],
      ['TWILIO_LOOKUPS_BASE_URL', 'ftp://canary'],
    ])('twilio names %s and no other when it is %j', (name, value) => {
      for (const others of [{}, noMessages]) {
        const problems = problemsOf({ ...others, LOOKUP: 'twilio', [name]: value })
        expect(new Set(problems).size).toBe(problems.length)
        expect(problems).not.toEqual([])
        for (const problem of problems) expect(problem).toMatch(RegExp(`^${name} [a-z].*\\.$`))
        expect(problems.join(' ')).not.toContain('canary')
      }
    })
  })
})

describe('readConfig: Turnstile', () => {
  const pair = { TURNSTILE_SECRET: '0x-secret', TURNSTILE_SITE_KEY: '0x-site-key' }

  it('takes a secret with its site key', () => {
    expect(configOf(pair).turnstile).toEqual({
      secret: '0x-secret',
      siteKey: '0x-site-key',
      baseUrl: 'https://challenges.cloudflare.com/turnstile/v0',
    })
    const elsewhere = { ...pair, TURNSTILE_BASE_URL: 'http://127.0.0.1:4011/v0/' }
    expect(configOf(elsewhere).turnstile?.baseUrl).toBe('http://127.0.0.1:4011/v0')
  })

  it.each([
    [{ TURNSTILE_SECRET: '0x-secret' }, 'TURNSTILE_SITE_KEY is missing.'],
    [{ TURNSTILE_SITE_KEY: '0x-site-key' }, 'TURNSTILE_SECRET is missing.'],
    [{ ...pair, TURNSTILE_SECRET: ' ' }, 'TURNSTILE_SECRET is empty.'],
    [{ ...pair, TURNSTILE_SITE_KEY: '' }, 'TURNSTILE_SITE_KEY is empty.'],
    [{ ...pair, TURNSTILE_BASE_URL: 'cloudflare' }, 'TURNSTILE_BASE_URL is no URL.'],
  ])('names what is wrong with %j', (changes, problem) => {
    expect(problemsOf(changes)).toContain(problem)
    expect(problemsOf(changes).join()).not.toContain('0x-')
  })
})
