import { foldCode } from './code.ts'
import { resultOf } from './check-verification.ts'
import { challenge } from './logins.ts'
import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import {
  endIfRemoved,
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

/** Authenticator apps (RFC 6238) of the users of services, one each. */
export interface AuthenticatorCalls {
  /** Makes a secret, in place of one that was not confirmed; declines when one was. */
  enrol(caller: Caller, name: UserName): Promise<Enrolment>
  /**
   * Confirms the app by a code of it, on the budget of the user's number; false for a wrong code.
   * Declines when it is confirmed already.
   */
  confirm(
    caller: Caller,
    request: UserName & { readonly code: string; readonly facade: string },
  ): Promise<boolean>
  get(caller: Caller, name: UserName): Promise<TotpFactor>
  /** Removes the app; a login that waits for its code ends. */
  remove(caller: Caller, name: UserName): Promise<void>
}

const noApp = (): Refusal =>
  new Refusal('not_found', { detail: 'This user has no authenticator app. Enrol one.' })

const isConfirmed = (): Refusal =>
  new Refusal('already_exists', {
    detail: 'The user has a confirmed authenticator app. Log in with it, or remove it first.',
  })

export function authenticatorCalls(ports: Ports): AuthenticatorCalls {
  const appOf = async (caller: Caller, name: UserName) => {
    const { user, totp } = await knownUser(ports, caller, name)
    if (totp === undefined) throw noApp()
    return { user, totp }
  }
  return {
    async enrol(caller, name) {
      const scope = scopeOf(caller)
      const [{ user }, service] = await Promise.all([
        knownUser(ports, caller, name),
        ports.services.find(scope, name.serviceId),
      ])
      const secret = makeTotpSecret()
      const factorId = crypto.randomUUID()
      const sealed = await ports.sealTotp(factorId, secret)
      if (await ports.totpFactors.put(scope, user.id, { factorId, sealed })) {
        return { secret, uri: totpUri(secret, service?.name ?? '', user.idInService) }
      }
      // The user may have gone meanwhile.
      await knownUser(ports, caller, name)
      throw isConfirmed()
    },
    async confirm(caller, { code, facade, ...name }) {
      const { user, totp } = await appOf(caller, name)
      if (totp.confirmed) throw isConfirmed()
      const scope = scopeOf(caller)
      const purpose = enrolmentPurpose(user.id)
      const { id } = await challenge(ports, caller, user, { facade, purpose })
      ports.background(endIfRemoved(ports, caller, user))
      const result = resultOf(
        await ports.lines.check(scope, {
          name: { id },
          code: foldCode(code),
          operationId: crypto.randomUUID(),
          totp,
        }),
      )
      if (result.verified && (await ports.totpFactors.confirm(scope, user.id, totp.factorId))) {
        return true
      }
      // Another request may have confirmed, removed or replaced it.
      if ((await appOf(caller, name)).totp.confirmed) throw isConfirmed()
      return false
    },
    get: async (caller, name) => (await appOf(caller, name)).totp,
    async remove(caller, name) {
      const { user } = await appOf(caller, name)
      const scope = scopeOf(caller)
      await ports.totpFactors.remove(scope, user.id)
      const purposes = [loginPurpose(user.id), enrolmentPurpose(user.id)]
      await ports.lines.end(scope, user.phone, purposes, 'totp')
    },
  }
}
