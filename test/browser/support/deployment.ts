import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { LOCAL } from '../../../src/cli/local-keys.ts'
import { makeTokenKeys } from '../../../src/cli/token-key-sets.ts'
import { addProject, buildOtpost, startEmpty } from '../../bench/workers.ts'
import { openShop, type ShopOptions } from './shop.ts'
import { until } from './steps.ts'
import { Turnstile } from './turnstile.ts'
import { open, type Opened } from './visit.ts'

export interface Message {
  readonly to: string
  readonly channel: string
  readonly body: string
  readonly code: string
}

interface TenantOptions {
  readonly settings?: object
  /** Of its publishable key. */
  readonly restrictions?: object
}

/** Somebody with a project, whose keys are for tests. */
export interface Tenant {
  readonly projectId: string
  readonly publishableKey: string
  /** Asks the API as the tenant's server. */
  ask(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  /** What has come to a phone, newest first. */
  messages(to: string): Promise<readonly Message[]>
  /** Waits for so many messages; gives the code of the newest. */
  codeOf(to: string, messages?: number): Promise<string>
}

interface EnterOptions extends Omit<ShopOptions, 'api' | 'key'>, TenantOptions {
  readonly ownClock?: boolean
  readonly expected?: RegExp
}

export interface Entered extends Opened, Tenant {
  /** Origin of the page. */
  readonly shop: string
}

/** The Worker as it is deployed, on a socket of this machine, with everything that it keeps. */
export interface Deployment {
  readonly origin: string
  readonly turnstile: Turnstile
  tenant(options?: TenantOptions): Promise<Tenant>
  /** Opens the page of a new tenant, on an origin that its key names. */
  enter(browser: Browser, test: TestContext, options?: EnterOptions): Promise<Entered>
  close(): Promise<void>
}

export async function deploy(): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'otpost-browser-'))
  const turnstile = await Turnstile.start()
  const served = await startEmpty(await buildOtpost(folder), {
    PROVIDERS: 'inbox',
    OTPOST_TOKEN_KEYS: await makeTokenKeys(),
    TURNSTILE_SECRET: '0x4AAAAAAA-stand-in-secret',
    TURNSTILE_SITE_KEY: Turnstile.siteKey,
    TURNSTILE_BASE_URL: turnstile.origin,
  })
  await addProject(served.database, LOCAL, LOCAL.keys)
  const { origin } = served.url

  const tenant = async ({ settings, restrictions }: TenantOptions = {}): Promise<Tenant> => {
    const projectId = randomBytes(12).toString('hex')
    const publishableKey = `pk_test_${randomBytes(16).toString('hex')}`
    const secretKey = `sk_test_${randomBytes(16).toString('hex')}`
    const owned = { brand: 'Shop', countries: '*', ...settings }
    const project = { id: projectId, name: projectId, settings: owned }
    // All of these pages come from one address.
    const allowed = { turnstile: false, startsPerIp: [], ...restrictions }
    await addProject(served.database, project, [
      { secret: secretKey, kind: 'secret', mode: 'test' },
      { secret: publishableKey, kind: 'publishable', mode: 'test', restrictions: allowed },
    ])
    const ask = async (method: string, path: string, body?: object) => {
      const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' }
      const asked = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await fetch(`${origin}${path}`, { method, headers, ...asked })
      return (await response.json()) as Readonly<Record<string, unknown>>
    }
    const messages = async (to: string) =>
      (await ask('GET', `/v1/test/inbox?to=${encodeURIComponent(to)}`)) as unknown as Message[]
    const codeOf = async (to: string, count = 1) => {
      await until(async () => (await messages(to)).length >= count)
      return (await messages(to))[0]?.code ?? ''
    }
    return { projectId, publishableKey, ask, messages, codeOf }
  }

  return {
    origin,
    turnstile,
    tenant,
    enter: async (browser, test, options = {}) => {
      const shop: { key?: string } & ShopOptions = { ...options, api: origin }
      const server = await openShop(shop)
      test.after(() => server.close())
      const page = server.origin.replace('127.0.0.1', 'localhost')
      const restrictions = { origins: [page], ...options.restrictions }
      const owner = await tenant({ ...options, restrictions })
      shop.key = owner.publishableKey
      const opened = await open(browser, test, page, { ...options, api: origin })
      return { ...opened, ...owner, shop: page }
    },
    close: async () => {
      await served.close()
      turnstile.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
