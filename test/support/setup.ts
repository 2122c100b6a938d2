import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, vi } from 'vitest'
import { testEnv } from './env.ts'

/** Every test begins with empty storage and with the clock, network and cryptography of the runtime. */
beforeEach(async () => {
  await reset()
  await applyD1Migrations(env.DB, testEnv.TEST_MIGRATIONS)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
