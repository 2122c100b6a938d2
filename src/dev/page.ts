import { html } from 'hono/html'
import type { InboxMessage } from '../core/ports.ts'

/** A number with an ending of its own. */
export interface ScriptedNumber {
  readonly number: string
  readonly does: string
}

const REFRESH_SECONDS = 2

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 25%, transparent) }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  article { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin: 1rem 0 }
  header { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap }
  header span { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .75rem }
  p { font-size: 1.125rem; margin: .5rem 0; white-space: pre-line; overflow-wrap: anywhere }
  footer { display: flex; justify-content: space-between; gap: 0 1rem; flex-wrap: wrap; opacity: .75; overflow-wrap: anywhere }
  details { margin: 2rem 0 }
  table { border-collapse: collapse; margin: 1rem 0 }
  td, th { border-bottom: 1px solid var(--line); padding: .25rem 1rem .25rem 0; text-align: start; vertical-align: top }
  td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums }`

const CHANNEL_NAMES: Readonly<Record<string, string>> = {
  sms: '💬 Text message',
  call: '📞 Phone call, says:',
  whatsapp: '🟢 WhatsApp message',
}

/** Shows messages, and under them what the scripted numbers do. */
export const pageOf = (
  messages: readonly InboxMessage[],
  scripted: readonly ScriptedNumber[],
  unfolded: boolean,
) =>
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
        ${tableOf(scripted, unfolded)}
      </body>
    </html>`

const articleOf = (message: InboxMessage) =>
  html`<article>
    <header>
      <strong>${message.to}</strong>
      <span>${CHANNEL_NAMES[message.channel] ?? message.channel}</span>
    </header>
    <p>${message.channel === 'call' ? `“${message.body}”` : message.body}</p>
    <footer>
      <span>Code <code>${message.code}</code></span>
      <time datetime="${message.at}">${message.at.slice(11, 19)} UTC</time>
      <code>${message.verificationId}</code>
    </footer>
  </article>`

/** Unfolds by a link: the address outlives the page's refresh, an opened element does not. */
const tableOf = (scripted: readonly ScriptedNumber[], unfolded: boolean) =>
  html`<details ${unfolded ? 'open' : ''}>
    <summary>
      <a href="${unfolded ? '/dev/inbox' : '/dev/inbox?numbers'}">Numbers to try outcomes with</a>
    </summary>
    <table>
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col">What a message to it does</th>
        </tr>
      </thead>
      <tbody>
        ${scripted.map(
          ({ number, does }) =>
            html`<tr>
              <td>${number}</td>
              <td>${does}</td>
            </tr>`,
        )}
        <tr>
          <td>any other</td>
          <td>is taken and arrives at once; nothing is reported</td>
        </tr>
      </tbody>
    </table>
  </details>`
