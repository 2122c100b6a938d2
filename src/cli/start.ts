import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, print, runCommand } from './command.ts'
import { writeDevVars } from './dev-vars.ts'
import { LOCAL } from './local-keys.ts'
import { migrateLocally, seedLocally } from './local-project.ts'
import { devArguments, readStartArguments } from './start-arguments.ts'
import { ROOT, startWrangler } from './wrangler.ts'

const USAGE = `npm start
npm start -- --port 8799 --persist-to DIR --var NAME:value

Serves otpost on this machine, with a database and an inbox in place of providers.
  --port PORT         instead of 8787
  --persist-to DIR    keeps the database there instead of in .wrangler/state
All other arguments go to wrangler dev.`

const POLL_MILLISECONDS = 150

const isTaken = async (host: string, port: number): Promise<boolean> => {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const refuseTakenPort = async (port: number): Promise<void> => {
  const taken = await Promise.all(['127.0.0.1', '::1'].map((host) => isTaken(host, port)))
  if (!taken.includes(true)) return
  const another = port === 8799 ? 8800 : 8799
  throw new Failure(
    `Port ${port} is in use by another program, perhaps another npm start. ` +
      `Stop that one, or take another port: npm start -- --port ${another}`,
  )
}

/** Waits for the first answer of the server; undefined when it ended without one. */
const firstAnswer = async (url: string, ended: AbortSignal): Promise<Response | undefined> => {
  while (!ended.aborted) {
    try {
      return await fetch(`${url}/health`, { signal: ended })
    } catch {
      await sleep(POLL_MILLISECONDS, undefined, { signal: ended }).catch(() => {})
    }
  }
  return undefined
}

const keyLine = ({ secret, kind, mode }: (typeof LOCAL.keys)[number]) =>
  `  ${secret}   ${kind} key, ${mode}`

const welcome = (url: string): string => `
otpost is ready at ${url}

${LOCAL.keys.map(keyLine).join('\n')}
  ${LOCAL.adminToken}     admin token

Send a code:
  curl -u sk_test_local: ${url}/v1/verifications --data-urlencode phoneNumber=+12025550123

Read it:
  ${url}/dev/inbox

See it all in a page:
  ${url}/demo
`

const announce = async (url: string, ended: AbortSignal): Promise<void> => {
  const response = await firstAnswer(url, ended)
  if (response === undefined) return
  const body = await response.text().catch(() => '')
  print(welcome(url))
  if (!response.ok) print(`/health answers ${response.status}: ${body}\nLook at .dev.vars first.`)
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Hands signals on to the server and waits for its end. A server that was told to stop and did has
 * not failed: its 130 or 143 becomes 0, or npm reports an error after every Ctrl-C.
 */
const exitCodeOf = async (server: ChildProcess): Promise<number> => {
  let told: NodeJS.Signals | undefined
  const handOn = (signal: NodeJS.Signals) => {
    told = signal
    server.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, handOn)
  const [code, signal] = (await once(server, 'exit')) as [number | null, NodeJS.Signals | null]
  for (const name of SIGNALS) process.off(name, handOn)
  const ended = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  return told !== undefined && ended > 128 ? 0 : ended
}

async function start(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(USAGE)
    return 0
  }
  const wanted = readStartArguments(args)
  const place = { remote: false, persistTo: wanted.persistTo }
  await refuseTakenPort(wanted.port)
  await writeDevVars(join(ROOT, '.dev.vars'))
  print('Preparing the local database …')
  await migrateLocally(place)
  await seedLocally(place)
  const ended = new AbortController()
  const server = startWrangler(devArguments(wanted))
  const announced = announce(`http://localhost:${wanted.port}`, ended.signal)
  const code = await exitCodeOf(server)
  ended.abort()
  await announced
  return code
}

await runCommand(() => start(process.argv.slice(2)))
