import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure } from './command.ts'

export interface StartArguments {
  readonly port: number
  /** An absolute path, so that it means the same for every command. */
  readonly persistTo: string | undefined
  /** What goes to `wrangler dev` as it was written. */
  readonly rest: readonly string[]
}

const DEFAULT_PORT = 8787
const HIGHEST_PORT = 65_535

const ours = {
  port: { type: 'string' },
  'persist-to': { type: 'string' },
  persistTo: { type: 'string' },
} as const

const readPort = (text: string): number => {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= HIGHEST_PORT) return port
  throw new Failure(`${text} is no port: write one from 1 to ${HIGHEST_PORT}, as in --port 8799.`)
}

/** Takes the port and the folder out of the arguments of `wrangler dev`. */
export function readStartArguments(args: readonly string[]): StartArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: ours,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  let port = DEFAULT_PORT
  let persistTo: string | undefined
  const taken = new Set<number>()
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(ours, token.name)) continue
    const value = token.value ?? ''
    if (value === '') throw new Failure(`${token.rawName} needs a value, as in ${token.rawName} X.`)
    if (token.name === 'port') port = readPort(value)
    else persistTo = resolve(value)
    taken.add(token.index)
    if (!token.inlineValue) taken.add(token.index + 1)
  }
  return { port, persistTo, rest: args.filter((_, index) => !taken.has(index)) }
}

/** Writes the arguments of `wrangler dev`; a `--var` of the caller comes later, so it wins. */
export const devArguments = ({ port, persistTo, rest }: StartArguments): readonly string[] => [
  'dev',
  '--var',
  `PUBLIC_URL:http://localhost:${port}`,
  '--port',
  String(port),
  ...(persistTo === undefined ? [] : ['--persist-to', persistTo]),
  ...rest,
]
