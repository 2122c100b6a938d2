import { describe, expect, it } from 'vitest'
import type { RouteQuestion, Stop } from '../../src/core/messenger.ts'
import type { Channel } from '../../src/core/project.ts'
import { failed, type Provider } from '../../src/providers/provider.ts'
import { routing } from '../../src/providers/routing.ts'

const provider = (
  name: string,
  channels: readonly Channel[],
  countries: readonly string[] = ['EE', 'US'],
): Provider => ({
  name,
  channels,
  senderOf: (_, country) => (countries.includes(country) ? name : undefined),
  send: async () => failed('unreachable', 'never asked'),
})

const A = provider('a', ['sms'])
const B = provider('b', ['sms', 'call', 'whatsapp'])
const C = provider('c', ['whatsapp', 'sms'], ['US'])
const INBOX = provider('inbox', ['sms', 'call', 'whatsapp'])

function setUp(live: readonly Provider[] = [A, B, C], cooling: readonly string[] = []) {
  const isCooling = ({ provider: name, channel }: Stop) => cooling.includes(`${name} ${channel}`)
  const route = routing(live, INBOX, {
    cooling: async (stops) => new Set(stops.filter(isCooling)),
    failed: () => undefined,
    succeeded: () => undefined,
  })
  return async (changes: Partial<RouteQuestion>) =>
    (await route({ mode: 'live', country: 'EE', channels: ['sms'], routes: [], ...changes })).map(
      ({ provider: name, channel, sender }) =>
        [name, channel, ...(sender === undefined ? [] : [sender])].join(' '),
    )
}

describe('routing', () => {
  it('is the order of the deployment, of those who serve the channel and the country', async () => {
    const route = setUp()
    expect(await route({})).toEqual(['a sms', 'b sms'])
    expect(await route({ country: 'US' })).toEqual(['a sms', 'b sms', 'c sms'])
    expect(await route({ channels: ['call'] })).toEqual(['b call'])
  })

  it('is empty where nobody serves the channel', async () => {
    expect(await setUp([A])({ channels: ['whatsapp'] })).toEqual([])
  })

  it('tries the channels one after the other', async () => {
    expect(await setUp()({ country: 'US', channels: ['whatsapp', 'sms'] })).toEqual([
      'b whatsapp',
      'c whatsapp',
      'a sms',
      'b sms',
      'c sms',
    ])
  })

  it('is the inbox alone for test keys, whatever the routes say', async () => {
    const routes = [{ channel: 'sms', providers: ['a'] }] as const
    const question = { mode: 'test', channels: ['whatsapp', 'sms'], routes } as const
    expect(await setUp()(question as never)).toEqual(['inbox whatsapp', 'inbox sms'])
  })

  it('takes the first route that matches channel and country, with its sender', async () => {
    const routes: RouteQuestion['routes'] = [
      { channel: 'call', providers: ['b'] },
      { channel: 'sms', countries: ['EE', 'LV'], providers: ['b', 'gone', 'a'], sender: 'Acme' },
      { channel: 'sms', providers: ['c'] },
    ]
    const route = setUp()
    expect(await route({ routes })).toEqual(['b sms Acme', 'a sms Acme'])
    expect(await route({ routes, country: 'US' })).toEqual(['c sms'])
  })

  it('is empty where a route names nobody of this deployment', async () => {
    expect(await setUp()({ routes: [{ channel: 'sms', providers: ['gone'] }] })).toEqual([])
  })

  it("lets a route's sender serve a country for which the provider has none", async () => {
    const routes = [{ channel: 'sms' as const, providers: ['c'], sender: 'Acme' }]
    expect(await setUp()({ routes })).toEqual(['c sms Acme'])
  })

  it('puts what is cooling last, across channels', async () => {
    const route = setUp([A, B], ['b whatsapp', 'a sms'])
    expect(await route({ channels: ['whatsapp', 'sms'] })).toEqual(['b sms', 'b whatsapp', 'a sms'])
  })

  it('plans six tries at most', async () => {
    const many = ['d', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => provider(name, ['sms']))
    expect(await setUp(many)({})).toHaveLength(6)
  })
})
