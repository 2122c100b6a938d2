/**
 * Kills wrangler and its runtimes at chosen points of a send and starts them again: nothing may be
 * lost, and nobody may get a second message. Run it by `npm run test:crash`, or with a seed that it
 * printed: `npm run test:crash -- 12345`.
 */
import { createHash, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { api, type Api } from './api.ts'
import { startProvider, type Provider } from './provider.ts'
import { schedules, type Schedule } from './schedules.ts'
import { deployment, killAll, type Deployment } from './wrangler.ts'

const WHOLE_RUN_MS = 175_000
/** A lost intent is found after 20 s, and in the ledger 2 s later. */
const RECOVERY_MS = 40_000
/** A request that was begun this long ago under an Idempotency-Key counts as dead. */
const ABANDONED_MS = 31_000
const POLL_MS = 500

const SECRET = 'sk_live_crash00000000000000000000000'
const PROJECT = 'c0ffee00c0ffee00c0ffee00'

const results = { passed: 0, failed: 0 }

function expect(name: string, passed: boolean, seen: unknown): void {
  results[passed ? 'passed' : 'failed'] += 1
  print(passed ? `  ok      ${name}` : `  FAILED  ${name}; seen: ${JSON.stringify(seen)}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Asks again and again until the answer will do or time is up; gives the last answer. */
async function poll<T>(ask: () => Promise<T>, willDo: (answer: T) => boolean, deadline: number) {
  for (;;) {
    const answer = await ask()
    if (willDo(answer) || Date.now() > deadline) return answer
    await sleep(POLL_MS)
  }
}

const deliveryOf = (body: Readonly<Record<string, unknown>>): string =>
  (body['deliveries'] as readonly { status: string }[] | undefined)?.at(-1)?.status ?? 'none'

/** What the line and the ledger know after the crash, once alarms had their time. */
async function recovered(schedule: Schedule, served: Api, deadline: number): Promise<void> {
  const { number, deliveries, approved } = schedule
  const status = approved ? 'approved' : 'pending'
  const rows = await poll(
    () => served.recorded(number),
    (listed) => listed[0]?.status === status,
    deadline,
  )
  expect(`the ledger has its row, ${status}`, rows.length === 1 && rows[0]?.status === status, rows)
  const delivery = await poll(
    async () => deliveryOf((await served.read(rows[0]?.id ?? 'none')).body),
    (state) => deliveries.includes(state),
    deadline,
  )
  expect(`its delivery is ${deliveries.join(' or ')}`, deliveries.includes(delivery), delivery)
}

async function verify(schedule: Schedule, served: Api, provider: Provider, deadline: number) {
  const { number, key, sent, approved } = schedule
  print(`${schedule.name} (${number.slice(-2)})`)
  const messages = () => provider.messagesTo(number)
  const before = messages().length
  expect(sent ? 'one message went out' : 'at most one message went out', before < 2, before)
  if (sent) expect('it carries a code', messages()[0]?.code.length === 6, messages().length)
  // A crash before anything was durable leaves nothing: then the repeated start is the first.
  const begun = before > 0 || (await served.known(number)).length > 0
  if (sent || begun) await recovered(schedule, served, deadline)

  const again = await served.start(number, key)
  const expected = begun ? before : 1
  expect('the same start again is answered', again.status === 201, again)
  expect('and sends no second message', messages().length === expected, messages().length)
  if (messages().length === 0) await served.start(number)
  const check = await served.check(number, messages()[0]?.code ?? '')
  const verified = check.body['verified']
  if (approved) expect('its code counts only once', verified === false, check)
  else expect('the code that was sent is right', verified === true, check)
  const ledger = await poll(
    () => served.recorded(number),
    (rows) => rows[0]?.status === 'approved',
    Date.now() + RECOVERY_MS,
  )
  expect('the ledger says approved', ledger[0]?.status === 'approved', ledger)
}

async function crashAll(
  all: readonly Schedule[],
  deployed: Deployment,
  provider: Provider,
): Promise<void> {
  for (const schedule of all) {
    const server = await deployed.start()
    await schedule.play(api(server.url, SECRET), provider)
    await server.kill()
    print(`crashed: ${schedule.name}`)
  }
}

async function verifyAll(
  all: readonly Schedule[],
  deployed: Deployment,
  provider: Provider,
  lastCrash: number,
): Promise<void> {
  const server = await deployed.start()
  const served = api(server.url, SECRET)
  const deadline = Date.now() + RECOVERY_MS
  await sleep(Math.max(0, lastCrash + ABANDONED_MS - Date.now()))
  for (const schedule of all) await verify(schedule, served, provider, deadline)
  await server.kill()
  const rows = await deployed.query<{ last4: string; status: string }>(
    'SELECT phone_last4 AS last4, status FROM verifications',
  )
  for (const { number } of all) {
    const own = rows.filter(({ last4 }) => number.endsWith(last4))
    const one = own.length === 1 && own[0]?.status === 'approved'
    expect(`one row in the database, approved (${number.slice(-2)})`, one, own)
  }
}

const seedSql = (): string => {
  const hash = createHash('sha256').update(SECRET).digest('hex')
  const settings = JSON.stringify({
    countries: '*',
    sendsPerDay: null,
    sendsPerCountryPerDay: null,
  })
  return `INSERT INTO projects (id, name, settings, created_at)
            VALUES ('${PROJECT}', 'Crash', '${settings}', 1);
          INSERT INTO api_keys (hash, project_id, kind, mode, last4, created_at)
            VALUES ('${hash}', '${PROJECT}', 'secret', 'live', '0000', 1);`
}

async function run(seed: number, folder: string, provider: Provider): Promise<void> {
  const deployed = deployment(folder, {
    ENVIRONMENT: 'development',
    OTPOST_NUMBER_KEY: 'nK7-crash-number-key-4f1c9a7be2d85036',
    OTPOST_SECRET: 'sE3-crash-code-secret-91d0c6aa5b7e2f48',
    PROVIDERS: 'twilio',
    TWILIO_ACCOUNT_SID: 'ACcrash',
    TWILIO_AUTH_TOKEN: 'twilio-token-of-the-crash-test',
    TWILIO_FROM: '+12025550100',
    TWILIO_BASE_URL: provider.baseUrl,
  })
  await deployed.prepare(seedSql())
  const all = schedules(seed)
  await crashAll(all, deployed, provider)
  await verifyAll(all, deployed, provider, Date.now())
}

const seed = Number(process.argv[2] ?? randomInt(1, 1_000_000))
const folder = mkdtempSync(join(tmpdir(), 'otpost-crash-'))
process.on('exit', () => {
  killAll()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1))
}
const tooLong = setTimeout(() => {
  print(`crash: did not end within ${WHOLE_RUN_MS / 1000} s`)
  process.exit(1)
}, WHOLE_RUN_MS)

print(`seed ${seed}`)
const provider = await startProvider()
try {
  await run(seed, folder, provider)
} catch (error) {
  expect('the run goes through', false, error instanceof Error ? error.message : error)
} finally {
  clearTimeout(tooLong)
  provider.close()
}
print(`crash: ${results.passed} passed, ${results.failed} failed`)
process.exit(results.failed === 0 ? 0 : 1)
