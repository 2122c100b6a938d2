import { Hono, type Context } from 'hono'
import type { Core } from '../../core/index.ts'
import type { VendorRequest } from '../../core/messenger.ts'
import { Refusal } from '../../core/refusal.ts'
import { readReport } from '../../http/body.ts'
import type { FacadeEnv } from '../../http/facade.ts'

/**
 * What vendors call: delivery reports at `/v1/receipts/{provider}/{token}`, and calls that ask what
 * to say at `/v1/calls/{provider}/{token}`. Their signatures cover the URL as they were told it.
 */
export function callbacks(core: Core, publicUrl: string | undefined): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  const callOf = (c: Context<FacadeEnv>) => ({
    provider: c.req.param('provider') ?? '',
    token: c.req.param('token'),
    request: () => vendorRequest(c, publicUrl),
  })
  app.on(['GET', 'POST'], '/v1/receipts/:provider/:token?', async (c) => {
    refuseHead(c, 'GET, POST')
    return c.text(await core.receiveReports(callOf(c)))
  })
  app.post('/v1/calls/:provider/:token', async (c) => {
    const { contentType, body } = await core.answerCall(callOf(c))
    return c.body(body, 200, { 'content-type': contentType })
  })
  app.all('/v1/receipts/:provider/:token?', () => refuseMethod('GET, POST'))
  app.all('/v1/calls/:provider/:token', () => refuseMethod('POST'))
  return app
}

/** Hono runs the handler of GET for HEAD. */
function refuseHead(c: Context<FacadeEnv>, allow: string): void {
  if (c.req.method === 'HEAD') refuseMethod(allow)
}

const refuseMethod = (allow: string): never => {
  throw new Refusal('method_not_allowed', { allow })
}

async function vendorRequest(
  c: Context<FacadeEnv>,
  publicUrl: string | undefined,
): Promise<VendorRequest> {
  const { origin, pathname, search } = new URL(c.req.url)
  return {
    method: c.req.method,
    url: `${publicUrl ?? origin}${pathname}${search}`,
    headers: c.req.raw.headers,
    body: await readReport(c.req.raw, c.req.param('token') === undefined ? 'batch' : 'one'),
  }
}
