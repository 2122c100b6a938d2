import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core'
import { openShop, type ShopOptions } from './shop.ts'
import type { OtpostVerifyElement } from '../../../src/widget/browser/element-types.ts'
import { StandIn } from './stand-in.ts'

/** Nothing outside this machine is ever asked. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: FLAGS,
  })

export interface Visit {
  readonly page: Page
  readonly api: StandIn
  readonly shop: string
  readonly widget: Locator
  /** Names and details of the widget's events, oldest first. */
  events(): Promise<readonly (readonly [name: string, detail: Record<string, unknown>])[]>
  /** The value that the form would submit. */
  value(): Promise<string>
  /** Gives what is wrong for people who cannot see, hear or use a mouse. */
  faults(): Promise<readonly string[]>
}

interface VisitOptions extends Omit<ShopOptions, 'api'> {
  readonly context?: BrowserContextOptions
  /** Runs before any script of the page. */
  readonly before?: () => void
  readonly prepare?: (api: StandIn) => void
  /** Opens the page with a clock that the test moves. */
  readonly ownClock?: boolean
  /** Opens a page of the deployment itself instead of the shop. */
  readonly path?: string
}

/** Opens the shop; the test fails in the end when the page complained about anything. */
export async function visit(
  browser: Browser,
  test: TestContext,
  options: VisitOptions = {},
): Promise<Visit> {
  const api = await StandIn.start()
  options.prepare?.(api)
  const shop = await openShop({ ...options, api: api.origin })
  const context = await browser.newContext({ locale: 'en-GB', ...options.context })
  const page = await context.newPage()
  page.setDefaultTimeout(8000)
  const complaints = listen(page, api)
  if (options.ownClock === true) await page.clock.install()
  await page.addInitScript(collectEvents)
  if (options.before !== undefined) await page.addInitScript(options.before)
  test.after(async () => {
    await context.close()
    shop.close()
    api.close()
    assert.deepEqual(complaints, [])
  })
  await page.goto(options.path === undefined ? shop.origin : `${api.origin}${options.path}`)
  const widget = page.locator('otpost-verify')
  return {
    page,
    api,
    shop: shop.origin,
    widget,
    events: () => page.evaluate('window.otpostEvents'),
    value: () => widget.evaluate((element: OtpostVerifyElement) => element.value),
    faults: () => faultsOf(page),
  }
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
function listen(page: Page, api: StandIn): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    const { url } = message.location()
    const scripted =
      url.startsWith(`${api.origin}/v1/`) || /\/missing\.js$|\/widget\/texts\/fi\.json$/.test(url)
    const expected = scripted && message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(message.text())
  })
  return complaints
}

/** Runs axe over the debugger, where the page's policy has no say. */
async function faultsOf(page: Page): Promise<readonly string[]> {
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
