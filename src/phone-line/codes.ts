import { hashCode, makeCode } from '../core/code.ts'
import { canUnseal, seal, unseal, type CodeKeys } from '../core/keys.ts'
import type { Scope } from '../core/project.ts'
import type { TotpSecret } from '../core/service.ts'
import { stepsOf, totpContext } from '../core/totp.ts'
import type { Candidate } from './admit.ts'
import type { TypedCode } from './check.ts'
import type { LineQuestion, LineSend } from './protocol.ts'
import type { VerificationRow } from './rows.ts'

/** Makes a code for a verification, unless the caller gave one, and what is kept of it. */
export async function makeCandidate(
  keys: CodeKeys,
  scope: Scope,
  send: LineSend,
  id: string,
): Promise<Candidate> {
  const code = send.code ?? makeCode(send.codeLength)
  const { projectId } = scope
  const subject = {
    projectId,
    verificationId: id,
    numberHash: send.phone.hash,
    purpose: send.purpose,
  }
  const [hash, sealed] = await Promise.all([
    hashCode(keys.mint, subject, code),
    seal(keys, id, code),
  ])
  return { id, code, kept: { keyId: keys.mint.id, hash, sealed } }
}

/** Does what takes time with a typed code, before the decision: of what never changes for an id. */
export async function readTyped(
  keys: CodeKeys,
  row: VerificationRow,
  { code, totp }: Pick<LineQuestion, 'code' | 'totp'>,
): Promise<TypedCode> {
  const subject = {
    projectId: row.project_id,
    verificationId: row.id,
    numberHash: row.number_hash,
    purpose: row.purpose,
  }
  const hashes = keys.all.map(async (key) => [key.id, await hashCode(key, subject, code)] as const)
  return {
    hashes: new Map(await Promise.all(hashes)),
    totp: row.channel === 'totp' && totp ? await readSteps(keys, totp, code) : undefined,
  }
}

async function readSteps(keys: CodeKeys, { factorId, sealed }: TotpSecret, code: string) {
  if (!canUnseal(keys, sealed)) return 'sealed'
  const secret = await unseal(keys, totpContext(factorId), sealed)
  return { factorId, steps: stepsOf(secret, code, Date.now()) }
}
