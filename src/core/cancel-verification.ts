import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { VerificationRecord } from './verification.ts'

/** Ends a pending verification, so that its code proves nothing any more. */
export async function cancelVerification(
  ports: Ports,
  caller: Caller,
  id: string,
): Promise<VerificationRecord> {
  const scope = scopeOf(caller)
  const answer = await ports.lines.cancel(scope, id)
  if (answer?.canceled) return answer.record
  const known = answer ?? (await ports.ledger.find(scope, id))
  throw new Refusal(known === undefined ? 'not_found' : 'verification_ended')
}
