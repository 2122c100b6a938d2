import { challengesFor } from './challenge.ts'
import type { Ports } from './ports.ts'
import { CHANNELS, type Channel, type PublishableCaller } from './project.ts'
import { channelsOfKey, countriesOf } from './restrictions.ts'

/** What a page must know to ask for a number and its code. */
export interface KeyDescription {
  readonly countries: '*' | readonly string[]
  /** Those by which a provider sends. */
  readonly channels: readonly Channel[]
  readonly codeLength: number
  /** Null when a start needs no Turnstile token. */
  readonly turnstileSiteKey: string | null
}

/** Tells a page what its key may do. */
export async function describeKey(
  ports: Ports,
  caller: PublishableCaller,
): Promise<KeyDescription> {
  await ports.tokens.ready()
  const served = ports.messenger.channels(caller.mode)
  return {
    countries: countriesOf(caller),
    channels: channelsOfKey(caller, CHANNELS).filter((channel) => served.includes(channel)),
    codeLength: caller.project.settings.codeLength,
    turnstileSiteKey: challengesFor(ports, caller)?.siteKey ?? null,
  }
}
