import type { MiddlewareHandler } from 'hono'
import * as z from 'zod'
import type { Caller } from '../core/project.ts'
import { Refusal } from '../core/refusal.ts'

export interface FacadeEnv {
  Variables: {
    /** Names the request in answers and logs. */
    readonly requestId: string
    readonly caller: Caller
  }
}

/**
 * Names the request, and puts on every answer the headers that all of them carry. Nothing is stored
 * on the way, unless its handler has said otherwise.
 */
export const everyAnswer =
  (options: { readonly hsts: boolean }): MiddlewareHandler<FacadeEnv> =>
  async (c, next) => {
    c.set('requestId', `req_${crypto.randomUUID().replaceAll('-', '')}`)
    await next()
    c.res.headers.set('x-request-id', c.var.requestId)
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store')
    c.res.headers.set('x-content-type-options', 'nosniff')
    if (options.hsts) {
      c.res.headers.set('strict-transport-security', 'max-age=63072000; includeSubDomains')
    }
  }

/** Codes and keys travel in requests: outside development none is read that came in clear. */
export const refusePlainHttp: MiddlewareHandler<FacadeEnv> = async (c, next) => {
  if (new URL(c.req.url).protocol !== 'https:') {
    throw new Refusal('insecure_transport', { detail: 'Use https.' })
  }
  await next()
}

/** Whether a browser asks in advance, for a page that nobody may ever open. */
export const isPrefetch = (secPurpose: string | undefined): boolean =>
  /\bprefetch\b/i.test(secPurpose ?? '')

const address = z.union([z.ipv4(), z.ipv6()])

/** The end user's address, of `CF-Connecting-IP`: any other header says what its sender likes. */
export const addressOf = (connectingIp: string | undefined): string | undefined =>
  address.safeParse(connectingIp).data

/** The secret of `Authorization: Bearer SECRET`, or of Basic with the secret as user name. */
export function secretOf(authorization: string | undefined): string | undefined {
  const [, scheme, value] = /^(basic|bearer) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || value === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return value
  try {
    const [user] = atob(value).split(':', 1)
    return user
  } catch {
    return undefined
  }
}
