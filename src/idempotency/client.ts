import { canUnseal, hmac, seal, unseal, type CodeKeys, type NumberKeys } from '../core/keys.ts'
import type { Idempotency } from '../core/ports.ts'
import type { Scope } from '../core/project.ts'
import { bytesOf, lengthPrefixed } from '../core/text.ts'
import { callObject } from '../objects/call-object.ts'
import type { IdempotentRequest } from './idempotent-request.ts'

type Methods = Pick<IdempotentRequest, 'begin' | 'finish' | 'release'>

interface IdempotencyKeys {
  readonly numbers: NumberKeys
  readonly codes: CodeKeys
}

/** Reaches the object of an Idempotency-Key; what it keeps of a request is hashed or sealed. */
export function idempotency(
  namespace: DurableObjectNamespace<IdempotentRequest>,
  loadKeys: () => Promise<IdempotencyKeys>,
): Idempotency {
  const nameOf = async (scope: Scope, key: string) => {
    const { numbers } = await loadKeys()
    const name = lengthPrefixed(['idempotency', scope.projectId, scope.mode, key])
    return (await hmac(numbers.naming, name)).toHex()
  }
  const call = <T>(name: string, ask: (stub: Methods) => Promise<T>) =>
    callObject(() => namespace.getByName(name) as unknown as Methods, ask)

  return {
    async begin(scope, key, payload) {
      const { numbers, codes } = await loadKeys()
      const name = await nameOf(scope, key)
      const fingerprint = (await hmac(numbers.naming, bytesOf(payload))).toHex()
      const operationId = crypto.randomUUID()
      const answer = await call(name, (stub) => stub.begin(fingerprint, operationId))
      if (answer.state !== 'done') return answer
      // Its secret was dropped: nobody can say any more what the first answer was.
      if (!canUnseal(codes, answer.answer)) return { state: 'mismatch' }
      return { state: 'done', answer: await unseal(codes, name, answer.answer) }
    },
    async finish(scope, key, operationId, answer) {
      const name = await nameOf(scope, key)
      const sealed = await seal((await loadKeys()).codes, name, answer)
      await call(name, (stub) => stub.finish(operationId, sealed))
    },
    async release(scope, key, operationId) {
      const name = await nameOf(scope, key)
      await call(name, (stub) => stub.release(operationId))
    },
  }
}
