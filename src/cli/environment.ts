import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { Failure } from './command.ts'
import { ROOT } from './wrangler.ts'

type Environment = Readonly<Record<string, unknown>>

/** The variables that the Worker would see, with those of the shell over them, and `--var` over all. */
export async function readEnvironment(flags: readonly string[]): Promise<Environment> {
  const { vars } = unstable_readConfig(
    { config: join(ROOT, 'wrangler.toml') },
    { hideWarnings: true },
  )
  return { ...vars, ...(await readDevVars()), ...process.env, ...readFlagVars(flags) }
}

async function readDevVars(): Promise<Environment> {
  try {
    return parseEnv(await readFile(join(ROOT, '.dev.vars'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

const readFlagVars = (flags: readonly string[]): Environment =>
  Object.fromEntries(
    flags.map((flag, place) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*):(.*)$/s.exec(flag) ?? []
      if (name === undefined || value === undefined) {
        // It is not repeated here: it may hold a secret.
        throw new Failure(`Number ${place + 1} of --var is no variable: write --var NAME:value.`)
      }
      return [name, value]
    }),
  )
