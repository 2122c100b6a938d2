import { serve, type Server } from './server.ts'

export interface ShopOptions {
  /** Origin of the deployment. */
  readonly api: string
  readonly attributes?: string
  readonly lang?: string
  /** Where a script stands in for Turnstile's; the policy allows it, and nothing else. */
  readonly turnstile?: string
}

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
    response.end(pathname === '/' ? page(options) : '<!doctype html><title>Thanks</title>')
  })
}

const policy = ({ api, turnstile }: ShopOptions): string =>
  [
    "default-src 'none'",
    `script-src ${api} ${turnstile === undefined ? '' : "'self'"}`,
    `connect-src ${api}`,
    // For the page's own look and icon.
    "style-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const page = ({ api, attributes = '', lang = 'en', turnstile }: ShopOptions): string =>
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
      <form action="/thanks">
        <otpost-verify publishable-key="pk_test_local" name="proof" country="EE" session="s-1"
          ${turnstile === undefined ? '' : `turnstile-src="${turnstile}"`} ${attributes}></otpost-verify>
        <button id="order">Order</button>
        <button id="clear" type="reset">Clear</button>
      </form>
    </main>
  </body>
</html>`
