/**
 * Stands in for wrangler: keeps an account in `STAND_IN/state.json`, a database in SQLite, and
 * records every call. `STAND_IN_FAIL="secret bulk"` makes that call fail, and with `after ` before
 * it, fail once its work is done, as when only the answer is lost.
 */
import { appendFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import type { Account } from './temporary-project.ts'

const folder = process.env['STAND_IN'] ?? ''
const fail = process.env['STAND_IN_FAIL'] ?? ''
const args = process.argv.slice(2)
const commandLine = args.join(' ')

const stateFile = join(folder, 'state.json')
const account = JSON.parse(readFileSync(stateFile, 'utf8')) as Account
const save = () => writeFileSync(stateFile, JSON.stringify(account))

const flag = (name: string) => args[args.indexOf(name) + 1] ?? ''
const say = (value: unknown) => console.log(JSON.stringify(value, null, 2))
const stop = (message: string): never => {
  console.error(`✘ [ERROR] ${message}\n`)
  process.exit(1)
}

const withDatabase = <Result>(work: (database: DatabaseSync) => Result): Result => {
  const where = args.includes('--remote') ? 'remote' : 'local'
  const database = new DatabaseSync(join(folder, `${where}.sqlite`))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const migrate = () =>
  withDatabase((database) => {
    const done = (database.prepare('PRAGMA user_version').get() as { user_version: number })
      .user_version
    const files = globSync('migrations/*.sql').toSorted()
    for (const file of files.slice(done)) database.exec(readFileSync(file, 'utf8'))
    database.exec(`PRAGMA user_version = ${files.length}`)
  })

const execute = () => {
  const statement = flag('--command')
  try {
    const several = statement.includes(';\n')
    const results = withDatabase((database) =>
      several ? (database.exec(statement), []) : database.prepare(statement).all(),
    )
    say([{ results, success: true, meta: { duration: 1 } }])
  } catch (error) {
    say({ error: { text: `${(error as Error).message}: SQLITE_ERROR` } })
    process.exit(1)
  }
}

const listSecrets = () => {
  if (process.env['STAND_IN_GARBAGE'] === '1') return console.log('Welcome!')
  if (account.secrets === null) {
    return stop('Worker "otpost" not found.\n\n  If this is a new Worker, run `wrangler deploy`')
  }
  return say(Object.keys(account.secrets).map((name) => ({ name, type: 'secret_text' })))
}

const serve = () => {
  const end = process.env['STAND_IN_EXIT']
  const server = createServer((_, response) => {
    response.end('{"status":"ok"}')
    if (end !== undefined) setTimeout(() => process.exit(Number(end)), 50)
  })
  server.listen(Number(flag('--port')), '127.0.0.1')
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      appendFileSync(join(folder, 'signals'), `${signal}\n`)
      process.exit(code)
    })
  }
}

const input = /^secret (?:bulk|put)/.test(commandLine) ? await text(process.stdin) : ''

const commands: Readonly<Record<string, () => unknown>> = {
  whoami: () => say({ loggedIn: true }),
  'd1 list': () => say(account.databases),
  'd1 create': () => {
    account.databases.push({ uuid: '5f3c2a10-7d1e-4b6f-9c55-0a1b2c3d4e5f', name: args[2] ?? '' })
  },
  'd1 migrations': migrate,
  'd1 execute': execute,
  'secret list': listSecrets,
  'secret bulk': () => {
    account.secrets = { ...account.secrets, ...(JSON.parse(input) as Record<string, string>) }
  },
  'secret put': () => {
    account.secrets = { ...account.secrets, [args[2] ?? '']: input }
  },
  deploy: () => {
    account.secrets ??= {}
    account.deployments += 1
    console.log('Deployed otpost triggers\n  https://otpost.someone.workers.dev')
  },
  dev: serve,
}

appendFileSync(join(folder, 'calls'), `${JSON.stringify({ args, input })}\n`)
const name = Object.keys(commands).find((start) => commandLine.startsWith(start))
if (name === undefined) stop(`unknown: ${commandLine}`)
if (fail === name) stop(`A request to the Cloudflare API (${name}) failed. [code: 10013]`)
commands[name ?? '']?.()
save()
if (fail === `after ${name}`) stop(`The answer to ${name} was lost.`)
