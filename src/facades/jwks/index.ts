import { Hono } from 'hono'
import type { Core } from '../../core/index.ts'
import { Refusal } from '../../core/refusal.ts'
import type { FacadeEnv } from '../../http/facade.ts'

/** Others ask again after five minutes, or at once when they meet a key that they do not know. */
const HEADERS = {
  'content-type': 'application/jwk-set+json',
  'cache-control': 'public, max-age=300',
  'access-control-allow-origin': '*',
}

/** The public keys by which anybody verifies our tokens: `/.well-known/jwks.json`. */
export function jwks(core: Core): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.get('/.well-known/jwks.json', (c) => c.body(JSON.stringify(core.publicKeys()), 200, HEADERS))
  app.all('/.well-known/jwks.json', () => {
    throw new Refusal('method_not_allowed', { allow: 'GET, HEAD' })
  })
  return app
}
