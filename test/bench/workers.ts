import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

const ROOT = resolve(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

/** The key of the project that `startOtpost` makes. */
export const SECRET = 'sk_live_benchmark0000000000000000000'

/** Its key for pages of `ORIGIN`. */
export const PUBLISHABLE = 'pk_live_benchmark0000000000000000000'
export const ORIGIN = 'https://shop.example'
export const PROJECT = '0123456789abcdef01234567'

const RESTRICTIONS = { origins: [ORIGIN], turnstile: false }
const SETTINGS = { countries: '*', sendsPerDay: null, sendsPerCountryPerDay: null }

/** A Worker as wrangler writes it: its script first, then its text modules. */
type Modules = readonly { type: 'ESModule' | 'Text'; path: string; contents: string }[]

const scriptOnly = (contents: string): Modules => [{ type: 'ESModule', path: 'index.js', contents }]

/** Builds the Worker as it would be deployed, minified. */
export async function buildOtpost(folder: string): Promise<Modules> {
  const build = ['deploy', '--dry-run', '--minify', '--outdir', folder]
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' }
  await promisify(execFile)(process.execPath, [WRANGLER, ...build], { cwd: ROOT, env })
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const texts = globSync('*.txt', { cwd: folder })
  return [
    ...scriptOnly(read('index.js')),
    ...texts.map((path) => ({ type: 'Text' as const, path, contents: read(path) })),
  ]
}

/** Token keys of its own for each run. */
function tokenKeys(): string {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  })
  return JSON.stringify({ keys: [{ ...jwk, kid: 'bench-key', alg: 'ES256', use: 'sig' }] })
}

export interface Served {
  readonly url: URL
  readonly close: () => Promise<void>
}

export type Database = Awaited<ReturnType<Miniflare['getD1Database']>>

/** Starts a built otpost, with an empty database and one project without daily caps. */
export async function startOtpost(modules: Modules, providerUrl: string): Promise<Served> {
  const served = await startEmpty(modules, {
    PROVIDERS: 'twilio',
    TWILIO_ACCOUNT_SID: 'ACbench',
    TWILIO_AUTH_TOKEN: 'twilio-token-of-the-benchmark',
    TWILIO_FROM: '+12025550100',
    TWILIO_BASE_URL: providerUrl,
  })
  const project = { id: PROJECT, name: 'Benchmark', settings: SETTINGS }
  await addProject(served.database, project, [
    { secret: SECRET, kind: 'secret', mode: 'live' },
    { secret: PUBLISHABLE, kind: 'publishable', mode: 'live', restrictions: RESTRICTIONS },
  ])
  return served
}

/** Starts a built otpost, with an empty database. */
export async function startEmpty(
  modules: Modules,
  bindings: Readonly<Record<string, string>>,
): Promise<Served & { readonly database: Database }> {
  const object = (className: string) => ({ className, useSQLite: true })
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...sameFor('otpost', modules),
      durableObjects: {
        PHONE_LINE: object('PhoneLine'),
        METER: object('Meter'),
        IDEMPOTENCY: object('IdempotentRequest'),
        INBOX: object('Inbox'),
      },
      d1Databases: ['DB'],
      bindings: {
        ENVIRONMENT: 'development',
        OTPOST_NUMBER_KEY: 'nK7-bench-number-key-4f1c9a7be2d85036',
        OTPOST_SECRET: 'sE3-bench-code-secret-91d0c6aa5b7e2f48',
        OTPOST_TOKEN_KEYS: tokenKeys(),
        ...bindings,
      },
    }),
  )
  const served = await serve(runtime)
  const database = await runtime.getD1Database('DB')
  await migrate(database)
  return { ...served, database }
}

/** Starts the Worker that does nothing but one durable write by one Durable Object a request. */
export async function startFloor(): Promise<Served> {
  const script = readFileSync(join(import.meta.dirname, 'floor-worker.js'), 'utf8')
  const durableObjects = { FLOOR: { className: 'Floor', useSQLite: true } }
  return serve(
    new Miniflare(
      convertV4MiniflareOptions({ ...sameFor('floor', scriptOnly(script)), durableObjects }),
    ),
  )
}

/** The runtime also logs every alarm that comes late under load. */
function handleStructuredLogs({ level, message }: { level: string; message: string }): void {
  if (level === 'error') process.stderr.write(`${message}\n`)
}

const sameFor = (name: string, modules: Modules) => ({
  name,
  modules: [...modules],
  compatibilityDate: '2026-10-20',
  compatibilityFlags: ['global_fetch_strictly_public'],
  host: '127.0.0.1',
  port: 0,
  cf: false,
  logRequests: false,
  telemetry: { enabled: false },
  handleStructuredLogs,
})

async function serve(runtime: Miniflare): Promise<Served> {
  return { url: await runtime.ready, close: () => runtime.dispose() }
}

async function migrate(database: Database): Promise<void> {
  for (const file of globSync('migrations/*.sql', { cwd: ROOT }).toSorted()) {
    const statements = readFileSync(join(ROOT, file), 'utf8').replaceAll(/--.*$/gm, '').split(';')
    for (const statement of statements.filter((text) => text.trim() !== '')) {
      await database.prepare(statement).run()
    }
  }
}

export interface Project {
  readonly id: string
  readonly name: string
  readonly settings: object
}

export interface Key {
  readonly secret: string
  readonly kind: 'secret' | 'publishable'
  readonly mode: 'live' | 'test'
  readonly restrictions?: object
}

/** Adds a project with its keys. */
export async function addProject(
  database: Database,
  { id, name, settings }: Project,
  keys: readonly Key[],
): Promise<void> {
  const now = Date.now()
  await database.batch([
    database
      .prepare('INSERT INTO projects (id, name, settings, created_at) VALUES (?, ?, ?, ?)')
      .bind(id, name, JSON.stringify(settings), now),
    ...keys.map(({ secret, kind, mode, restrictions = {} }) =>
      database
        .prepare(
          `INSERT INTO api_keys (hash, project_id, kind, mode, restrictions, last4, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .bind(
          createHash('sha256').update(secret).digest('hex'),
          id,
          kind,
          mode,
          JSON.stringify(restrictions),
          secret.slice(-4),
          now,
        ),
    ),
  ])
}
