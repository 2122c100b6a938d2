import { Hono, type ErrorHandler } from 'hono'
import { developmentInbox, type DevelopmentInbox } from './dev/index.ts'
import type { Core } from './core/index.ts'
import { Refusal } from './core/refusal.ts'
import { answerRefusal as answerAsAuthy } from './facades/authy/errors.ts'
import { authy } from './facades/authy/index.ts'
import { callbacks } from './facades/callbacks/index.ts'
import { jwks } from './facades/jwks/index.ts'
import { answerRefusal } from './facades/native/errors.ts'
import { native } from './facades/native/index.ts'
import { answerRefusal as answerAsVerigator } from './facades/verigator/errors.ts'
import { verigator } from './facades/verigator/index.ts'
import { everyAnswer, refusePlainHttp, type FacadeEnv } from './http/facade.ts'
import { demo } from './widget/demo.ts'
import { widgetFiles } from './widget/index.ts'

/** Who writes what no facade has caught, by path; the native API writes the rest. */
const FORMATS: readonly (readonly [paths: RegExp, answer: ErrorHandler<FacadeEnv>])[] = [
  [/^\/protected\//, answerAsAuthy],
  [/^\/v1\/service(?:\/|$)/, answerAsVerigator],
]

export interface AppParts {
  readonly core: Core
  /** Where vendors reach this deployment; the request's own address when it is not known. */
  readonly publicUrl: string | undefined
  /** What keeps the service from doing its work; empty when nothing does. */
  readonly health: () => Promise<readonly string[]>
  /** Absent outside development. */
  readonly development?: DevelopmentInbox | undefined
}

/** Mounts every facade at its paths. */
export function createApp({ core, publicUrl, health, development }: AppParts): Hono<FacadeEnv> {
  const app = shell(development !== undefined)
  app.get('/health', async (c) => {
    const missing = await health()
    if (missing.length === 0) return c.json({ status: 'ok' })
    return c.json({ status: 'unavailable', missing }, 503)
  })
  if (development !== undefined) app.route('/', developmentInbox(development)).route('/', demo())
  app.all('/dev/*', notFound)
  app.route('/', widgetFiles())
  app.route('/', authy(core))
  app.route('/', verigator(core))
  app.route('/', callbacks(core, publicUrl))
  app.route('/', jwks(core))
  app.route('/', native(core, publicUrl))
  return app
}

/** What runs when the configuration is wrong: nothing but the names of what is. */
export function createMisconfiguredApp(
  problems: readonly string[],
  development: boolean,
): Hono<FacadeEnv> {
  const app = shell(development)
  app.get('/health', (c) => c.json({ status: 'misconfigured', missing: problems }, 503))
  app.all('*', () => {
    throw new Refusal('misconfigured')
  })
  return app
}

function shell(development: boolean): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.onError((error, c) => {
    const { path } = c.req
    const [, answer] = FORMATS.find(([paths]) => paths.test(path)) ?? []
    return (answer ?? answerRefusal)(error, c)
  })
  app.notFound(notFound)
  app.use(everyAnswer({ hsts: !development }))
  if (!development) app.use(refusePlainHttp)
  return app
}

const notFound = (): never => {
  throw new Refusal('route_not_found')
}
