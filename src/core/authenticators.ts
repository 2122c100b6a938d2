import { foldCode } from './code.ts'
import { resultOf, type CheckResult } from './check-verification.ts'
import { challenge } from './logins.ts'
import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import {
  endVerifications,
  enrolmentPurpose,
  knownUser,
  loginPurpose,
  type UserName,
} from './service-users.ts'
import type { TotpFactor } from './service.ts'
import { makeTotpSecret, totpUri } from './totp.ts'

export interface Enrolment {
  /** Base32. It is told here only. */
  readonly secret: string
  /** For the app, as a link or in a QR code. */
  readonly uri: string
}

export type Confirmation =
  | { readonly confirmed: true }
  | { readonly confirmed: false; readonly result: CheckResult }

/** Authenticator apps (RFC 6238) of the users of services, one each. */
export interface AuthenticatorCalls {
  /** Makes a secret, in place of one that was not confirmed; declines when one was. */
  enrol(caller: Caller, name: UserName): Promise<Enrolment>
  /** Confirms the app by a code of it, on the budget of the user's number. */
  confirm(
    caller: Caller,
    request: UserName & { readonly code: string; readonly facade: string },
  ): Promise<Confirmation>
  get(caller: Caller, name: UserName): Promise<TotpFactor>
  /** Removes the app; a login that waits for its code ends. */
  remove(caller: Caller, name: UserName): Promise<void>
}

const noApp = (): Refusal =>
  new Refusal('not_found', { detail: 'This user has no authenticator app. Enrol one.' })

export function authenticatorCalls(ports: Ports): AuthenticatorCalls {
  return {
    async enrol(caller, name) {
      const scope = scopeOf(caller)
      const { user } = await knownUser(ports, caller, name)
      const service = await ports.services.find(scope, name.serviceId)
      const secret = makeTotpSecret()
      const factorId = crypto.randomUUID()
      const sealed = await ports.sealTotp(factorId, secret)
      if (await ports.totpFactors.put(scope, user.id, { factorId, sealed })) {
        return { secret, uri: totpUri(secret, service?.name ?? '', user.idInService) }
      }
      throw new Refusal('already_exists', {
        detail: 'The user has a confirmed authenticator app. Remove it first.',
      })
    },
    async confirm(caller, { code, facade, ...name }) {
      const scope = scopeOf(caller)
      const { user, number, totp } = await knownUser(ports, caller, name)
      if (totp === undefined) throw noApp()
      // Whoever asks again has got what they wanted; nothing is evaluated.
      if (totp.confirmed) return { confirmed: true }
      const purpose = enrolmentPurpose(user.id)
      const { id } = await challenge(ports, caller, { number, facade, purpose })
      const result = resultOf(
        await ports.lines.check(scope, {
          name: { id },
          code: foldCode(code),
          operationId: crypto.randomUUID(),
          totp,
        }),
      )
      if (!result.verified) return { confirmed: false, result }
      if (await ports.totpFactors.confirm(scope, user.id, totp.factorId)) return { confirmed: true }
      throw noApp()
    },
    async get(caller, name) {
      const { totp } = await knownUser(ports, caller, name)
      if (totp === undefined) throw noApp()
      return totp
    },
    async remove(caller, name) {
      const { user, totp } = await knownUser(ports, caller, name)
      if (totp === undefined) throw noApp()
      await ports.totpFactors.remove(scopeOf(caller), user.id)
      await endVerifications(
        ports,
        caller,
        user,
        [loginPurpose(user.id), enrolmentPurpose(user.id)],
        'totp',
      )
    },
  }
}
