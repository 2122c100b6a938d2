import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

const REPOSITORY = resolve(import.meta.dirname, '../../..')
const STAND_IN = join(import.meta.dirname, 'stand-in-wrangler.ts')

/** What the stand-in knows of a Cloudflare account; no secrets at all: there is no Worker. */
export interface Account {
  databases: { uuid: string; name: string }[]
  secrets: Record<string, string> | null
  deployments: number
}

export interface Call {
  readonly args: readonly string[]
  readonly input: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const lines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}

/** Copies the project to a folder of its own, where a stand-in is wrangler; it goes with the test. */
export function temporaryProject(account: Partial<Account> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'otpost-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const root = join(folder, 'project')
  const standIn = join(folder, 'stand-in')
  mkdirSync(standIn)
  for (const name of ['src', 'migrations', 'wrangler.toml', 'package.json']) {
    cpSync(join(REPOSITORY, name), join(root, name), { recursive: true })
  }
  // A wrangler.toml that has been set up is tested as a fresh one.
  const toml = join(root, 'wrangler.toml')
  const fresh = readFileSync(toml, 'utf8').replace(
    /^database_id = ".*"$/m,
    'database_id = "00000000-0000-0000-0000-000000000000"',
  )
  writeFileSync(toml, fresh)
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'), 'dir')
  const state = join(standIn, 'state.json')
  const begin: Account = { databases: [], secrets: null, deployments: 0, ...account }
  writeFileSync(state, JSON.stringify(begin))

  const start = (script: string, args: readonly string[], options: RunOptions = {}) =>
    spawn(process.execPath, [join(root, `src/cli/${script}.ts`), ...args], {
      cwd: folder,
      env: { ...process.env, OTPOST_WRANGLER: STAND_IN, STAND_IN: standIn, ...options.env },
    })

  return {
    root,
    /** Applies the migrations to the deployed database. */
    migrate: () => {
      const database = new DatabaseSync(join(standIn, 'remote.sqlite'))
      for (const file of readdirSync(join(root, 'migrations')).toSorted()) {
        database.exec(readFileSync(join(root, 'migrations', file), 'utf8'))
      }
      database.close()
    },
    /** Runs a statement on a database, past the commands. */
    change: (where: 'local' | 'remote', statement: string) => {
      const database = new DatabaseSync(join(standIn, `${where}.sqlite`))
      database.exec(statement)
      database.close()
    },
    folder,
    toml: () => readFileSync(toml, 'utf8'),
    writeToml: (content: string) => writeFileSync(toml, content),
    account: () => JSON.parse(readFileSync(state, 'utf8')) as Account,
    calls: () => lines(join(standIn, 'calls')).map((line) => JSON.parse(line) as Call),
    signals: () => lines(join(standIn, 'signals')),
    start,
    run: (script: string, args: readonly string[], options: RunOptions = {}) =>
      endOf(start(script, args, options), options.input),
  }
}

/** Waits for the end of a command. */
export async function endOf(child: ChildProcess, input = ''): Promise<Ended> {
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ])
  return { code, stdout, stderr }
}
