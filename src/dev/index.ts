import { Hono } from 'hono'
import type { InboxMessage } from '../core/ports.ts'
import type { FacadeEnv } from '../http/facade.ts'
import { pageOf, type ScriptedNumber } from './page.ts'

/** The messages that a development server would have sent, newest first. */
export interface DevelopmentInbox {
  list(): Promise<readonly InboxMessage[]>
  /** Numbers with endings of their own. */
  readonly scripted: readonly ScriptedNumber[]
}

/** `/dev/inbox`: mounted in development only. */
export function developmentInbox(inbox: DevelopmentInbox): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  app.get('/dev/inbox.json', async (c) => {
    const to = c.req.query('to')
    const messages = await inbox.list()
    return c.json(messages.filter((message) => to === undefined || message.to === to))
  })
  app.get('/dev/inbox', async (c) => {
    c.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    )
    const unfolded = c.req.query('numbers') !== undefined
    return c.html(pageOf(await inbox.list(), inbox.scripted, unfolded))
  })
  return app
}
