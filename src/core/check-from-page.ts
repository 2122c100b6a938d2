import { checkVerification, type CheckRequest, type CheckResult } from './check-verification.ts'
import type { Ports } from './ports.ts'
import type { PublishableCaller } from './project.ts'
import { makeProof, type Proof } from './proofs.ts'
import { Refusal } from './refusal.ts'
import { shieldFrom } from './shield.ts'

export interface PageCheck {
  readonly request: CheckRequest
  /** The end user's address. */
  readonly ip: string | undefined
  /** What the page's server knows its visitor by; stands in the proof. */
  readonly session: string | undefined
  /** Where this deployment is reached; stands in the proof. */
  readonly issuer: string
}

export interface PageCheckResult extends CheckResult {
  /** For the page's server; present when `verified`. */
  readonly proof?: Proof
}

/**
 * Compares a code that was typed into a page, unless its address makes too many checks, and proves to
 * the page's server that it was right. It names the verification by id: whoever has the page may not
 * ask about a number.
 */
export async function checkFromPage(
  ports: Ports,
  caller: PublishableCaller,
  { request, ip, session, issuer }: PageCheck,
): Promise<PageCheckResult> {
  if (request.id === undefined) {
    throw new Refusal('field_not_allowed', {
      detail: 'The field phoneNumber is not for pages: name the verification by its id.',
    })
  }
  await shieldFrom(ports, caller, ip, 'too_many_ip_checks')
  // A code is good once: it is not to be spent on a proof that cannot be signed.
  await ports.tokens.ready()
  // Asked again with another session, it is another request; no server's key has a space.
  const { idempotencyKey: key } = request
  const idempotencyKey = key && `page ${JSON.stringify([key, session])}`
  const result = await checkVerification(ports, caller, {
    ...request,
    idempotencyKey,
    isFromPage: true,
  })
  const { approval, channel } = result
  if (approval === undefined) return result
  return {
    ...result,
    proof: await makeProof(ports, caller, { approval, channel, session }, issuer),
  }
}
