import { isLive, type PublicTokenKey, type TokenKeySet } from '../core/token-keys.ts'
import { Failure, helpOf, print, readFlags, runCommand } from './command.ts'
import {
  addressOf,
  fetchDeployedKeys,
  hasDeployedKeys,
  storeDeployedKeys,
} from './deployed-token-keys.ts'
import { readLocalKeys, writeLocalKeys } from './local-token-keys.ts'
import { describeKeys, makeTokenKey, rotated, TOKEN_KEYS } from './token-key-sets.ts'

const USAGE = `npm run token-keys -- COMMAND

  list      shows the keys by which tokens are signed and verified, never their private halves
  add       makes ${TOKEN_KEYS} where it is missing
  rotate    puts a new key in front, which signs from now on; the old ones verify for 30 days more
  prune     takes out the keys of which every token is over

  --remote        the deployed Worker instead of .dev.vars
  --url URL       where the deployment is, for list and rotate; else PUBLIC_URL of wrangler.toml
  --forget-old    with rotate: the old keys go at once, and with them every token that they signed

A deployment's secret cannot be read back: list and rotate --remote read the public halves of its keys
from its own /.well-known/jwks.json. Rotate with --forget-old when a private key got out.`

const flagOptions = {
  remote: { type: 'boolean' },
  url: { type: 'string' },
  'forget-old': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

interface Flags {
  readonly remote?: boolean | undefined
  readonly url?: string | undefined
  readonly 'forget-old'?: boolean | undefined
}

const missing = (remote: boolean) =>
  new Failure(`${TOKEN_KEYS} is missing: run npm run token-keys -- add${remote ? ' --remote' : ''}`)

const show = (keys: readonly PublicTokenKey[]): void => print(describeKeys(keys, Date.now()))

async function list({ remote = false, url }: Flags): Promise<void> {
  if (remote) return show(await fetchDeployedKeys(await addressOf(url)))
  const set = await readLocalKeys()
  if (set === undefined) throw missing(false)
  return show(set.keys)
}

async function add({ remote = false }: Flags): Promise<void> {
  if (remote ? await hasDeployedKeys() : (await readLocalKeys()) !== undefined) {
    throw new Failure(
      `${TOKEN_KEYS} exists, and is kept. For a new key run npm run token-keys -- rotate` +
        (remote ? ' --remote' : ''),
    )
  }
  await store(remote, { keys: [await makeTokenKey()] })
}

async function rotate(flags: Flags): Promise<void> {
  const { remote = false } = flags
  const old = flags['forget-old'] ? [] : await oldKeys(flags)
  // Made and dated last: the old key signs until the new one is stored.
  const key = await makeTokenKey()
  await store(remote, rotated(key, old, Date.now()))
}

async function oldKeys({ remote = false, url }: Flags): Promise<readonly PublicTokenKey[]> {
  if (!remote) {
    const set = await readLocalKeys()
    if (set === undefined) throw missing(false)
    return set.keys
  }
  const address = await addressOf(url)
  if (!(await hasDeployedKeys())) throw missing(true)
  try {
    return await fetchDeployedKeys(address)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(
      `${error.message}\nNothing was changed: without the old keys every token that they signed ` +
        'would be void. If that is what you want, add --forget-old.',
    )
  }
}

async function store(remote: boolean, set: TokenKeySet): Promise<void> {
  await (remote ? storeDeployedKeys(set) : writeLocalKeys(set))
  show(set.keys)
  print(
    remote
      ? 'Every server has this within a minute. Do not rotate again before list shows it.'
      : 'A running npm start takes this up when it is started again.',
  )
}

async function prune({ remote = false }: Flags): Promise<void> {
  if (remote) {
    return print(
      'A deployment needs no pruning: a key that is over is neither shown nor taken, and the next ' +
        'rotate leaves it out.',
    )
  }
  const set = await readLocalKeys()
  if (set === undefined) throw missing(false)
  const [first, ...others] = set.keys
  const live = others.filter((key) => isLive(key, Date.now()))
  if (live.length === others.length) return print('No key is over.')
  await writeLocalKeys({ keys: [first, ...live] })
  return print(`Keys that were over and are gone: ${others.length - live.length}`)
}

const refuse = (flags: Flags, names: readonly (keyof Flags)[]): void => {
  const name = names.find((flag) => flags[flag] !== undefined)
  if (name !== undefined) {
    throw new Failure(`--${name} does not go with this command. ${helpOf('token-keys')}`)
  }
}

async function tokenKeys(args: readonly string[]): Promise<void> {
  const { values, positionals } = readFlags('token-keys', args, flagOptions)
  if (values.help) return print(USAGE)
  const [command, extra] = positionals
  if (extra !== undefined) {
    throw new Failure(`There is one argument too many. ${helpOf('token-keys')}`)
  }
  if (!values.remote || values['forget-old']) refuse(values, ['url'])
  if (command !== 'rotate') refuse(values, ['forget-old'])
  switch (command) {
    case 'list':
      return list(values)
    case 'add':
      refuse(values, ['url'])
      return add(values)
    case 'rotate':
      return rotate(values)
    case 'prune':
      refuse(values, ['url'])
      return prune(values)
    case undefined:
      throw new Failure(`A command is missing. ${helpOf('token-keys')}`)
    default:
      throw new Failure(`There is no command ${command}. ${helpOf('token-keys')}`)
  }
}

await runCommand(() => tokenKeys(process.argv.slice(2)))
