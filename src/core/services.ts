import type { Ports } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { Service } from './service.ts'

/** What a caller may do with the services of a project, of the key's mode. */
export interface ServiceCalls {
  create(caller: Caller, request: Pick<Service, 'fqdn' | 'name'>): Promise<Service>
  get(caller: Caller, id: string): Promise<Service>
  /** Declines with `service_not_empty` while it has users. */
  remove(caller: Caller, id: string): Promise<void>
}

export const noService = (): Refusal =>
  new Refusal('not_found', { detail: 'This project has no such service.' })

export function serviceCalls(ports: Ports): ServiceCalls {
  const get = async (caller: Caller, id: string) => {
    const service = await ports.services.find(scopeOf(caller), id)
    if (service === undefined) throw noService()
    return service
  }
  return {
    async create(caller, request) {
      const service = { ...request, id: crypto.randomUUID(), createdAt: ports.now() }
      if (await ports.services.add(scopeOf(caller), service)) return service
      throw new Refusal('already_exists', {
        detail: 'The project has a service of this fqdn. Use that one, or another fqdn.',
      })
    },
    get,
    async remove(caller, id) {
      if (await ports.services.remove(scopeOf(caller), id)) return
      await get(caller, id)
      throw new Refusal('service_not_empty', {
        detail: 'The service has users. Remove them first.',
      })
    },
  }
}
