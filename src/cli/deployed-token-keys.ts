import { join } from 'node:path'
import { isLoopback } from '../config.ts'
import { readPublicKeys, type PublicTokenKey, type TokenKeySet } from '../core/token-keys.ts'
import { baseUrl } from '../providers/variables.ts'
import { Failure } from './command.ts'
import { missingSecrets } from './setup-steps.ts'
import { TOKEN_KEYS, writeTokenKeys } from './token-key-sets.ts'
import { ROOT, runWrangler, wordsOf } from './wrangler.ts'

const PATIENCE_MILLISECONDS = 10_000
/** What Cloudflare takes for one secret. */
const LARGEST_SECRET = 5 * 1024

async function readPublicUrl(): Promise<unknown> {
  // It takes a second to load, which no other command has to wait.
  const { unstable_readConfig } = await import('wrangler')
  const config = { config: join(ROOT, 'wrangler.toml') }
  return unstable_readConfig(config, { hideWarnings: true }).vars['PUBLIC_URL']
}

/** Where the deployment is: `--url`, else `PUBLIC_URL` of `wrangler.toml`. */
export async function addressOf(flag: string | undefined): Promise<string> {
  const given = flag ?? (await readPublicUrl())
  if (given === undefined) {
    throw new Failure(
      'Where the deployment is, is not known: add --url https://YOUR-HOST, or set PUBLIC_URL ' +
        'under [vars] in wrangler.toml.',
    )
  }
  const url = baseUrl.safeParse(given)
  if (url.success && (url.data.startsWith('https:') || isLoopback(url.data))) return url.data
  const name = flag === undefined ? 'PUBLIC_URL of wrangler.toml' : '--url'
  throw new Failure(
    `${name} is no https URL without ? and #: keys that came in clear could be anybody's. ` +
      'Write --url https://YOUR-HOST.',
  )
}

/** Whether the Worker has the secret; its value can't be read back. */
export async function hasDeployedKeys(): Promise<boolean> {
  const missing = await missingSecrets()
  if (missing.includes('OTPOST_SECRET')) {
    throw new Failure(`The Worker is not set up: run npm run setup, which makes ${TOKEN_KEYS} too.`)
  }
  return !missing.includes(TOKEN_KEYS)
}

/** The public halves of a deployment's keys, the signing one first. */
export async function fetchDeployedKeys(url: string): Promise<readonly PublicTokenKey[]> {
  const address = `${url}/.well-known/jwks.json`
  const response = await ask(address)
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw unreadable(address, `it answers ${response.status}${detailOf(body)}`)
  const keys = readPublicKeys(body)
  if (keys === undefined) throw unreadable(address, 'it answers something else than our keys')
  return keys
}

async function ask(address: string): Promise<Response> {
  try {
    return await fetch(address, {
      // A redirect could lead out of https.
      redirect: 'error',
      headers: { 'cache-control': 'no-cache' },
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    })
  } catch (error) {
    const { message, cause } = error as Error
    throw unreadable(address, cause instanceof Error ? `${message}: ${cause.message}` : message)
  }
}

const detailOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'detail' in body ? `: ${String(body.detail)}` : ''

const unreadable = (address: string, reason: string) =>
  new Failure(
    `The public keys of the deployment could not be read from ${address}: ${reason}\n` +
      'See /health there, or give another address by --url https://YOUR-HOST.',
  )

/** Stores a set in the Worker, by standard input. */
export async function storeDeployedKeys(set: TokenKeySet): Promise<void> {
  const value = writeTokenKeys(set)
  if (value.length > LARGEST_SECRET) {
    throw new Failure(
      `${set.keys.length} keys are more than a secret can hold: wait until old ones are over ` +
        '(npm run token-keys -- list --remote), or make their tokens void with --forget-old.',
    )
  }
  const outcome = await runWrangler(['secret', 'put', TOKEN_KEYS], value)
  if (outcome.code === 0) return
  throw new Failure(
    `wrangler could not store ${TOKEN_KEYS}:\n\n${wordsOf(outcome)}\n\n` +
      'See npm run token-keys -- list --remote whether it did all the same, before you try again.',
  )
}
