import { Hono } from 'hono'
import { html } from 'hono/html'
import type { InboxMessage } from '../core/ports.ts'
import type { FacadeEnv } from '../http/facade.ts'

/** The messages that a development server would have sent, newest first. */
export interface DevelopmentInbox {
  list(): Promise<readonly InboxMessage[]>
}

const REFRESH_SECONDS = 2

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  article { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .75rem; padding: 1rem; margin: 1rem 0 }
  header { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; opacity: .75 }
  p { font-size: 1.125rem; margin: .5rem 0 0; white-space: pre-line; overflow-wrap: anywhere }
  code { font-size: 1rem }`

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
    return c.html(pageOf(await inbox.list()))
  })
  return app
}

const pageOf = (messages: readonly InboxMessage[]) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="refresh" content="${REFRESH_SECONDS}" />
        <title>otpost inbox</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>Inbox</h1>
        ${
          messages.length === 0
            ? html`<p>No messages yet. Those of the last 10 minutes show up here.</p>`
            : messages.map(articleOf)
        }
      </body>
    </html>`

const articleOf = (message: InboxMessage) =>
  html`<article>
    <header>
      <strong>${message.to}</strong>
      <span
        >${message.channel} ·
        <time datetime="${message.at}">${message.at.slice(11, 19)} UTC</time></span
      >
    </header>
    <p>${message.body}</p>
    <code>${message.verificationId}</code>
  </article>`
