import type { Mode, Scope } from './project.ts'
import type { SealedPhone } from './verification.ts'

/** Something that people log in to. */
export interface Service {
  /** UUID. */
  readonly id: string
  /** Its own for each service of a project, in any case. */
  readonly fqdn: string
  readonly name: string
  /** Unix milliseconds. */
  readonly createdAt: number
}

/** Who logs in to a service, with the phone number that proves it. */
export interface ServiceUser {
  /** UUID. */
  readonly id: string
  readonly serviceId: string
  readonly mode: Mode
  /** The service's own name for the user. */
  readonly idInService: string
  readonly phone: SealedPhone
  /** Unix milliseconds. */
  readonly createdAt: number
}

/** The secret of an authenticator app, as it is kept. */
export interface TotpSecret {
  /** UUID, another one for each enrolment: steps are used once per id. */
  readonly factorId: string
  /** In base32, encrypted for its id. */
  readonly sealed: string
}

/** The authenticator app of a user. Only a confirmed one logs in. */
export interface TotpFactor extends TotpSecret {
  readonly confirmed: boolean
}

/** Users in the order of their ids, from the one after `after` on. */
export interface UserPage {
  /** A user's id. */
  readonly after?: string | undefined
  readonly limit: number
}

/** What people log in to. */
export interface Services {
  /** False when the project has one of this name. */
  add(scope: Scope, service: Service): Promise<boolean>
  find(scope: Scope, id: string): Promise<Service | undefined>
  /** False when it is not there, or has users. */
  remove(scope: Scope, id: string): Promise<boolean>
}

/** Who logs in. */
export interface ServiceUsers {
  /** False when the service has one of this name, or has gone. */
  add(scope: Scope, user: ServiceUser): Promise<boolean>
  list(scope: Scope, serviceId: string, page: UserPage): Promise<readonly ServiceUser[]>
  count(scope: Scope, serviceId: string): Promise<number>
  /** A user, with the authenticator app. */
  find(
    scope: Scope,
    serviceId: string,
    id: string,
  ): Promise<{ user: ServiceUser; totp: TotpFactor | undefined } | undefined>
  /** Removes a user, with the authenticator app. */
  remove(scope: Scope, serviceId: string, id: string): Promise<void>
}

/** Authenticator apps of users, one each. */
export interface TotpFactors {
  /** Puts one in the place of another that was not confirmed; false when one was, or nobody is there. */
  put(scope: Scope, userId: string, totp: TotpSecret): Promise<boolean>
  /** False when it is not there any more. */
  confirm(scope: Scope, userId: string, factorId: string): Promise<boolean>
  remove(scope: Scope, userId: string): Promise<void>
}
