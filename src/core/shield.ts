import { nameOfAddress } from './meter-asks.ts'
import type { Ports } from './ports.ts'
import type { PublishableCaller } from './project.ts'
import { Refusal, type RefusalCode } from './refusal.ts'

const SHIELD_SECONDS = 60

/**
 * Declines a page whose visitor's address asks too often, before anything is made of the request. The
 * shield is coarse, and no budget depends on it: without it, requests go on.
 */
export async function shieldFrom(
  ports: Ports,
  caller: PublishableCaller,
  ip: string | undefined,
  code: RefusalCode,
): Promise<void> {
  const { shield } = ports
  if (shield === undefined) return
  const name = await nameOfAddress(ports, caller, ip)
  if (await shield.admits(name).catch(() => true)) return
  throw new Refusal(code, { retryAfterSeconds: SHIELD_SECONDS })
}
