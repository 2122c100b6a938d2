import type { Stop } from '../core/messenger.ts'
import { callObject } from '../objects/call-object.ts'
import type { Breaker } from './breaker.ts'
import type { Verdict } from './circuit.ts'
import type { Failure } from './provider.ts'

type Methods = Pick<Breaker, 'failed' | 'verdicts'>

/** Who should be left alone for a while, by what all isolates saw. */
export interface Circuits {
  /** Of some stops, those that are cooling. */
  cooling(stops: readonly Stop[], country: string): Promise<ReadonlySet<Stop>>
  /** Tells of a failure, after the answer; one that follows a success of this isolate is let pass. */
  failed(stop: Stop, country: string, failure: Failure): void
  succeeded(stop: Stop, country: string): void
}

/** How long an isolate goes by what it was told. */
const FRESH_MS = 5000
/** How long a message waits for a verdict; without one, nobody is cooling. */
const PATIENCE_MS = 300
/** How long a success excuses the next failure: a busy provider fails now and then. */
const EXCUSE_MS = 10_000
const MOST_KNOWN = 2000

interface Known {
  readonly readAt: number
  readonly verdicts: Map<string, Verdict>
}

/** Reaches the breakers: one object per provider and country. */
export function circuits(
  namespace: DurableObjectNamespace<Breaker>,
  background: (work: Promise<unknown>) => void,
): Circuits {
  const known = new Map<string, Known>()
  const succeededAt = new Map<string, number>()
  const stubOf = (name: string) => namespace.getByName(name) as unknown as Methods

  const remember = (name: string, verdicts: Iterable<readonly [string, Verdict]>): Known => {
    const entry = { readAt: Date.now(), verdicts: new Map(verdicts) }
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(name, entry)
    return entry
  }

  const ask = async (name: string): Promise<Known> => {
    const entry = known.get(name)
    if (entry !== undefined && Date.now() - entry.readAt < FRESH_MS) return entry
    const timer = new AbortController()
    const late = scheduler.wait(PATIENCE_MS, { signal: timer.signal }).then(() => ({}))
    const asked = stubOf(name)
      .verdicts()
      .catch(() => ({}))
    const verdicts = await Promise.race([asked, late])
    timer.abort()
    return remember(name, Object.entries(verdicts))
  }

  return {
    async cooling(stops, country) {
      const providers = new Set(stops.map(({ provider }) => provider))
      // With nobody else to turn to, it makes no difference.
      if (providers.size < 2) return new Set()
      const byProvider = new Map(
        await Promise.all(
          [...providers].map(
            async (provider) => [provider, await ask(`${provider} ${country}`)] as const,
          ),
        ),
      )
      return new Set(
        stops.filter(({ provider, channel }) => {
          const verdicts = byProvider.get(provider)?.verdicts
          const verdict = verdicts?.get(channel)
          // One message of this isolate probes; the next ones wait for what comes of it.
          if (verdict === 'probe') verdicts?.set(channel, 'cooling')
          return verdict === 'cooling'
        }),
      )
    },
    failed({ provider, channel }, country, { retryAfterSeconds }) {
      const name = `${provider} ${country}`
      const excused = Date.now() - (succeededAt.get(`${name} ${channel}`) ?? 0) < EXCUSE_MS
      succeededAt.delete(`${name} ${channel}`)
      if (excused && retryAfterSeconds === undefined) return
      known.delete(name)
      const retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000
      background(
        callObject(
          () => stubOf(name),
          (stub) => stub.failed(channel, retryAfterMs),
        ),
      )
    },
    succeeded({ provider, channel }, country) {
      if (succeededAt.size >= MOST_KNOWN) succeededAt.clear()
      succeededAt.set(`${provider} ${country} ${channel}`, Date.now())
    },
  }
}
