import type { D1Migration } from '@cloudflare/vitest-pool-workers'
import { env } from 'cloudflare:workers'

interface TestBindings {
  readonly TEST_MIGRATIONS: D1Migration[]
  /** Set by `npm run test:long`. */
  readonly TEST_LONG?: string
  readonly OTPOST_SECRET: string
  readonly OTPOST_NUMBER_KEY: string
  readonly OTPOST_TOKEN_KEYS: string
}

/** The environment of the Worker with the variables that vitest.config.ts gives it. */
export const testEnv = env as typeof env & TestBindings
