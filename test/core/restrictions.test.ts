import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { projectSettings, type Caller, type Mode } from '../../src/core/project.ts'
import {
  allowsOrigin,
  channelsOfKey,
  countriesOf,
  hostsOf,
  isOrigin,
  restrictionsOf,
} from '../../src/core/restrictions.ts'

const GOOD = 'https://good.example'

const problemsOf = (mode: Mode, restrictions: object): readonly string[] =>
  restrictionsOf(mode)
    .safeParse(restrictions)
    .error?.issues.map((issue) => issue.path.join('.')) ?? []

const callerOf = (restrictions: object, settings: object = {}, mode: Mode = 'live'): Caller => ({
  kind: 'publishable',
  keyHash: 'f'.repeat(64),
  mode,
  project: {
    id: 'a'.repeat(24),
    name: 'Acme',
    paused: false,
    settings: projectSettings.parse(settings),
  },
  restrictions: restrictionsOf(mode).parse(restrictions),
})

describe('restrictionsOf', () => {
  it('lets a key without any be used nowhere', () => {
    expect(restrictionsOf('live').parse({})).toEqual({
      origins: [],
      sendsPerDay: 1000,
      turnstile: true,
    })
    expect(restrictionsOf('test').parse({})).toMatchObject({ origins: [], turnstile: false })
  })

  it.each([
    GOOD,
    'https://a.b.good.example',
    'https://good.example:8443',
    'https://xn--bcher-kva.example',
    'https://192.0.2.1',
    'https://[2001:db8::1]:8443',
    'https://intranet',
  ])('takes the origin %s', (origin) => {
    expect(problemsOf('live', { origins: [origin] })).toEqual([])
    expect(problemsOf('test', { origins: [origin] })).toEqual([])
  })

  it.each([
    '',
    '*',
    'null',
    'good.example',
    '//good.example',
    'https://',
    'https://good.example/',
    'https://good.example/path',
    'https://good.example?',
    'https://good.example#',
    'https://good.example.',
    'https://good.example:443',
    'https://Good.example',
    'HTTPS://good.example',
    'https://bücher.example',
    'https://*.good.example',
    'https://user@good.example',
    'https://good.example ',
    ' https://good.example',
    'https://good.example\n',
    'https://good.example,https://evil.example',
    'https://192.0.2',
    'http://good.example',
    'http://localhost.example',
    'http://127.0.0.1:3000',
    'ftp://good.example',
    'file://',
    'chrome-extension://abcdefgh',
    'LOCALHOST',
  ])('takes no origin %j', (origin) => {
    expect(problemsOf('live', { origins: [origin] })).toEqual(['origins.0'])
    expect(problemsOf('test', { origins: [origin] })).toEqual(['origins.0'])
  })

  it.each(['localhost', 'http://localhost', 'http://localhost:3000'])(
    'takes %s with test keys only',
    (origin) => {
      expect(problemsOf('live', { origins: [origin] })).toEqual(['origins.0'])
      expect(problemsOf('test', { origins: [origin] })).toEqual([])
    },
  )

  it.each([
    ['origins', { origins: [GOOD, GOOD] }],
    ['origins', { origins: GOOD }],
    ['origins', { origins: Array.from({ length: 51 }, (_, n) => `https://s${n}.example`) }],
    ['countries', { countries: [] }],
    ['countries.0', { countries: ['ee'] }],
    ['channels', { channels: [] }],
    ['channels', { channels: ['sms', 'sms'] }],
    ['channels.0', { channels: ['auto'] }],
    ['template', { template: 'A b' }],
    ['sendsPerDay', { sendsPerDay: -1 }],
    ['sendsPerDay', { sendsPerDay: null }],
    ['startsPerIp.0.seconds', { startsPerIp: [{ limit: 1, seconds: 1 }] }],
    ['turnstile', { turnstile: 'no' }],
    ['', { turnstiles: true }],
  ])('takes no other value of %s', (path, restrictions) => {
    expect(problemsOf('live', restrictions)).toEqual([path])
  })
})

describe('isOrigin', () => {
  it('knows what a browser writes, and nothing that reads alike', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => {
        const { origin } = new URL(text)
        expect(isOrigin(origin)).toBe(true)
        expect(isOrigin(`${origin}/`)).toBe(false)
        expect(isOrigin(` ${origin}`)).toBe(false)
        expect(isOrigin(origin.toUpperCase())).toBe(false)
        expect(isOrigin(origin.replace('://', '://user@'))).toBe(false)
      }),
    )
  })
})

describe('allowsOrigin', () => {
  const live = restrictionsOf('live').parse({ origins: [GOOD, 'https://good.example:8443'] })
  const local = restrictionsOf('test').parse({ origins: ['localhost'] })

  it.each([GOOD, 'https://good.example:8443'])('allows %s', (origin) => {
    expect(allowsOrigin(live, origin)).toBe(true)
  })

  it('allows no origin but those, whatever it has in common with them', () => {
    const part = fc.constantFrom(GOOD, 'good.example', '.', ':', 'evil', '/', '@', ' ', '8443', '')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const origin = parts.join('')
        expect(allowsOrigin(live, origin)).toBe(live.origins.includes(origin))
      }),
    )
  })

  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:8443',
    'http://127.0.0.1:5173',
    'http://[::1]:5173',
  ])('allows %s to a key for localhost', (origin) => {
    expect(allowsOrigin(local, origin)).toBe(true)
  })

  it.each([
    'localhost',
    'null',
    'http://localhost.',
    'http://localhost.evil.example',
    'http://evil.localhost',
    'http://evillocalhost',
    'http://127.0.0.1.evil.example',
    'http://127.1',
    'http://127.0.0.2',
    'http://user@localhost',
    'http://LOCALHOST',
    'http://localhost:80',
    'ws://localhost',
    GOOD,
  ])('allows no %s to a key for localhost', (origin) => {
    expect(allowsOrigin(local, origin)).toBe(false)
  })
})

describe('hostsOf', () => {
  it('gives hosts without ports, and all that localhost stands for', () => {
    const origins = ['https://good.example:8443', 'http://localhost:3000']
    expect(hostsOf(restrictionsOf('test').parse({ origins }))).toEqual([
      'good.example',
      'localhost',
    ])
    expect(hostsOf(restrictionsOf('test').parse({ origins: ['localhost'] }))).toEqual([
      'localhost',
      '127.0.0.1',
      '[::1]',
    ])
  })
})

describe('countriesOf', () => {
  it.each([
    ['all of the project’s', {}, { countries: ['EE', 'FI'] }, ['EE', 'FI']],
    ['all', {}, { countries: '*' }, '*'],
    ['those of the key', { countries: ['EE'] }, { countries: '*' }, ['EE']],
    ['those of both', { countries: ['EE', 'US'] }, { countries: ['EE', 'FI'] }, ['EE']],
    ['none', { countries: ['EE'] }, {}, []],
  ])('are %s', (_, restrictions, settings, expected) => {
    expect(countriesOf(callerOf(restrictions, settings))).toEqual(expected)
  })

  it('are those of a test key, whatever its project says', () => {
    expect(countriesOf(callerOf({}, { countries: ['EE'] }, 'test'))).toBe('*')
    expect(countriesOf(callerOf({ countries: ['US'] }, { countries: ['EE'] }, 'test'))).toEqual([
      'US',
    ])
  })
})

describe('channelsOfKey', () => {
  it('keeps their order, and all when the key names none', () => {
    const caller = callerOf({ channels: ['sms', 'whatsapp'] })
    expect(channelsOfKey(caller, ['whatsapp', 'call', 'sms'])).toEqual(['whatsapp', 'sms'])
    expect(channelsOfKey(caller, ['call'])).toEqual([])
    expect(channelsOfKey(callerOf({}), ['call', 'sms'])).toEqual(['call', 'sms'])
  })
})
