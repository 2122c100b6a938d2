import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core'
import { CLOUDFLARE, openShop, type ShopOptions } from './shop.ts'
import type { OtpostVerifyElement } from '../../../src/widget/browser/element-types.ts'
import { StandIn } from './stand-in.ts'

/** How long a test waits for what must come, in milliseconds: long enough for a machine with much to do. */
export const PATIENCE = 30_000

/** Nothing outside this machine is ever asked. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), args: FLAGS })

/** The browser of `CHROMIUM`, or the one on the path. */
function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path))
  const path = process.env['CHROMIUM'] ?? found
  if (path !== undefined) return path
  throw new Error('There is no Chromium: install Debian’s package chromium, or set CHROMIUM.')
}

/** A page with the widget in it. */
export interface Opened {
  readonly page: Page
  readonly widget: Locator
  /** Names and details of the widget's events, oldest first. */
  events(): Promise<readonly (readonly [name: string, detail: Record<string, unknown>])[]>
  /** The value that the form would submit. */
  value(): Promise<string>
  /** Gives what is wrong for people who cannot see, hear or use a mouse. */
  faults(): Promise<readonly string[]>
}

interface OpenOptions {
  readonly context?: BrowserContextOptions
  /** Runs before any script of the page. */
  readonly before?: () => void
  /** Opens the page with a clock that the test moves. */
  readonly ownClock?: boolean
  /** The script with which Turnstile's address is answered. */
  readonly turnstile?: string | undefined
  /** What the browser may write to the console besides refused requests. */
  readonly expected?: RegExp
}

/** Opens a page; the test fails in the end when the page complained about anything. */
export async function open(
  browser: Browser,
  test: TestContext,
  url: string,
  options: OpenOptions & { readonly api: string },
): Promise<Opened> {
  const context = await browser.newContext({ locale: 'en-GB', ...options.context })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  const complaints = listen(page, options.api, options.expected)
  test.after(async () => {
    await context.close()
    assert.deepEqual(complaints, [])
  })
  const { turnstile } = options
  if (turnstile !== undefined) {
    await page.route(`${CLOUDFLARE}/**`, async (route) => {
      const { status, body } = await scriptAt(new URL(turnstile, url))
      await route.fulfill({ status, body, contentType: 'text/javascript' })
    })
  }
  if (options.ownClock === true) await page.clock.install()
  await page.addInitScript(collectEvents)
  if (options.before !== undefined) await page.addInitScript(options.before)
  await page.goto(url)
  const widget = page.locator('otpost-verify')
  return {
    page,
    widget,
    events: () => page.evaluate('window.otpostEvents'),
    value: () => widget.evaluate((element: OtpostVerifyElement) => element.value),
    faults: () => faultsOf(page),
  }
}

async function scriptAt(url: URL) {
  const response = await fetch(url)
  return { status: response.status, body: await response.text() }
}

export interface Visit extends Opened {
  readonly api: StandIn
  readonly shop: string
}

interface VisitOptions extends OpenOptions, Omit<ShopOptions, 'api' | 'turnstile'> {
  readonly prepare?: (api: StandIn) => void
  /** Opens a page of the deployment itself instead of the shop. */
  readonly path?: string
}

/** Opens the shop, which asks a stand-in for the API. */
export async function visit(
  browser: Browser,
  test: TestContext,
  options: VisitOptions = {},
): Promise<Visit> {
  const api = await StandIn.start()
  options.prepare?.(api)
  const shop = await openShop({ ...options, api: api.origin })
  test.after(() => {
    shop.close()
    api.close()
  })
  const url = options.path === undefined ? shop.origin : `${api.origin}${options.path}`
  const opened = await open(browser, test, url, { ...options, api: api.origin })
  return { ...opened, api, shop: shop.origin }
}

function collectEvents(): void {
  const events: unknown[] = []
  Object.assign(globalThis, { otpostEvents: events })
  for (const name of ['sent', 'verified', 'error', 'expired']) {
    document.addEventListener(`otpost:${name}`, (event) => {
      events.push([event.type, (event as CustomEvent<unknown>).detail])
    })
  }
}

/** Every browser writes a refused request to the console; nothing else may stand there. */
function listen(page: Page, api: string, others: RegExp = /^$/): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    const { url } = message.location()
    const scripted =
      url.startsWith(`${api}/v1/`) ||
      /^https:\/\/challenges\.cloudflare\.com\/|\/widget\/texts\/fi\.json$/.test(url)
    const text = message.text()
    const expected = (scripted && text.startsWith('Failed to load resource')) || others.test(text)
    if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(text)
  })
  return complaints
}

/** Waits until nothing fades or slides any more. */
export const atRest = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const places = [document, document.querySelector('otpost-verify')?.shadowRoot]
    const moving = places
      .flatMap((place) => place?.getAnimations() ?? [])
      .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
    await Promise.allSettled(moving.map(({ finished }) => finished))
  })

/** Runs axe over the debugger, where the page's policy has no say. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  await atRest(page)
  const session = await page.context().newCDPSession(page)
  const evaluate = async (expression: string) => {
    const options = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', options)
    assert.equal(exceptionDetails, undefined)
    return result.value as unknown
  }
  await evaluate(`${axe.source}; 0`)
  const found = await evaluate(`axe.run().then(({ violations }) => violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary].join(' '))))`)
  await session.detach()
  return found as readonly string[]
}
