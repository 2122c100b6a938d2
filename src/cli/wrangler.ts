import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { Failure } from './command.ts'

/** Where `wrangler.toml` stands; wrangler always runs there, whatever folder the caller is in. */
export const ROOT = resolve(import.meta.dirname, '../..')

/** How `wrangler.toml` names the D1 database. */
export const DATABASE = 'otpost'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const program = (): string => {
  const path = process.env['OTPOST_WRANGLER'] ?? join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  if (!existsSync(path)) throw new Failure('wrangler is not installed: run npm ci first.')
  return path
}

// No question is ever asked: nobody could see it, for the output is kept.
const quiet = { CI: '1', WRANGLER_SEND_METRICS: 'false' }

// Nothing of a request, which may hold a secret, goes into wrangler's log files.
const captured = {
  ...quiet,
  NO_COLOR: '1',
  FORCE_COLOR: '0',
  WRANGLER_LOG: 'log',
  WRANGLER_LOG_SANITIZE: 'true',
  WRANGLER_WRITE_LOGS: 'false',
}

/** Runs wrangler to its end and keeps what it says; `input` is its standard input. */
export async function runWrangler(args: readonly string[], input?: string): Promise<Outcome> {
  const child = spawn(process.execPath, [program(), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...captured },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  // A wrangler that ends before it has read everything says why by itself.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ])
  return { code: code ?? 1, stdout, stderr }
}

/** Starts a wrangler that goes on running and writes where the caller writes. */
export const startWrangler = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [program(), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...quiet },
    stdio: ['ignore', 'inherit', 'inherit'],
  })

/** Gives wrangler's own words, without colours. */
export const wordsOf = (outcome: Outcome): string =>
  stripVTControlCharacters(`${outcome.stdout.trim()}\n${outcome.stderr.trim()}`).trim()
