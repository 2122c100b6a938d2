import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readTokenKeys, type TokenKeySet } from '../core/token-keys.ts'
import { Failure } from './command.ts'
import { addMissing, changeDevVars, readDevVars } from './dev-vars.ts'
import { TOKEN_KEYS, writeTokenKeys } from './token-key-sets.ts'
import { ROOT } from './wrangler.ts'

const FILE = join(ROOT, '.dev.vars')
const LINE = new RegExp(`^(\\s*(?:export\\s+)?)${TOKEN_KEYS}\\s*[=:].*$`, 'm')

/** The keys of the local run; undefined when `.dev.vars` names none. */
export async function readLocalKeys(): Promise<TokenKeySet | undefined> {
  const value = parseEnv((await readDevVars(FILE)) ?? '')[TOKEN_KEYS]
  if (value === undefined) return undefined
  try {
    return readTokenKeys(value)
  } catch (error) {
    throw new Failure(
      `${(error as Error).message}\nCorrect it in .dev.vars, or replace it: ` +
        'npm run token-keys -- rotate --forget-old',
    )
  }
}

/** Writes the keys of the local run over those in `.dev.vars`, where all other lines stay. */
export async function writeLocalKeys(set: TokenKeySet): Promise<void> {
  const value = writeTokenKeys(set)
  await changeDevVars(FILE, (text) => {
    const replaced = text.replace(LINE, (_, start: string) => `${start}${TOKEN_KEYS}=${value}`)
    const changed = addMissing(replaced, new Map([[TOKEN_KEYS, value]]))
    refuseOtherChanges(text, changed, value)
    return changed
  })
}

/** A value over several lines would leave its rest behind. */
function refuseOtherChanges(before: string, after: string, value: string): void {
  const expected: NodeJS.Dict<string> = { ...parseEnv(before), [TOKEN_KEYS]: value }
  const found = parseEnv(after)
  const names = new Set([...Object.keys(expected), ...Object.keys(found)])
  if ([...names].every((name) => expected[name] === found[name])) return
  throw new Failure(
    `${TOKEN_KEYS} could not be replaced in .dev.vars: write it there once, in one line without ` +
      'quotes, and try again.',
  )
}
