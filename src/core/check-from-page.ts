import { checkVerification, type CheckRequest, type CheckResult } from './check-verification.ts'
import { nameOfAddress } from './meter-asks.ts'
import type { Ports } from './ports.ts'
import type { PublishableCaller } from './project.ts'
import { Refusal } from './refusal.ts'

const SHIELD_SECONDS = 60

/**
 * Compares a code that was typed into a page, unless its address makes too many checks. It names the
 * verification by id: whoever has the page may not ask about a number.
 */
export async function checkFromPage(
  ports: Ports,
  caller: PublishableCaller,
  ip: string | undefined,
  request: CheckRequest,
): Promise<CheckResult> {
  if (request.id === undefined) {
    throw new Refusal('field_not_allowed', {
      detail: 'The field phoneNumber is not for pages: name the verification by its id.',
    })
  }
  if (!(await isAdmitted(ports, caller, ip))) {
    throw new Refusal('too_many_ip_checks', { retryAfterSeconds: SHIELD_SECONDS })
  }
  return checkVerification(ports, caller, request)
}

/** The shield is coarse, and no budget depends on it: checks go on without. */
async function isAdmitted(
  ports: Ports,
  caller: PublishableCaller,
  ip: string | undefined,
): Promise<boolean> {
  const { checkShield } = ports
  if (checkShield === undefined) return true
  const name = await nameOfAddress(ports, caller, ip)
  return checkShield.admits(name).catch(() => true)
}
