import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { hostsOf } from './restrictions.ts'
import type { SendOrder } from './send-order.ts'

/** What is asked about the answer to a challenge. */
export interface ChallengeQuestion {
  readonly token: string
  /** Of the pages in which it may have been solved. */
  readonly hostnames: readonly string[]
  /** The end user's address; undefined when it is not known. */
  readonly ip: string | undefined
  /** Of the request: asked again under it, the same token gets its first answer. */
  readonly operationId: string
}

/** `refused`: whoever verifies it does not take our credentials. */
export type ChallengeVerdict = 'solved' | 'failed' | 'unavailable' | 'refused'

/** Tells people from programs, in a web page. */
export interface Challenges {
  /** By which a page asks for a challenge. */
  readonly siteKey: string
  /** Never throws. */
  verify(question: ChallengeQuestion): Promise<ChallengeVerdict>
}

const RETRY_SECONDS = 5

/** Who challenges the people behind a caller; undefined when its key does without. */
export function challengesFor(ports: Ports, caller: Caller): Challenges | undefined {
  if (caller.kind !== 'publishable' || !caller.restrictions.turnstile) return undefined
  if (ports.challenges !== undefined) return ports.challenges
  throw new Refusal('misconfigured', {
    detail:
      'The key requires Turnstile, which is not set up: set TURNSTILE_SECRET and TURNSTILE_SITE_KEY.',
  })
}

/** Declines a start from a page that shows no person behind it; a resend was let in by its start. */
export async function requireChallenge(
  ports: Ports,
  caller: Caller,
  order: SendOrder,
  operationId: string,
): Promise<void> {
  if (caller.kind !== 'publishable' || order.verificationId !== undefined) return
  const challenges = challengesFor(ports, caller)
  if (challenges === undefined) return
  const { challengeToken: token, ip } = order
  if (token === undefined) {
    throw new Refusal('challenge_failed', {
      detail:
        'A start needs a Turnstile token: render Turnstile with the turnstileSiteKey of ' +
        'GET /v1/publishable and the action "otp", and send its token as turnstileToken.',
    })
  }
  const hostnames = hostsOf(caller.restrictions)
  switch (await challenges.verify({ token, hostnames, ip, operationId })) {
    case 'solved':
      return
    case 'failed':
      throw new Refusal('challenge_failed')
    case 'unavailable':
      throw new Refusal('challenge_unavailable', { retryAfterSeconds: RETRY_SECONDS })
    case 'refused':
      throw new Refusal('misconfigured', {
        detail: 'Turnstile does not know the TURNSTILE_SECRET of this deployment.',
      })
  }
}
