import { parsePhone, type PhoneNumber } from './phone.ts'
import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { ServiceUser, TotpFactor, UserPage } from './service.ts'
import { noService } from './services.ts'
import type { VerificationChannel } from './verification.ts'

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

/** Everything about a user that a login needs. */
export interface KnownUser {
  readonly user: ServiceUser
  readonly totp: TotpFactor | undefined
  readonly number: PhoneNumber
}

/** Two users of one number have a code each. */
export const loginPurpose = (userId: string): string => `user:${userId}`
export const enrolmentPurpose = (userId: string): string => `enrolment:${userId}`

const noUser = (): Refusal => new Refusal('not_found', { detail: 'This service has no such user.' })

const found = async (ports: Ports, caller: Caller, { serviceId, userId }: UserName) => {
  const known = await ports.users.find(scopeOf(caller), serviceId, userId)
  if (known === undefined) throw noUser()
  return known
}

/** Finds a user, and opens the number. */
export async function knownUser(ports: Ports, caller: Caller, name: UserName): Promise<KnownUser> {
  const known = await found(ports, caller, name)
  const number = await ports.lines.reveal(known.user)
  if (number !== undefined) return { ...known, number }
  throw new Refusal('misconfigured', {
    detail:
      "The secret that the user's number was sealed with is no more in OTPOST_SECRET: put it back.",
  })
}

/** Ends what is being verified for a user, by any channel or one; a number that cannot be opened has nothing to end. */
export async function endVerifications(
  ports: Ports,
  caller: Caller,
  user: ServiceUser,
  purposes: readonly string[],
  channel?: VerificationChannel,
): Promise<void> {
  const number = await ports.lines.reveal(user)
  if (number === undefined) return
  const scope = scopeOf(caller)
  const records = await ports.lines.ofNumber(scope, number)
  const live = records.filter(
    ({ verification }) =>
      verification.status === 'pending' &&
      purposes.includes(verification.purpose) &&
      (channel === undefined || verification.channel === channel),
  )
  await Promise.all(live.map(({ verification }) => ports.lines.cancel(scope, verification.id)))
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
    get: async (caller, name) => (await found(ports, caller, name)).user,
    async remove(caller, name) {
      const { user } = await found(ports, caller, name)
      // First the user, so that no login begins any more; a login that began meanwhile ends itself.
      await ports.users.remove(scopeOf(caller), name.serviceId, name.userId)
      const purposes = [loginPurpose(user.id), enrolmentPurpose(user.id)]
      await endVerifications(ports, caller, user, purposes)
    },
  }
}
