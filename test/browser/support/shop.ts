import { text } from 'node:stream/consumers'
import { serve, type Server } from './server.ts'

export interface ShopOptions {
  /** Origin of the deployment. */
  readonly api: string
  readonly key?: string
  readonly attributes?: string
  readonly lang?: string
  /** Where a script stands in for Turnstile's, which its address is answered with. */
  readonly turnstile?: string | undefined
  /** What the shop's server does with the form, and says of it; without, the form travels in the URL. */
  readonly receive?: (form: URLSearchParams) => Promise<string>
}

/** Where Turnstile's script is. */
export const CLOUDFLARE = 'https://challenges.cloudflare.com'

/** What the stand-in for Turnstile does; tests give out tokens by `window.passChallenge`. */
const TURNSTILE = `
  const drawn = []
  window.turnstile = {
    render: (place, options) => {
      place.append(Object.assign(document.createElement('p'), { textContent: 'Stand-in challenge' }))
      window.challengeOptions = { ...options }
      window.passChallenge = (token) => options.callback(token)
      window.failChallenge = () => options['error-callback']('600010')
      return String(drawn.push(place))
    },
    reset: () => { window.challengeResets = (window.challengeResets ?? 0) + 1 },
    remove: () => {},
  }`

const STYLE = `
  :root { color-scheme: light dark }
  body { background: light-dark(#fff, #10121c); color: light-dark(#111, #eee) }`

/** The page of somebody who embeds the widget, under a policy as strict as can be. */
export async function openShop(options: ShopOptions): Promise<Server> {
  return serve(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop')
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : undefined
    if (pathname === '/turnstile.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(TURNSTILE)
      return
    }
    if (pathname === '/shop.css') {
      response.writeHead(200, { 'content-type': 'text/css' }).end(STYLE)
      return
    }
    if (pathname === '/missing.js') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(options),
      'set-cookie': 'shop=1',
    })
    if (pathname === '/') response.end(page(options))
    else response.end(thanks(form && (await options.receive?.(form))))
  })
}

const thanks = (said = ''): string =>
  `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Thanks</title><p>${said}</p></html>`

/** As docs/widget.md says, with nothing else but what this page itself needs. */
const policy = ({ api, turnstile = '' }: ShopOptions): string =>
  [
    "default-src 'none'",
    `script-src ${api} ${turnstile === '' ? '' : CLOUDFLARE}`,
    `connect-src ${api}`,
    ...(turnstile === '' ? [] : [`frame-src ${originOf(turnstile) || "'none'"}`]),
    // For the page's own look and icon.
    "style-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const originOf = (url: string): string => URL.parse(url)?.origin ?? ''

const page = ({
  api,
  key = 'pk_test_local',
  receive,
  attributes = '',
  lang = 'en',
}: ShopOptions): string =>
  `<!doctype html>
<html lang="${lang}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <link rel="stylesheet" href="/shop.css" />
    <link rel="icon" href="data:," />
    <title>Shop</title>
    <script type="module" src="${api}/widget.js"></script>
  </head>
  <body>
    <main>
      <h1>Order</h1>
      <form action="/thanks" method="${receive === undefined ? 'get' : 'post'}">
        <otpost-verify publishable-key="${key}" name="proof" country="EE" session="s-1"
          ${attributes}></otpost-verify>
        <button id="order">Order</button>
        <button id="clear" type="reset">Clear</button>
      </form>
    </main>
  </body>
</html>`
