import type { Vendors } from '../core/messenger.ts'
import type { Provider } from './provider.ts'

/** Answers vendors that call, by the providers of this deployment. */
export function vendors(
  providers: readonly Provider[],
  deliveryOf: Vendors['deliveryOf'],
): Vendors {
  const find = (name: string) => providers.find((provider) => provider.name === name)
  return {
    reporter(name) {
      const provider = find(name)
      const read = provider?.readReport
      return read && { read, echoesTokens: provider.echoesTokens === true }
    },
    voice: (name) => find(name)?.voice,
    deliveryOf,
  }
}
