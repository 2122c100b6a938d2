import { Hono } from 'hono'
import type { FacadeEnv } from '../http/facade.ts'
import { DEMO_POLICY } from './demo-policy.ts'
import style from './generated/demo.css.txt'
import page from './generated/demo.html.txt'
import script from './generated/demo.js.txt'

/** `/demo`: the widget, what it says to the API, and the phone. Mounted in development only. */
export function demo(): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.get('/demo', (c) => c.html(page, 200, { 'content-security-policy': DEMO_POLICY }))
  app.get('/demo.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/demo.js', (c) =>
    c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
  return app
}
