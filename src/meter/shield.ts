import type { Shield } from '../core/ports.ts'

/** Counts by a rate-limit binding, which costs no hop; undefined when the deployment has none. */
export const shield = (binding: RateLimit | undefined): Shield | undefined =>
  binding && { admits: async (key) => (await binding.limit({ key })).success }
