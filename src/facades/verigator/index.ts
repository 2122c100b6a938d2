import { Hono, type Context } from 'hono'
import type { Core } from '../../core/index.ts'
import type { Caller } from '../../core/project.ts'
import { Refusal } from '../../core/refusal.ts'
import type { UserName } from '../../core/service-users.ts'
import { readBody, readForm } from '../../http/body.ts'
import type { FacadeEnv } from '../../http/facade.ts'
import { answerRefusal } from './errors.ts'
import {
  checkBody,
  checked,
  confirmationOut,
  enrolled,
  listQuery,
  parse,
  serviceBody,
  serviceOut,
  startBody,
  started,
  tokenBody,
  userBody,
  userOut,
  usersOut,
} from './wire.ts'

const FACADE = 'verigator'

type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Answering = (c: Context<FacadeEnv>) => Promise<Response>

/** Every version of the Java client throws on 201. */
const JAVA = /^(?:verigator-java-|Java\/)/

/** Messente's Verigator API: `/v1/service/service/{id}/users/{id}/auth` and what leads there. */
export function verigator(core: Core): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.onError(answerRefusal)
  app.use('/v1/service/*', async (c, next) => {
    c.set('caller', await callerOf(core, c.req.header('x-service-auth')))
    await next()
  })
  for (const [path, answers] of routes(core)) {
    for (const spelling of spellings(path)) {
      for (const [verb, answer] of Object.entries(answers)) app.on(verb, spelling, answer)
      app.all(spelling, () => {
        throw new Refusal('method_not_allowed', { allow: Object.keys(answers).join(', ') })
      })
    }
  }
  app.all('/v1/service/*', () => {
    throw new Refusal('route_not_found')
  })
  return app
}

/** One page of the document leaves out the second `service`; some clients write `user`. */
function spellings(path: string): readonly string[] {
  const services = [`/v1/service/service${path}`, `/v1/service${path}`]
  return [...new Set(services.flatMap((one) => [one, one.replace('/users/', '/user/')]))]
}

const routes = (core: Core): readonly (readonly [string, Partial<Record<Verb, Answering>>])[] => [
  [
    '',
    {
      POST: async (c) => {
        const request = parse(serviceBody, await readBody(c.req.raw))
        return created(c, serviceOut(await core.services.create(c.var.caller, request)))
      },
    },
  ],
  [
    '/:service',
    {
      GET: async (c) => c.json(serviceOut(await core.services.get(c.var.caller, serviceId(c)))),
      DELETE: async (c) => {
        await core.services.remove(c.var.caller, serviceId(c))
        return c.json({}, 202)
      },
    },
  ],
  [
    '/:service/users',
    {
      POST: async (c) => {
        const request = parse(userBody, await readBody(c.req.raw))
        return created(c, userOut(await core.users.create(c.var.caller, serviceId(c), request)))
      },
      GET: async (c) => {
        const page = parse(listQuery, readForm(new URL(c.req.url).searchParams))
        const { users, total } = await core.users.list(c.var.caller, serviceId(c), page)
        return c.json(usersOut(users, total))
      },
    },
  ],
  [
    '/:service/users/:user',
    {
      GET: async (c) => c.json(userOut(await core.users.get(c.var.caller, userName(c)))),
      DELETE: async (c) => {
        await core.users.remove(c.var.caller, userName(c))
        return c.json({}, 202)
      },
    },
  ],
  [
    '/:service/users/:user/auth',
    {
      POST: async (c) => {
        const request = parse(startBody, await readBody(c.req.raw))
        const login = { ...request, ...userName(c), facade: FACADE }
        return created(c, started(await core.logins.start(c.var.caller, login)))
      },
      PUT: async (c) => {
        const request = parse(checkBody, await readBody(c.req.raw))
        const check = { ...request, ...userName(c) }
        return c.json(checked(await core.logins.check(c.var.caller, check)))
      },
    },
  ],
  [
    '/:service/users/:user/totp',
    {
      POST: async (c) =>
        created(c, enrolled(await core.authenticators.enrol(c.var.caller, userName(c)))),
      PUT: async (c) => {
        const request = parse(tokenBody, await readBody(c.req.raw))
        const confirm = { ...request, ...userName(c), facade: FACADE }
        return c.json(confirmationOut(await core.authenticators.confirm(c.var.caller, confirm)))
      },
      GET: async (c) => {
        const { confirmed } = await core.authenticators.get(c.var.caller, userName(c))
        return c.json({ confirmed })
      },
      DELETE: async (c) => {
        await core.authenticators.remove(c.var.caller, userName(c))
        return c.json({}, 202)
      },
    },
  ],
]

/** Names the caller of `X-Service-Auth: USER:PASSWORD`. */
async function callerOf(core: Core, header: string | undefined): Promise<Caller> {
  const [, user, password] = /^([^:]*):(.*)$/s.exec(header?.trim() ?? '') ?? []
  const caller = await core.authenticate(password)
  const { id, settings } = caller.project
  if (user !== id && user !== settings.verigatorUsername) throw new Refusal('unauthenticated')
  if (caller.kind !== 'secret') throw new Refusal('key_not_allowed')
  return caller
}

const serviceId = (c: Context): string => c.req.param('service') ?? ''

const userName = (c: Context): UserName => ({
  serviceId: serviceId(c),
  userId: c.req.param('user') ?? '',
})

const created = (c: Context<FacadeEnv>, body: object): Response =>
  c.json(body, JAVA.test(c.req.header('user-agent') ?? '') ? 200 : 201)
