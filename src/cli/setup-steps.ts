import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { Failure } from './command.ts'
import { makeRootSecret } from './secrets.ts'
import { makeTokenKeys, TOKEN_KEYS } from './token-key-sets.ts'
import { databaseIdOf, withDatabaseId } from './wrangler-toml.ts'
import { DATABASE, type Outcome, ROOT, runWrangler, wordsOf } from './wrangler.ts'

const TOML = join(ROOT, 'wrangler.toml')

const databases = z.array(z.object({ uuid: z.string().min(1), name: z.string() }))
const secrets = z.array(z.object({ name: z.string().min(1) }))

/** The secrets without which the service answers 503, signs no token, or its admin page stays shut. */
export const SECRET_NAMES = [
  'OTPOST_NUMBER_KEY',
  'OTPOST_SECRET',
  TOKEN_KEYS,
  'ADMIN_TOKEN',
] as const
export type SecretName = (typeof SECRET_NAMES)[number]

const failed = (what: string, outcome: Outcome) => new Failure(`${what}\n\n${wordsOf(outcome)}`)

const read = <T>(schema: z.ZodType<T>, what: string, outcome: Outcome): T => {
  try {
    return schema.parse(JSON.parse(outcome.stdout))
  } catch {
    throw failed(`${what} It answered something else than was expected:`, outcome)
  }
}

export async function checkSignedIn(): Promise<void> {
  const outcome = await runWrangler(['whoami', '--json'])
  if (outcome.code === 0) return
  throw failed(
    'wrangler is not signed in to Cloudflare. Run npx wrangler login first, or set ' +
      'CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID when the token has several accounts).',
    outcome,
  )
}

const listDatabases = async () => {
  const what = 'The D1 databases of the account could not be listed.'
  const outcome = await runWrangler(['d1', 'list', '--json'])
  if (outcome.code !== 0) throw failed(what, outcome)
  return read(databases, what, outcome)
}

/** Gives the id of the account's database, which is created when there is none. */
export async function findOrCreateDatabase(): Promise<{ id: string; created: boolean }> {
  const written = databaseIdOf(await readFile(TOML, 'utf8'))
  const there = await listDatabases()
  const inUse = there.find(({ uuid }) => uuid === written)
  if (inUse !== undefined) return { id: inUse.uuid, created: false }
  if (written !== undefined) {
    throw new Failure(
      `wrangler.toml names the database ${written}, which this account does not have. Sign in to ` +
        'the account that has it, or, to begin anew, set database_id to ' +
        '"00000000-0000-0000-0000-000000000000".',
    )
  }
  const named = there.find(({ name }) => name === DATABASE)
  if (named !== undefined) return { id: named.uuid, created: false }
  const outcome = await runWrangler(['d1', 'create', DATABASE])
  if (outcome.code !== 0) throw failed('The D1 database could not be created.', outcome)
  const made = (await listDatabases()).find(({ name }) => name === DATABASE)
  if (made !== undefined) return { id: made.uuid, created: true }
  throw failed('The D1 database was created, but is not in the list yet.', outcome)
}

/** Writes the database's id into `wrangler.toml`, unless it stands there. */
export async function writeDatabaseId(id: string): Promise<void> {
  const toml = await readFile(TOML, 'utf8')
  if (databaseIdOf(toml) !== id) await writeFile(TOML, withDatabaseId(toml, id))
}

export async function migrateDeployed(): Promise<void> {
  const outcome = await runWrangler(['d1', 'migrations', 'apply', DATABASE, '--remote'])
  if (outcome.code !== 0) throw failed('The migrations could not be applied.', outcome)
}

/**
 * Lists the secrets that are missing; only wrangler's own word for "no such Worker" means all of
 * them. Any other failure stops: a secret that is there must never be replaced.
 */
export async function missingSecrets(): Promise<readonly SecretName[]> {
  const what = 'The secrets of the Worker could not be listed, so none was touched.'
  const outcome = await runWrangler(['secret', 'list', '--format', 'json'])
  if (outcome.code !== 0) {
    const noWorker = /Worker "[^"]+" not found\./.test(wordsOf(outcome).replaceAll(/\s+/g, ' '))
    if (noWorker) return SECRET_NAMES
    throw failed(what, outcome)
  }
  const there = new Set(read(secrets, what, outcome).map(({ name }) => name))
  return SECRET_NAMES.filter((name) => !there.has(name))
}

const makeSecret = async (name: SecretName): Promise<string> =>
  name === TOKEN_KEYS ? makeTokenKeys() : makeRootSecret()

/** Makes the missing secrets and stores them in one request, all or none, by standard input. */
export async function storeSecrets(
  missing: readonly SecretName[],
): Promise<Readonly<Partial<Record<SecretName, string>>>> {
  if (missing.length === 0) return {}
  const made = Object.fromEntries(
    await Promise.all(missing.map(async (name) => [name, await makeSecret(name)] as const)),
  )
  const outcome = await runWrangler(['secret', 'bulk'], JSON.stringify(made))
  if (outcome.code !== 0) throw failed('The secrets could not be stored.', outcome)
  return made
}

/** Deploys the Worker, and gives its address when wrangler names one. */
export async function deploy(): Promise<string | undefined> {
  const outcome = await runWrangler(['deploy', '--minify'])
  if (outcome.code !== 0) throw failed('The Worker could not be deployed.', outcome)
  return /https:\/\/\S+\.workers\.dev/.exec(wordsOf(outcome))?.[0]
}
