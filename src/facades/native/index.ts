import { Hono, type Context } from 'hono'
import type { Core } from '../../core/index.ts'
import { parsePhone } from '../../core/phone.ts'
import { Refusal } from '../../core/refusal.ts'
import { readBody, readForm } from '../../http/body.ts'
import { addressOf, isPrefetch, secretOf } from '../../http/facade.ts'
import {
  answerPreflight,
  isPreflight,
  originOf,
  pageOf,
  shareWithPage,
  type NativeEnv,
} from './cors.ts'
import { answerRefusal } from './errors.ts'
import {
  checkedFromPage,
  readPageCheck,
  readPageStart,
  resentFromPage,
  startedFromPage,
} from './page.ts'
import {
  checkBody,
  checked,
  checkQuery,
  detail,
  inboxQuery,
  listed,
  listQuery,
  parse,
  resendBody,
  startBody,
  started,
  timelineOut,
  tradeBody,
  traded,
} from './wire.ts'

/**
 * Every route with its methods, and the one that pages may use with a publishable key. HEAD is none
 * of them, since Hono would run the GET handler for it.
 */
export const METHODS: readonly (readonly [path: RegExp, methods: string, ofPages?: string])[] = [
  [/^\/v1\/verifications$/, 'GET, POST', 'POST'],
  [/^\/v1\/verifications\/check$/, 'GET, POST', 'POST'],
  [/^\/v1\/verifications\/[^/]+$/, 'GET, DELETE'],
  [/^\/v1\/verifications\/[^/]+\/resend$/, 'POST', 'POST'],
  [/^\/v1\/verifications\/[^/]+\/timeline$/, 'GET'],
  [/^\/v1\/tokens\/verify$/, 'POST'],
  [/^\/v1\/publishable$/, 'GET', 'GET'],
  [/^\/v1\/test\/inbox$/, 'GET'],
]

const routeOf = (path: string) => METHODS.find(([route]) => route.test(path))
const pageMethodOf = (path: string): string | undefined => routeOf(path)?.[2]

/** The native API: Authentimate's Verify API, extended. `/v1/verifications`. */
export function native(core: Core, publicUrl: string | undefined): Hono<NativeEnv> {
  const issuerOf = (c: Context) => publicUrl ?? new URL(c.req.url).origin
  const app = new Hono<NativeEnv>()
  app.onError(answerRefusal)
  app.use(shareWithPage(pageMethodOf))
  app.use(async (c, next) => {
    const { path, method } = c.req
    const pageMethod = pageMethodOf(path)
    if (pageMethod !== undefined && isPreflight(c)) return answerPreflight(c, pageMethod)
    refuseOtherMethods(path, method)
    const caller = await core.authenticate(secretOf(c.req.header('authorization')))
    if (caller.kind === 'publishable') {
      if (method !== pageMethod) throw new Refusal('key_not_allowed')
      c.set('page', pageOf(caller, originOf(c)))
    }
    c.set('caller', caller)
    return next()
  })
  app.post('/v1/verifications', async (c) => {
    const { caller, page } = c.var
    const fields = await readBody(c.req.raw)
    const respondAsync = /\brespond-async\b/i.test(c.req.header('prefer') ?? '')
    const options = { idempotencyKey: idempotencyKey(c), respondAsync }
    const status = respondAsync ? 202 : 201
    if (page === undefined) {
      const request = parse(startBody, fields)
      return c.json(started(await core.startVerification(caller, request, options)), status)
    }
    const { request, challengeToken } = readPageStart(fields, page.origin)
    const visitor = { ip: visitorsAddress(c), challengeToken }
    const sent = await core.startVerification(caller, request, { ...options, visitor })
    return c.json(startedFromPage(sent), status)
  })
  app.get('/v1/verifications', async (c) => {
    const request = parse(listQuery, query(c))
    return c.json(listed(await core.listVerifications(c.var.caller, request)))
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
    const { caller, page } = c.var
    const fields = await readBody(c.req.raw)
    const key = { idempotencyKey: idempotencyKey(c) }
    if (page === undefined) {
      const request = { ...parse(checkBody, fields), ...key }
      return c.json(checked(await core.checkVerification(caller, request)))
    }
    const { request, session } = readPageCheck(fields)
    const visitor = { ip: visitorsAddress(c), session, issuer: issuerOf(c) }
    const check = { ...visitor, request: { ...request, ...key } }
    return c.json(checkedFromPage(await core.checkFromPage(page.caller, check)))
  })
  app.post('/v1/verifications/:id/resend', async (c) => {
    const { channel } = parse(resendBody, await readBody(c.req.raw))
    const request = { id: c.req.param('id'), channel, idempotencyKey: idempotencyKey(c) }
    const sent = await core.resendVerification(c.var.caller, request)
    return c.json(c.var.page === undefined ? started(sent) : resentFromPage(sent), 201)
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
  app.post('/v1/tokens/verify', async (c) => {
    const proof = parse(tradeBody, await readBody(c.req.raw))
    const trade = { ...proof, issuer: issuerOf(c), idempotencyKey: idempotencyKey(c) }
    return c.json(traded(await core.tradeProof(c.var.caller, trade)))
  })
  app.get('/v1/publishable', async (c) => {
    const { page } = c.var
    if (page !== undefined) return c.json(await core.describeKey(page.caller))
    throw new Refusal('key_not_allowed', {
      detail: 'This route describes publishable keys: ask with one.',
    })
  })
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
  const methods = routeOf(path)?.[1]
  if (methods === undefined) throw new Refusal('route_not_found')
  if (!methods.split(', ').includes(method)) {
    throw new Refusal('method_not_allowed', { allow: methods })
  }
}

const visitorsAddress = (c: Context<NativeEnv>) => addressOf(c.req.header('cf-connecting-ip'))

const query = (c: Context<NativeEnv>) => readForm(new URL(c.req.url).searchParams)

function idempotencyKey(c: Context<NativeEnv>): string | undefined {
  const key = c.req.header('idempotency-key')
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Refusal('unreadable_request', {
    detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.',
  })
}
