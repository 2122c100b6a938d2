import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import type { Provider } from './provider.ts'

/** A number's way to a crash, and what is to be true after it. */
export interface Schedule {
  readonly name: string
  readonly number: string
  readonly key: string
  /** Whether a message certainly went out before the crash; else it may have. */
  readonly sent: boolean
  /** Whether the code was found right before the crash. */
  readonly approved: boolean
  /** The states that its delivery may be in once its line has woken up. */
  readonly deliveries: readonly string[]
  /** Resolves when it is time to crash. */
  play(api: Api, provider: Provider): Promise<void>
}

/** Gives numbers from 0 to 1, the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Way = Pick<Schedule, 'name' | 'sent' | 'approved' | 'deliveries'> & {
  play(number: string, key: string, api: Api, provider: Provider): Promise<void>
}

/** The crash takes the caller's answer with it. */
const ignoreCrash = (): void => {}

const whileAsked = (milliseconds: number): Way => ({
  name: `killed ${milliseconds} ms after the provider was asked, which never answers`,
  sent: true,
  approved: false,
  deliveries: ['unknown'],
  async play(number, key, api, provider) {
    provider.hold(number)
    api.start(number, key).catch(ignoreCrash)
    await provider.asked(number)
    await sleep(milliseconds)
  },
})

const whenAnswered = (milliseconds: number): Way => ({
  name: `killed ${milliseconds} ms after the provider's answer was written`,
  sent: true,
  approved: false,
  deliveries: ['unknown', 'sent'],
  async play(number, key, api, provider) {
    api.start(number, key).catch(ignoreCrash)
    await provider.answered(number)
    if (milliseconds > 0) await sleep(milliseconds)
  },
})

const anywhere = (milliseconds: number): Way => ({
  name: `killed ${milliseconds} ms after a start was asked for`,
  sent: false,
  approved: false,
  deliveries: ['unknown', 'sent'],
  async play(number, key, api) {
    api.start(number, key).catch(ignoreCrash)
    await sleep(milliseconds)
  },
})

const whenApproved = (): Way => ({
  name: 'killed when a check was answered',
  sent: true,
  approved: true,
  deliveries: ['sent'],
  async play(number, key, api, provider) {
    await api.start(number, key)
    const { body } = await api.check(number, provider.messagesTo(number)[0]?.code ?? '')
    if (body['verified'] !== true) throw new Error(`not verified: ${JSON.stringify(body)}`)
  },
})

/** Every point of a send at which a crash could lose or repeat something. */
export function schedules(seed: number): readonly Schedule[] {
  const random = chance(seed)
  const upTo = (milliseconds: number) => Math.floor(random() * milliseconds)
  const ways = [
    whileAsked(upTo(20)),
    whileAsked(100 + upTo(1500)),
    whenAnswered(0),
    whenAnswered(1 + upTo(20)),
    anywhere(upTo(150)),
    whenApproved(),
  ]
  return ways.map(({ play, ...way }, index) => {
    const number = `+372${50_000_000 + Math.floor(random() * 1_000_000) * 10 + index}`
    const key = `crash-${seed}-${index}`
    return { ...way, number, key, play: (api, provider) => play(number, key, api, provider) }
  })
}
