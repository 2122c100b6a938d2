import { callObject } from '../objects/call-object.ts'
import type { MeterAnswer, MeterAsk, Meters } from '../core/ports.ts'
import type { Meter, Slot } from './meter.ts'

type Methods = Pick<Meter, 'take' | 'giveBack'>

interface Part {
  readonly answer: MeterAnswer
}

/** Asks all meters of a message at once; what was taken in vain is given back. */
export function meters(namespace: DurableObjectNamespace<Meter>): Meters {
  const stubOf = (name: string) => namespace.getByName(name) as unknown as Methods

  /** Once only: done twice, it would count too little; not done, it counts one too many. */
  const giveBack = (name: string, receipt: readonly Slot[]) => stubOf(name).giveBack(receipt)

  /** Tries the shards from a random one on, so that a full shard does not refuse for the others. */
  const takeOne = async (ask: MeterAsk): Promise<Part> => {
    const first = Math.floor(Math.random() * ask.shards)
    let retryAfterSeconds = Infinity
    for (let step = 0; step < ask.shards; step += 1) {
      const shard = (first + step) % ask.shards
      const name = `${ask.name}/${shard}`
      const quotas = ask.quotas.map((quota) => ({
        ...quota,
        limit: shareOf(quota.limit, shard, ask.shards),
      }))
      const taken = await callObject(
        () => stubOf(name),
        (stub) => stub.take(quotas),
      )
      if (taken.admitted) {
        const kept = async () => {}
        const undo = ask.countsAsking === true ? kept : () => giveBack(name, taken.receipt)
        return { answer: { admitted: true, giveBack: undo } }
      }
      retryAfterSeconds = Math.min(retryAfterSeconds, taken.retryAfterSeconds)
    }
    return { answer: { admitted: false, code: ask.code, retryAfterSeconds } }
  }

  return {
    async take(asks) {
      const parts = await Promise.allSettled(asks.map(takeOne))
      const taken = parts.flatMap((part) =>
        part.status === 'fulfilled' && part.value.answer.admitted ? [part.value.answer] : [],
      )
      const giveAllBack = async () => {
        await Promise.all(taken.map((answer) => answer.giveBack()))
      }
      const failure = parts.find((part) => part.status === 'rejected')
      const refusal = parts.find(
        (part) => part.status === 'fulfilled' && !part.value.answer.admitted,
      )
      if (failure === undefined && refusal === undefined) {
        return { admitted: true, giveBack: giveAllBack }
      }
      // Not given back, it counts one too many; the answer is the same.
      await giveAllBack().catch(() => undefined)
      if (refusal?.status === 'fulfilled') return refusal.value.answer
      throw failure?.reason
    },
  }
}

/** The part of a limit that one of several shards holds; the parts add up to the limit. */
export const shareOf = (limit: number, shard: number, shards: number): number =>
  Math.floor(limit / shards) + (shard < limit % shards ? 1 : 0)
