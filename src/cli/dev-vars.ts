import { chmod, readFile, writeFile } from 'node:fs/promises'
import { LOCAL } from './local-keys.ts'
import { makeRootSecret } from './secrets.ts'
import { makeTokenKeys, TOKEN_KEYS } from './token-key-sets.ts'

/** What the local run needs; made anew for every clone. */
const localVariables = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ['ENVIRONMENT', 'development'],
    ['OTPOST_NUMBER_KEY', makeRootSecret()],
    ['OTPOST_SECRET', makeRootSecret()],
    [TOKEN_KEYS, await makeTokenKeys()],
    ['ADMIN_TOKEN', LOCAL.adminToken],
    ['LOGIN_PROJECT', LOCAL.id],
  ])

const HEAD = `# For npm start only: these secrets protect nothing but the local database.
# OTPOST_NUMBER_KEY: another one gives every number a fresh budget.
`

const isSet = (text: string, name: string) =>
  new RegExp(`^\\s*(?:export\\s+)?${name}\\s*[=:]`, 'm').test(text)

/** Gives the text of `.dev.vars` with the missing names behind what is there, which stays. */
export function addMissing(text: string, variables: ReadonlyMap<string, string>): string {
  const missing = [...variables].filter(([name]) => !isSet(text, name))
  if (missing.length === 0) return text
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return before + missing.map(([name, value]) => `${name}=${value}\n`).join('')
}

/** The text of `.dev.vars`; undefined when there is none. */
export async function readDevVars(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes what is made of the text of `.dev.vars`; only its owner may read it then. */
export async function changeDevVars(path: string, change: (text: string) => string): Promise<void> {
  const text = await readDevVars(path)
  const changed = change(text ?? HEAD)
  if (changed === text) return
  await writeFile(path, changed, { mode: 0o600 })
  await chmod(path, 0o600)
}

/** Writes `.dev.vars`, or adds to it what is missing. */
export async function writeDevVars(path: string): Promise<void> {
  const variables = await localVariables()
  await changeDevVars(path, (text) => addMissing(text, variables))
}
