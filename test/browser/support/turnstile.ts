import { text } from 'node:stream/consumers'
import { serve } from './server.ts'

/** Draws a frame of its own origin, as the real one does, and hands over what comes out of it. */
const scriptOf = (origin: string): string => `
  const here = '${origin}'
  window.turnstile = {
    render: (place, options) => {
      const frame = Object.assign(document.createElement('iframe'), {
        src: here + '/challenge?' + new URLSearchParams({ action: options.action, key: options.sitekey }),
        title: 'Challenge',
      })
      frame.width = 300
      frame.height = 65
      place.append(frame)
      addEventListener('message', ({ source, origin, data }) => {
        if (origin === here && source === frame.contentWindow) options.callback(data)
      })
      return 'drawn'
    },
    reset: () => {},
    remove: () => {},
  }`

const FRAME = `<!doctype html><html lang="en"><title>Challenge</title><button>I am human</button>
  <script>
    document.querySelector('button').onclick = () => parent.postMessage(crypto.randomUUID(), '*')
  </script></html>`

/** Stands in for Cloudflare: the script of pages, its frame, and what servers ask about tokens. */
export class Turnstile {
  static readonly siteKey = '0x4AAAAAAA-stand-in'
  origin = ''
  /** What the next tokens are told to be, oldest first; then all of them are good. */
  readonly verdicts: object[] = []
  /** What servers have asked, oldest first. */
  readonly asked: Readonly<Record<string, string>>[] = []
  readonly #used = new Set<string>()
  #close = () => {}

  static async start(): Promise<Turnstile> {
    const turnstile = new Turnstile()
    const server = await serve(async (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://turnstile')
      const said = await turnstile.#answer(pathname, await text(request))
      const type = pathname === '/challenge' ? 'text/html' : 'text/javascript'
      response.writeHead(200, { 'content-type': type }).end(said)
    })
    turnstile.origin = server.origin
    turnstile.#close = server.close
    return turnstile
  }

  close(): void {
    this.#close()
  }

  async #answer(pathname: string, body: string): Promise<string> {
    if (pathname === '/challenge') return FRAME
    if (pathname !== '/siteverify') return scriptOf(this.origin)
    const asked = Object.fromEntries(new URLSearchParams(body))
    this.asked.push(asked)
    return JSON.stringify(this.#verdict(asked['response'] ?? ''))
  }

  #verdict(token: string): object {
    if (this.#used.has(token)) {
      return { success: false, 'error-codes': ['timeout-or-duplicate'] }
    }
    this.#used.add(token)
    const good = { success: true, 'error-codes': [], hostname: 'localhost', action: 'otp' }
    return this.verdicts.shift() ?? good
  }
}
