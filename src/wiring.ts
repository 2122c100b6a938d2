import { waitUntil } from 'cloudflare:workers'
import { createApp, createMisconfiguredApp } from './app.ts'
import { turnstile } from './challenges/turnstile.ts'
import { readConfig, type Config, type ConfigResult } from './config.ts'
import { createCore } from './core/index.ts'
import { deliveryOfToken, deliveryToken, hashNumber } from './core/ids.ts'
import {
  deriveCodeKeys,
  deriveNumberKeys,
  hmac,
  seal,
  type CodeKeys,
  type NumberKeys,
} from './core/keys.ts'
import type { Ports } from './core/ports.ts'
import { receiveReport } from './core/receive-reports.ts'
import { bytesOf } from './core/text.ts'
import { totpContext } from './core/totp.ts'
import { tokens } from './core/tokens.ts'
import { report } from './http/report-bug.ts'
import { idempotency } from './idempotency/client.ts'
import { inboxes, type InboxClient } from './inbox/client.ts'
import { meters } from './meter/client.ts'
import { shield } from './meter/shield.ts'
import { phoneLines } from './phone-line/client.ts'
import { PhoneLineObject } from './phone-line/phone-line.ts'
import { SCRIPTED_NUMBERS } from './providers/carrier-script.ts'
import { circuits } from './providers/circuits.ts'
import { failover } from './providers/failover.ts'
import { inbox } from './providers/inbox.ts'
import { twilioLookup } from './providers/twilio-lookup.ts'
import { vendors } from './providers/vendors.ts'
import { keyRing } from './storage/key-ring.ts'
import { ledger } from './storage/ledger.ts'
import { listProjectIds, projects } from './storage/projects.ts'
import { serviceUsers } from './storage/service-users.ts'
import { services } from './storage/services.ts'
import { totpFactors } from './storage/totp-factors.ts'

/** Everything live about one phone number, with the ledger and the keys of this deployment. */
export class PhoneLine extends PhoneLineObject<Env> {
  protected override ledger = () => ledger(() => this.env.DB)
  protected override codeKeys = () => codeKeys(configured(this.env).secrets)
  protected override report = report
}

type App = ReturnType<typeof createApp>

const apps = new WeakMap<Env, App>()

/** The application of an environment, made once per isolate. */
export function appOf(env: Env): App {
  const app = apps.get(env) ?? wire(env)
  apps.set(env, app)
  return app
}

function wire(env: Env): App {
  const result = configOf(env)
  if (!result.ok) return createMisconfiguredApp(result.problems, result.development)
  const { config } = result
  const numbers = () => numberKeys(config.numberKey)
  const codes = () => codeKeys(config.secrets)
  const bothKeys = async () => ({ numbers: await numbers(), codes: await codes() })
  const background = (work: Promise<unknown>) => {
    waitUntil(work.catch(report))
  }
  const record = ledger(() => env.DB)
  const messages = inboxes(env.INBOX, codes)
  const carrier = inbox({
    add: messages.add,
    report: (token, reported) => receiveReport(ports, 'inbox', token, reported),
    background,
    wait: (ms, signal) => scheduler.wait(ms, signal && { signal }),
  })
  const fetcher: typeof fetch = (input, init) => fetch(input, init)
  const live = config.providers.map(({ vendor, options }) =>
    vendor === undefined ? carrier : vendor.create(options, fetcher),
  )
  const urls = new Map(config.providers.map(({ name, publicUrl }) => [name, publicUrl]))
  const ports: Ports = {
    lines: phoneLines(env.PHONE_LINE, bothKeys),
    ledger: record,
    keys: keyRing(
      () => env.DB,
      background,
      () => Date.now(),
    ),
    meters: meters(env.METER),
    shield: shield(env.CHECKS_BY_IP),
    idempotency: idempotency(env.IDEMPOTENCY, bothKeys),
    projects: projects(() => env.DB),
    services: services(() => env.DB),
    users: serviceUsers(() => env.DB),
    totpFactors: totpFactors(() => env.DB),
    messenger: failover({
      live,
      test: carrier,
      circuits: circuits(env.BREAKER, background),
      publicUrlFor: (name) => urls.get(name),
      tokenOf: async (purpose, id) => deliveryToken(await numbers(), purpose, id),
      report,
      wait: (ms) => scheduler.wait(ms),
    }),
    vendors: vendors(live, async (purpose, token) =>
      deliveryOfToken(await numbers(), purpose, token),
    ),
    inbox: messages,
    lookup: config.lookup && twilioLookup(config.lookup, fetcher),
    tokens: tokens(config.tokenKeys),
    challenges: config.turnstile && turnstile(config.turnstile, fetcher),
    background,
    now: () => Date.now(),
    pseudonym: async (text) => (await hmac((await numbers()).naming, bytesOf(text))).toHex(),
    hashNumber: async (mode, number) => (await hashNumber(await numbers(), mode, number)).toHex(),
    sealTotp: async (factorId, base32) => seal(await codes(), totpContext(factorId), base32),
  }
  return createApp({
    core: createCore(ports),
    publicUrl: config.publicUrl,
    health: () => problemsOf(config, () => record.probe()),
    development: config.development
      ? { list: () => everyMessage(env, messages), scripted: SCRIPTED_NUMBERS }
      : undefined,
  })
}

async function problemsOf(config: Config, probe: () => Promise<void>): Promise<readonly string[]> {
  const problems: string[] = []
  if (config.providers.length === 0) {
    problems.push('PROVIDERS names no provider, so live keys cannot send.')
  }
  try {
    await probe()
  } catch {
    problems.push('The D1 database cannot be read: apply the migrations, or see its status.')
  }
  return problems
}

async function everyMessage(env: Env, messages: InboxClient) {
  const ids = await listProjectIds(env.DB)
  const lists = await Promise.all(
    ids.flatMap((projectId) =>
      (['live', 'test'] as const).map((mode) => messages.list({ projectId, mode })),
    ),
  )
  return lists.flat().toSorted((a, b) => (a.at < b.at ? 1 : -1))
}

const configs = new WeakMap<Env, ConfigResult>()

/** The configuration of an environment, read once. */
function configOf(env: Env): ConfigResult {
  const result = configs.get(env) ?? readConfig(env)
  configs.set(env, result)
  return result
}

function configured(env: Env): Config {
  const result = configOf(env)
  if (!result.ok) throw new Error(result.problems.join(' '))
  return result.config
}

/** Derived keys by root secret: values, since a promise of one request may not be awaited in another. */
const derivedNumberKeys = new Map<string, NumberKeys>()
const derivedCodeKeys = new Map<string, CodeKeys>()

async function numberKeys(secret: string): Promise<NumberKeys> {
  const keys = derivedNumberKeys.get(secret) ?? (await deriveNumberKeys(secret))
  derivedNumberKeys.set(secret, keys)
  return keys
}

async function codeKeys(secrets: readonly string[]): Promise<CodeKeys> {
  const name = secrets.join(',')
  const keys = derivedCodeKeys.get(name) ?? (await deriveCodeKeys(secrets))
  derivedCodeKeys.set(name, keys)
  return keys
}
