import { parsePhone } from './phone.ts'
import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { ServiceUser, UserPage } from './service.ts'
import { noService } from './services.ts'

/** Names a user. */
export interface UserName {
  readonly serviceId: string
  readonly userId: string
}

export interface NewUser {
  /** In any usual spelling, with its country code. */
  readonly phoneNumber: string
  readonly idInService: string
}

/** What a caller may do with the users of a service. */
export interface UserCalls {
  create(caller: Caller, serviceId: string, request: NewUser): Promise<ServiceUser>
  list(
    caller: Caller,
    serviceId: string,
    page: UserPage,
  ): Promise<{ readonly users: readonly ServiceUser[]; readonly total: number }>
  get(caller: Caller, name: UserName): Promise<ServiceUser>
  /** Removes a user, with the authenticator app and whatever is being verified. */
  remove(caller: Caller, name: UserName): Promise<void>
}

/** Purposes of a user's verifications: of no other API's, since they may not begin like that. */
export const loginPurpose = (userId: string): string => `${LOGIN}${userId}`
export const enrolmentPurpose = (userId: string): string => `${ENROLMENT}${userId}`

const LOGIN = 'user:'
const ENROLMENT = 'enrolment:'

/** Whether a purpose is one of a user's verifications. */
export const isReserved = (purpose: string): boolean =>
  purpose.startsWith(LOGIN) || purpose.startsWith(ENROLMENT)

/** A user, with the authenticator app. */
export async function knownUser(ports: Ports, caller: Caller, { serviceId, userId }: UserName) {
  const known = await ports.users.find(scopeOf(caller), serviceId, userId)
  if (known !== undefined) return known
  throw new Refusal('not_found', { detail: 'This service has no such user.' })
}

const endAll = (ports: Ports, caller: Caller, { id, phone }: ServiceUser): Promise<void> =>
  ports.lines.end(scopeOf(caller), phone, [loginPurpose(id), enrolmentPurpose(id)])

/** Ends what began for a user who was removed meanwhile. */
export async function endIfRemoved(ports: Ports, caller: Caller, user: ServiceUser): Promise<void> {
  const known = await ports.users.find(scopeOf(caller), user.serviceId, user.id)
  if (known === undefined) await endAll(ports, caller, user)
}

export function userCalls(ports: Ports): UserCalls {
  return {
    async create(caller, serviceId, { phoneNumber, idInService }) {
      const scope = scopeOf(caller)
      const { mode, project } = caller
      const number = parsePhone(phoneNumber, mode, project.settings.testNumbers)
      if ((await ports.services.find(scope, serviceId)) === undefined) throw noService()
      const user: ServiceUser = {
        id: crypto.randomUUID(),
        serviceId,
        mode,
        idInService,
        phone: await ports.lines.seal(mode, number),
        createdAt: ports.now(),
      }
      if (await ports.users.add(scope, user)) return user
      // It may have gone meanwhile.
      if ((await ports.services.find(scope, serviceId)) === undefined) throw noService()
      throw new Refusal('already_exists', {
        detail: 'The service has a user of this id_in_service. Use that one, or another id.',
      })
    },
    async list(caller, serviceId, page) {
      const scope = scopeOf(caller)
      const [service, users, total] = await Promise.all([
        ports.services.find(scope, serviceId),
        ports.users.list(scope, serviceId, page),
        ports.users.count(scope, serviceId),
      ])
      if (service === undefined) throw noService()
      return { users, total }
    },
    get: async (caller, name) => (await knownUser(ports, caller, name)).user,
    async remove(caller, name) {
      const { user } = await knownUser(ports, caller, name)
      // Before, so that nothing is removed while the line is out of reach; after, since something
      // may have begun meanwhile. What begins later still ends itself.
      await endAll(ports, caller, user)
      await ports.users.remove(scopeOf(caller), name.serviceId, name.userId)
      await endAll(ports, caller, user)
    },
  }
}
