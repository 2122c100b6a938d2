import { resultOf, type CheckResult } from './check-verification.ts'
import { foldCode } from './code.ts'
import type { ChallengeRequest, Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import { endIfRemoved, knownUser, loginPurpose, type UserName } from './service-users.ts'
import type { ServiceUser, TotpFactor } from './service.ts'
import { startVerification } from './start-verification.ts'
import type { Verification } from './verification.ts'

/** By the code of a message, or of the authenticator app. */
export type LoginMethod = 'sms' | 'totp'

export interface LoginCheck extends UserName {
  /** As the person typed it. */
  readonly code: string
  /** Whether only the code of a message will do. */
  readonly messageOnly: boolean
  /** What the start answered, if the caller kept it: another one is `not_found`. */
  readonly verificationId?: string | undefined
}

/** How users of services log in. */
export interface LoginCalls {
  /** Begins a login; without a confirmed authenticator app, a message is sent whatever was asked. */
  start(
    caller: Caller,
    request: UserName & { readonly method: LoginMethod; readonly facade: string },
  ): Promise<Verification>
  /** Checks the login that was begun last. */
  check(caller: Caller, request: LoginCheck): Promise<CheckResult>
}

/** Begins a verification by an authenticator app; nothing is sent, so only a lock declines it. */
export async function challenge(
  ports: Ports,
  caller: Caller,
  { phone }: ServiceUser,
  request: Pick<ChallengeRequest, 'facade' | 'purpose'>,
): Promise<Verification> {
  const { paused, settings } = caller.project
  if (paused) {
    throw new Refusal('project_paused', { detail: 'The project is paused: nobody logs in.' })
  }
  const answer = await ports.lines.challenge(scopeOf(caller), {
    ...request,
    phone,
    lifeSeconds: settings.codeLifeSeconds,
    attemptsAllowed: settings.checksPerVerification,
  })
  if (answer.outcome === 'begun') return answer.verification
  throw new Refusal(answer.code, { retryAfterSeconds: answer.retryAfterSeconds })
}

const confirmed = (totp: TotpFactor | undefined): TotpFactor | undefined =>
  totp?.confirmed === true ? totp : undefined

export function loginCalls(ports: Ports): LoginCalls {
  const send = async (caller: Caller, user: ServiceUser, facade: string) => {
    const number = await ports.lines.reveal(user)
    if (number === undefined) {
      throw new Refusal('misconfigured', {
        detail: "The user's number cannot be opened any more. Remove the user, and add it again.",
      })
    }
    const start = { facade, purpose: loginPurpose(user.id), phoneNumber: number.e164 }
    const message = { channel: 'sms', locale: null, metadata: {}, message: {} } as const
    const options = { respondAsync: false }
    return (await startVerification(ports, caller, { ...start, ...message }, options)).verification
  }
  return {
    async start(caller, { method, facade, ...name }) {
      const { user, totp } = await knownUser(ports, caller, name)
      const byApp = method === 'totp' && confirmed(totp) !== undefined
      try {
        if (!byApp) return await send(caller, user, facade)
        return await challenge(ports, caller, user, { facade, purpose: loginPurpose(user.id) })
      } finally {
        ports.background(endIfRemoved(ports, caller, user))
      }
    },
    async check(caller, { code, messageOnly, verificationId, ...name }) {
      const { user, totp } = await knownUser(ports, caller, name)
      return resultOf(
        await ports.lines.check(scopeOf(caller), {
          name: { number: user.phone, purpose: loginPurpose(user.id), id: verificationId },
          code: foldCode(code),
          operationId: crypto.randomUUID(),
          totp: confirmed(totp),
          messageOnly,
        }),
      )
    },
  }
}
