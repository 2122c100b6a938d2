import type { Context, MiddlewareHandler } from 'hono'
import type { PublishableCaller } from '../../core/project.ts'
import { Refusal } from '../../core/refusal.ts'
import { allowsOrigin, isOrigin } from '../../core/restrictions.ts'
import type { FacadeEnv } from '../../http/facade.ts'

/** A web page that calls with a publishable key. */
export interface Page {
  readonly caller: PublishableCaller
  /** One that the key allows. */
  readonly origin: string
}

export interface NativeEnv {
  Variables: FacadeEnv['Variables'] & {
    /** Absent when a server calls. */
    readonly page?: Page
  }
}

const ASKED_HEADERS = 'authorization, content-type, idempotency-key, prefer'
const SHOWN_HEADERS = 'retry-after, x-request-id'
const PREFLIGHT_SECONDS = 600

/** Lets the scripts of a page read what it is answered, refusals too; nobody else's. */
export const shareWithPage =
  (pageMethodOf: (path: string) => string | undefined): MiddlewareHandler<NativeEnv> =>
  async (c, next) => {
    await next()
    if (pageMethodOf(c.req.path) === undefined) return
    const { headers } = c.res
    headers.append('vary', 'Origin')
    if (c.var.page === undefined) return
    headers.set('access-control-allow-origin', c.var.page.origin)
    headers.set('access-control-expose-headers', SHOWN_HEADERS)
  }

export const isPreflight = ({ req }: Context<NativeEnv>): boolean =>
  req.method === 'OPTIONS' &&
  req.header('origin') !== undefined &&
  req.header('access-control-request-method') !== undefined

/** Says what a page may send. A browser asks without the key, so any page is told. */
export function answerPreflight(c: Context<NativeEnv>, method: string): Response {
  const origin = c.req.header('origin') ?? ''
  if (!isOrigin(origin)) throw new Refusal('origin_refused')
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': method,
      'access-control-allow-headers': ASKED_HEADERS,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    },
  })
}

/**
 * The origin of the page that asks. A browser writes none into a GET of a page of this deployment
 * itself, but says so in a header that no script can set.
 */
export const originOf = ({ req }: Context<NativeEnv>): string | undefined =>
  req.header('origin') ??
  (req.header('sec-fetch-site') === 'same-origin' ? new URL(req.url).origin : undefined)

/** Declines a page that is none of the key's. Whoever is no browser can claim to be one of them. */
export function pageOf(caller: PublishableCaller, origin: string | undefined): Page {
  if (origin === undefined) {
    throw new Refusal('origin_refused', {
      detail: 'There is no Origin: a publishable key is for web pages. Use a secret key.',
    })
  }
  if (!allowsOrigin(caller.restrictions, origin)) throw new Refusal('origin_refused')
  return { caller, origin }
}
