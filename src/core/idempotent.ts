import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { ignoreOutage, scopeOf } from './send-code.ts'

/**
 * Runs a request once per Idempotency-Key and answers later ones of the same content with its
 * answer. A refused request is forgotten, so that trying again can succeed; so is one that failed
 * after it was answered, by `forget`.
 */
export async function onceForKey<Answer>(
  ports: Ports,
  caller: Caller,
  key: string | undefined,
  request: unknown,
  run: (operationId: string, forget: () => Promise<void>) => Promise<Answer>,
): Promise<Answer> {
  if (key === undefined) return run(crypto.randomUUID(), async () => {})
  const scope = scopeOf(caller)
  const name = nameFor(caller, key)
  const begun = await ports.idempotency.begin(scope, name, JSON.stringify(request))
  switch (begun.state) {
    case 'done':
      return JSON.parse(begun.answer) as Answer
    case 'running':
      throw new Refusal('idempotency_running', { retryAfterSeconds: begun.retryAfterSeconds })
    case 'mismatch':
      throw new Refusal('idempotency_mismatch', {
        detail: 'This Idempotency-Key came with another request before. Use a new key.',
      })
    case 'new':
      break
  }
  const { operationId } = begun
  const forget = () => ports.idempotency.release(scope, name, operationId).catch(ignoreOutage)
  let answer: Answer
  try {
    answer = await run(operationId, forget)
  } catch (error) {
    // Out of reach is not refused: what was asked for may have been done.
    if (error instanceof Refusal && error.code !== 'unavailable') await forget()
    throw error
  }
  // What was done is done, also when its answer cannot be kept: the line knows the operation.
  await ports.idempotency
    .finish(scope, name, operationId, JSON.stringify(answer))
    .catch(ignoreOutage)
  return answer
}

/** Each publishable key has names of its own: no page can take, or ask about, those of a server. */
const nameFor = (caller: Caller, key: string): string =>
  caller.kind === 'secret' ? key : `${caller.keyHash} ${key}`
