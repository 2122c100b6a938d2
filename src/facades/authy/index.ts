import { Hono, type Context } from 'hono'
import type { Core } from '../../core/index.ts'
import type { NumberFacts } from '../../core/ports.ts'
import type { PhoneNumber } from '../../core/phone.ts'
import type { Caller } from '../../core/project.ts'
import { Refusal } from '../../core/refusal.ts'
import type { Verification } from '../../core/verification.ts'
import { isPrefetch } from '../../http/facade.ts'
import { report } from '../../http/report-bug.ts'
import { answer, answerOwnError, answerRefusal, type AuthyEnv } from './errors.ts'
import { readRequest, type Asked } from './parameters.ts'
import {
  CORRECT,
  idOf,
  information,
  readCheck,
  readNumbered,
  readStart,
  started,
  statusOf,
} from './wire.ts'

type Answering = (c: Context<AuthyEnv>, asked: Asked) => Promise<Response>

/** Authy's Phone Verification API: `/protected/{json|xml}/phones/…`. */
export function authy(core: Core): Hono<AuthyEnv> {
  const app = new Hono<AuthyEnv>()
  app.onError(answerRefusal)
  const route = (method: 'GET' | 'POST', path: string, handle: Answering): void => {
    const respond = async (c: Context<AuthyEnv>): Promise<Response> => {
      // HEAD is another one too: who only looks must not spend a check.
      if (c.req.method !== method) throw new Refusal('method_not_allowed', { allow: method })
      const asked = await readRequest(core, c.req.raw)
      c.set('caller', asked.caller)
      return handle(c, asked)
    }
    app.all(`/protected/json/phones${path}`, respond)
    app.all(`/protected/xml/phones${path}`, respond)
  }
  route('POST', '/verification/start', async (c, { caller, parameters }) => {
    const start = readStart(caller, parameters)
    const sent = await core.startVerification(caller, start.request, { respondAsync: false })
    return answer(c, started(start, sent, await factsOf(core, caller, start.number)))
  })
  route('GET', '/verification/check', async (c, { caller, parameters }) => {
    if (isPrefetch(c.req.header('sec-purpose'))) throw new Refusal('unreadable_request')
    const { request, shownNumber } = readCheck(caller, parameters)
    c.set('shownNumber', shownNumber)
    const { verified, evaluated } = await core.checkVerification(caller, request)
    if (verified) return answer(c, CORRECT)
    if (evaluated) return answerOwnError(c, 'wrong_code')
    throw new Refusal('not_found')
  })
  route('GET', '/verification/status', async (c, { caller, parameters }) => {
    const names = ['uuid', 'country_code', 'phone_number']
    if (!names.some((name) => parameters.has(name))) return answerOwnError(c, 'nothing_named')
    return answer(c, statusOf(await verificationOf(core, c, { caller, parameters })))
  })
  route('GET', '/info', async (c, { caller, parameters }) => {
    const { number } = readNumbered(caller, parameters)
    return answer(c, information(await core.lookUpNumber(caller, number)))
  })
  app.all('/protected/*', () => {
    throw new Refusal('route_not_found')
  })
  return app
}

async function verificationOf(
  core: Core,
  c: Context<AuthyEnv>,
  { caller, parameters }: Asked,
): Promise<Verification> {
  const uuid = parameters.get('uuid')
  if (uuid !== undefined) return (await core.getVerification(caller, idOf(uuid))).verification
  const { number, shownNumber } = readNumbered(caller, parameters)
  c.set('shownNumber', shownNumber)
  return core.latestVerification(caller, { phoneNumber: number.e164, purpose: '' })
}

const UNKNOWN: NumberFacts = { type: 'unknown', carrier: null, ported: false }

/** Looks a number up once its message is out: what fails now must not fail the start. */
const factsOf = (core: Core, caller: Caller, number: PhoneNumber): Promise<NumberFacts> =>
  core.lookUpNumber(caller, number).catch((error: unknown) => {
    if (!(error instanceof Refusal)) report(error)
    return UNKNOWN
  })
