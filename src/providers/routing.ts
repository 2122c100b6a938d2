import type { RouteQuestion, Stop } from '../core/messenger.ts'
import type { Channel, Route } from '../core/project.ts'
import type { Circuits } from './circuits.ts'
import type { Provider } from './provider.ts'

/** Deliveries that one message may plan; more than two are rarely tried. */
const LONGEST_PLAN = 6

/** Lists what would be tried, in order: what is cooling comes last. Test keys have the inbox alone. */
export function routing(live: readonly Provider[], test: Provider, circuits: Circuits) {
  return async (question: RouteQuestion): Promise<readonly Stop[]> => {
    const { mode, country, channels, routes } = question
    if (mode === 'test') {
      return channels
        .filter((channel) => test.channels.includes(channel))
        .map((channel) => ({ channel, provider: test.name }))
    }
    const stops = channels.flatMap((channel) => stopsOf(live, channel, country, routes))
    const cooling = await circuits.cooling(stops, country)
    return [
      ...stops.filter((stop) => !cooling.has(stop)),
      ...stops.filter((stop) => cooling.has(stop)),
    ].slice(0, LONGEST_PLAN)
  }
}

function stopsOf(
  live: readonly Provider[],
  channel: Channel,
  country: string,
  routes: readonly Route[],
): readonly Stop[] {
  const route = routes.find(
    (candidate) =>
      candidate.channel === channel && (candidate.countries?.includes(country) ?? true),
  )
  const sender = route?.sender
  const ordered =
    route === undefined
      ? live
      : route.providers.flatMap((name) => live.find((provider) => provider.name === name) ?? [])
  return ordered
    .filter((provider) => provider.channels.includes(channel))
    .filter((provider) => sender !== undefined || provider.senderOf(channel, country) !== undefined)
    .map((provider) => ({ channel, provider: provider.name, sender }))
}
