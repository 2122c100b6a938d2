import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { killTree } from './processes.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const DATABASE = 'otpost'
const READY_MS = 60_000
const POLL_MS = 100
/** Ports that are tried for one start. */
const PORTS = 5

/** A local deployment whose data outlive its processes. */
export interface Deployment {
  /** Applies the migrations, and runs SQL. */
  prepare(sql: string): Promise<void>
  /** Starts wrangler and waits until it serves. */
  start(): Promise<Server>
  /** Gives the rows of a query; nothing may be running. */
  query<Row>(sql: string): Promise<readonly Row[]>
}

export interface Server {
  readonly url: string
  /** Ends wrangler and its runtimes as a power cut would. */
  kill(): Promise<void>
}

const running = new Set<number>()

/** Ends what is still running, at once. */
export function killAll(): void {
  for (const pid of running) killTree(pid)
}

export function deployment(
  folder: string,
  variables: Readonly<Record<string, string>>,
): Deployment {
  const env = {
    ...process.env,
    CI: '1',
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
  }
  const local = ['--local', '--persist-to', folder]
  const d1 = async (...args: readonly string[]) => {
    const command = [WRANGLER, 'd1', ...args, ...local]
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, env })
    return stdout
  }
  const noVariables = join(folder, 'no-variables')
  const vars = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`])

  /** Undefined when another program took the port between its choice and its use. */
  const startOnce = async (): Promise<Server | undefined> => {
    const port = await freePort()
    // In place of .dev.vars, which belongs to whoever works here.
    writeFileSync(noVariables, '')
    const where = ['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0']
    const options = [...where, '--persist-to', folder, '--env-file', noVariables, ...vars]
    const child = spawn(process.execPath, [WRANGLER, 'dev', ...options], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { pid } = child
    if (pid === undefined) throw new Error('wrangler did not start')
    running.add(pid)
    const ended = once(child, 'exit').then(() => running.delete(pid))
    let shown = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (shown += chunk.toString()))
    }
    const url = `http://127.0.0.1:${port}`
    const ready = await isReady(url, () => running.has(pid))
    const kill = async () => {
      killTree(pid)
      await ended
    }
    if (!ready) {
      await kill()
      if (/already in use/i.test(shown)) return undefined
      throw new Error(`wrangler dev does not serve:\n${shown}`)
    }
    return { url, kill }
  }

  const start = async (): Promise<Server> => {
    for (let attempt = 1; attempt <= PORTS; attempt += 1) {
      const server = await startOnce()
      if (server !== undefined) return server
    }
    throw new Error(`None of ${PORTS} ports was free for wrangler dev. Try again.`)
  }

  return {
    start,
    async prepare(sql) {
      await d1('migrations', 'apply', DATABASE)
      await d1('execute', DATABASE, '--command', sql)
    },
    async query<Row>(sql: string) {
      const answer = await d1('execute', DATABASE, '--json', '--command', sql)
      return (JSON.parse(answer) as { results: Row[] }[]).flatMap(({ results }) => results)
    },
  }
}

async function isReady(url: string, alive: () => boolean): Promise<boolean> {
  const deadline = Date.now() + READY_MS
  while (alive() && Date.now() < deadline) {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    )
    if (answer?.status === 200) return true
    await sleep(POLL_MS)
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
