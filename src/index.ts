import { appOf } from './wiring.ts'

export { IdempotentRequest } from './idempotency/idempotent-request.ts'
export { Inbox } from './inbox/inbox.ts'
export { Meter } from './meter/meter.ts'
export { Breaker } from './providers/breaker.ts'
export { PhoneLine } from './wiring.ts'

export default {
  fetch: (request, env, ctx) => appOf(env).fetch(request, env, ctx),
} satisfies ExportedHandler<Env>
