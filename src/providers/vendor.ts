import type * as z from 'zod'
import type { Provider } from './provider.ts'

/** How a provider is made out of the variables of the environment. */
export interface Vendor<Options = unknown> {
  readonly name: string
  /** Reads its variables; every issue's path is the name of a variable, its message what is wrong. */
  readonly variables: z.ZodType<Options>
  create(options: Options, fetcher: typeof fetch): Provider
}
