import type { Mode } from './project.ts'
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

/** Users oldest first, from the one after `after` on. */
export interface UserPage {
  /** A user's id. */
  readonly after?: string | undefined
  readonly limit: number
}
