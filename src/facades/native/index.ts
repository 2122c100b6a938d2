import { Hono, type Context } from 'hono'
import type { Core } from '../../core/index.ts'
import { parsePhone } from '../../core/phone.ts'
import { Refusal } from '../../core/refusal.ts'
import { readBody, readForm } from '../../http/body.ts'
import { isPrefetch, secretOf, type FacadeEnv } from '../../http/facade.ts'
import { answerRefusal } from './errors.ts'
import {
  checkBody,
  checked,
  checkQuery,
  detail,
  inboxQuery,
  listQuery,
  page,
  parse,
  resendBody,
  startBody,
  started,
  timelineOut,
} from './wire.ts'

/** Every route with its methods; HEAD is none of them, since Hono would run the GET handler for it. */
const METHODS: readonly (readonly [path: RegExp, methods: string])[] = [
  [/^\/v1\/verifications$/, 'GET, POST'],
  [/^\/v1\/verifications\/check$/, 'GET, POST'],
  [/^\/v1\/verifications\/[^/]+$/, 'GET, DELETE'],
  [/^\/v1\/verifications\/[^/]+\/resend$/, 'POST'],
  [/^\/v1\/verifications\/[^/]+\/timeline$/, 'GET'],
  [/^\/v1\/test\/inbox$/, 'GET'],
]

/** The native API: Authentimate's Verify API, extended. `/v1/verifications`. */
export function native(core: Core): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.onError(answerRefusal)
  app.use(async (c, next) => {
    refuseOtherMethods(c.req.path, c.req.method)
    const caller = await core.authenticate(secretOf(c.req.header('authorization')))
    if (caller.kind !== 'secret') throw new Refusal('key_not_allowed')
    c.set('caller', caller)
    await next()
  })
  app.post('/v1/verifications', async (c) => {
    const request = parse(startBody, await readBody(c.req.raw))
    const respondAsync = /\brespond-async\b/i.test(c.req.header('prefer') ?? '')
    const options = { idempotencyKey: idempotencyKey(c), respondAsync }
    const sent = await core.startVerification(c.var.caller, request, options)
    return c.json(started(sent), respondAsync ? 202 : 201)
  })
  app.get('/v1/verifications', async (c) => {
    const request = parse(listQuery, query(c))
    return c.json(page(await core.listVerifications(c.var.caller, request)))
  })
  app.get('/v1/verifications/check', async (c) => {
    if (isPrefetch(c.req.header('sec-purpose'))) {
      throw new Refusal('unreadable_request', {
        detail: 'A check is not to be fetched in advance.',
      })
    }
    const request = parse(checkQuery, query(c))
    return c.json(checked(await core.checkVerification(c.var.caller, request)))
  })
  app.post('/v1/verifications/check', async (c) => {
    const request = parse(checkBody, await readBody(c.req.raw))
    const check = { ...request, idempotencyKey: idempotencyKey(c) }
    return c.json(checked(await core.checkVerification(c.var.caller, check)))
  })
  app.post('/v1/verifications/:id/resend', async (c) => {
    const { channel } = parse(resendBody, await readBody(c.req.raw))
    const request = { id: c.req.param('id'), channel, idempotencyKey: idempotencyKey(c) }
    return c.json(started(await core.resendVerification(c.var.caller, request)), 201)
  })
  app.get('/v1/verifications/:id/timeline', async (c) =>
    c.json(timelineOut(await core.getVerification(c.var.caller, c.req.param('id')))),
  )
  app.get('/v1/verifications/:id', async (c) =>
    c.json(detail(await core.getVerification(c.var.caller, c.req.param('id')))),
  )
  app.delete('/v1/verifications/:id', async (c) =>
    c.json(detail(await core.cancelVerification(c.var.caller, c.req.param('id')))),
  )
  app.get('/v1/test/inbox', async (c) => {
    const { to } = parse(inboxQuery, query(c))
    const { mode, project } = c.var.caller
    const number = to && parsePhone(to, mode, project.settings.testNumbers).e164
    const messages = await core.listTestMessages(c.var.caller)
    return c.json(messages.filter((message) => number === undefined || message.to === number))
  })
  return app
}

function refuseOtherMethods(path: string, method: string): void {
  const methods = METHODS.find(([route]) => route.test(path))?.[1]
  if (methods === undefined) throw new Refusal('route_not_found')
  if (!methods.split(', ').includes(method)) {
    throw new Refusal('method_not_allowed', { allow: methods })
  }
}

const query = (c: Context<FacadeEnv>) => readForm(new URL(c.req.url).searchParams)

function idempotencyKey(c: Context<FacadeEnv>): string | undefined {
  const key = c.req.header('idempotency-key')
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Refusal('unreadable_request', {
    detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.',
  })
}
