import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/core/languages.ts'
import { meterAsks } from '../../src/core/meter-asks.ts'
import { parsePhone } from '../../src/core/phone.ts'
import { projectSettings, type Caller, type SecretCaller } from '../../src/core/project.ts'
import { Refusal } from '../../src/core/refusal.ts'
import { restrictionsOf } from '../../src/core/restrictions.ts'
import type { SendOrder } from '../../src/core/send-order.ts'
import { allowedChannels, templateOf } from '../../src/core/send-policy.ts'
import { refusalOf } from './refusal-of.ts'

const callerOf = (
  settings: object = {},
  changes: Partial<SecretCaller> = {},
  paused = false,
): SecretCaller => ({
  kind: 'secret',
  mode: 'live',
  project: {
    id: 'a'.repeat(24),
    name: 'Acme',
    paused,
    settings: projectSettings.parse({ countries: ['US', 'GB'], ...settings }),
  },
  ...changes,
})

const publishableOf = (
  restrictions: object = {},
  settings: object = {},
  mode: SecretCaller['mode'] = 'live',
): Caller => ({
  ...callerOf(settings, { mode }),
  kind: 'publishable',
  keyHash: 'f'.repeat(64),
  restrictions: restrictionsOf(mode).parse(restrictions),
})

const orderOf = (changes: Partial<SendOrder> = {}, number = '+12025550123'): SendOrder => ({
  facade: 'native',
  number: parsePhone(number, 'live'),
  purpose: '',
  channels: ['sms'],
  locale: null,
  metadata: {},
  message: {},
  ...changes,
})

/** The code of the refusal; `allowed` when there is none. */
function decision(caller: Caller, order: SendOrder): string {
  try {
    allowedChannels(caller, order)
    return 'allowed'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('allowedChannels', () => {
  const ownCode = orderOf({ code: '424242' })
  const ownText = orderOf({ message: { text: 'Owl Bank: {{code}}' } })
  const fixedLine = orderOf({}, '+442079460958')
  const testOnly = orderOf({ number: parsePhone('+3725555555', 'test') })

  it.each([
    ['allows a country of the project', callerOf(), orderOf(), 'allowed'],
    ['refuses another country', callerOf({ countries: ['GB'] }), orderOf(), 'country_refused'],
    [
      'refuses another country than those of the key',
      publishableOf({ countries: ['GB'] }),
      orderOf(),
      'country_refused',
    ],
    [
      'refuses a channel that the key does not have',
      publishableOf({ channels: ['call'] }),
      orderOf(),
      'channel_unavailable',
    ],
    [
      'allows test numbers to a test key of any country, by its channels',
      publishableOf({ countries: ['GB'] }, {}, 'test'),
      testOnly,
      'allowed',
    ],
    [
      'refuses all until countries are chosen',
      callerOf({ countries: [] }),
      orderOf(),
      'country_refused',
    ],
    [
      'allows all countries to a test key, which reaches no phone',
      callerOf({ countries: [] }, { mode: 'test' }),
      orderOf(),
      'allowed',
    ],
    ['allows all countries by *', callerOf({ countries: '*' }), orderOf(), 'allowed'],
    ['refuses while the project is paused', callerOf({}, {}, true), orderOf(), 'project_paused'],
    ['refuses an own code', callerOf(), ownCode, 'custom_code_refused'],
    ['allows an own code by a setting', callerOf({ customCodes: true }), ownCode, 'allowed'],
    [
      'refuses an own code to a publishable key, whatever the setting',
      publishableOf({}, { customCodes: true }),
      ownCode,
      'custom_code_refused',
    ],
    ['refuses an own text', callerOf({ customCodes: true }), ownText, 'custom_text_refused'],
    ['allows an own text by a setting', callerOf({ customMessages: true }), ownText, 'allowed'],
    [
      'refuses an own text to a publishable key, whatever the setting',
      publishableOf({}, { customMessages: true }),
      ownText,
      'custom_text_refused',
    ],
    ['refuses a text to a fixed line', callerOf(), fixedLine, 'not_a_mobile'],
    ['allows it by a setting', callerOf({ smsToFixedLines: true }), fixedLine, 'allowed'],
    [
      'allows a call to a fixed line',
      callerOf(),
      { ...fixedLine, channels: ['call'] as const },
      'allowed',
    ],
    ['allows a test number of any country', callerOf({ countries: [] }), testOnly, 'allowed'],
    ['refuses it too while paused', callerOf({}, {}, true), testOnly, 'project_paused'],
  ])('%s', (_, caller, order, expected) => {
    expect(decision(caller, order)).toBe(expected)
  })
})

describe('templateOf', () => {
  const { project } = callerOf({ templates: { login: '{{code}}' } })

  it('is the text of that name, and nothing without a name', () => {
    expect(templateOf(project, 'login', 'en')).toBe('{{code}}')
    expect(templateOf(project, undefined, 'en')).toBeUndefined()
  })

  it('is the same in all languages when it is one text', () => {
    const texts = LANGUAGES.map((language) => templateOf(project, 'login', language))
    expect(new Set(texts)).toEqual(new Set(['{{code}}']))
  })

  it.each([
    ['the exact one', 'pt', ['en', 'pt-BR', 'pt'], 'pt'],
    ['the language without its region', 'pt-BR', ['en', 'pt'], 'pt'],
    ['the language of another region', 'pt', ['en', 'pt-BR'], 'pt-BR'],
    ['Chinese for Hong Kong', 'zh-HK', ['en', 'zh'], 'zh'],
    ['the same script', 'zh-CN', ['zh-HK', 'zh'], 'zh'],
    ['English where the language is missing', 'et', ['fr', 'en', 'de'], 'en'],
    ['the first where English is missing too', 'et', ['fr', 'de'], 'fr'],
  ] as const)('is %s', (_, language, tags, expected) => {
    const login = Object.fromEntries(tags.map((tag) => [tag, `${tag}: {{code}}`]))
    const { project: own } = callerOf({ templates: { login } })
    expect(templateOf(own, 'login', language)).toBe(`${expected}: {{code}}`)
  })

  it.each(['other', '', 'constructor', '__proto__', 'toString'])('knows no %j', async (name) => {
    expect((await refusalOf(() => templateOf(project, name, 'en'))).code).toBe('unknown_template')
  })
})

describe('meterAsks', () => {
  const asks = (caller: Caller, order = orderOf()) =>
    meterAsks({ pseudonym: async (text) => `<${text}>` }, caller, order)

  it('counts the project and its country in one meter, by the day', async () => {
    expect(await asks(callerOf({ meterShards: 3 }))).toEqual([
      {
        name: `project:${'a'.repeat(24)}`,
        shards: 3,
        quotas: [
          { counter: 'project', limit: 10_000, seconds: 86_400 },
          { counter: 'US', limit: 2000, seconds: 86_400 },
        ],
        code: 'too_many_project_sends',
      },
    ])
  })

  it('counts neither without a cap, but a cap of 0', async () => {
    const none = { sendsPerDay: null, sendsPerCountryPerDay: null }
    expect(await asks(callerOf(none))).toEqual([])
    const [ask] = await asks(callerOf({ ...none, sendsPerDay: 0 }))
    expect(ask?.quotas).toEqual([{ counter: 'project', limit: 0, seconds: 86_400 }])
  })

  it('counts no test messages of a project, but their addresses', async () => {
    const caller = callerOf({}, { mode: 'test' })
    expect(await asks(caller)).toEqual([])
    expect(await asks(caller, orderOf({ ip: '192.0.2.1' }))).toEqual([
      {
        name: `ip:<${'a'.repeat(24)} test 192.0.2.1>`,
        shards: 1,
        quotas: [
          { counter: 'ip/600', limit: 10, seconds: 600 },
          { counter: 'ip/86400', limit: 30, seconds: 86_400 },
        ],
        code: 'too_many_ip_sends',
        countsAsking: false,
      },
    ])
  })

  it('counts each message of a publishable key, also a test key’s, and each start’s address', async () => {
    const caller = publishableOf({ sendsPerDay: 7 }, { startsPerIp: [], meterShards: 2 }, 'test')
    const ofKey = {
      name: `key:${'f'.repeat(64)}`,
      shards: 2,
      quotas: [{ counter: 'key', limit: 7, seconds: 86_400 }],
      code: 'too_many_key_sends',
    }
    expect(await asks(caller)).toEqual([ofKey])
    const window = { limit: 1, seconds: 60 }
    const strict = publishableOf({ startsPerIp: [window] }, {}, 'test')
    const [, ofAddress] = await asks(strict)
    expect(ofAddress).toEqual({
      name: `ip:<${'a'.repeat(24)} test unknown>`,
      shards: 1,
      quotas: [{ ...window, counter: 'ip/60' }],
      code: 'too_many_ip_sends',
      countsAsking: true,
    })
    expect((await asks(strict, orderOf({ ip: '192.0.2.1' })))[1]?.name).toContain(' 192.0.2.1>')
    const resend = orderOf({ verificationId: `ver_${'0'.repeat(32)}` })
    expect((await asks(strict, resend)).map(({ code }) => code)).toEqual(['too_many_key_sends'])
  })

  it('counts no address when the project wants none counted', async () => {
    const caller = callerOf({ startsPerIp: [] }, { mode: 'test' })
    expect(await asks(caller, orderOf({ ip: '192.0.2.1' }))).toEqual([])
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:1::', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.2', '192.0.2.2'],
  ])('counts %s as %s', async (ip, block) => {
    const [ask] = await asks(callerOf({}, { mode: 'test' }), orderOf({ ip }))
    expect(ask?.name).toBe(`ip:<${'a'.repeat(24)} test ${block}>`)
  })
})
