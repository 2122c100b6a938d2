import { Refusal } from '../core/refusal.ts'

const TRIES = 3
const FIRST_PAUSE_MS = 100

type Mark = 'retryable' | 'overloaded' | 'durableObjectReset'

const marked = (error: unknown, mark: Mark): boolean =>
  typeof error === 'object' && error !== null && mark in error && error[mark as never] === true

/** Errors by which the platform says that an object moved or was replaced under the call. */
const MOVED = /no longer active|code was updated|Network connection lost/i

const isRetryable = (error: unknown): boolean =>
  marked(error, 'retryable') ||
  marked(error, 'durableObjectReset') ||
  (error instanceof Error && MOVED.test(error.message))

/**
 * Calls a Durable Object, again with a new stub when the platform lost it: a repetition does no
 * harm, because the call names its operation, or only counts one too many. An object that is out
 * of reach is the refusal `unavailable`.
 */
export async function callObject<Stub, Answer>(
  stub: () => Stub,
  ask: (stub: Stub) => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(stub())
    } catch (error) {
      if (marked(error, 'overloaded')) throw new Refusal('unavailable', { retryAfterSeconds: 5 })
      if (!isRetryable(error)) throw error
      if (attempt === TRIES) throw new Refusal('unavailable', { retryAfterSeconds: 2 })
      await scheduler.wait(Math.random() * FIRST_PAUSE_MS * 2 ** attempt)
    }
  }
}
