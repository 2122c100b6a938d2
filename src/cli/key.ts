import { text } from 'node:stream/consumers'
import type { KeyKind, Mode } from '../core/project.ts'
import { addKey, checkLabel, describeKey, listKeys, restrictKey, revokeKey } from './api-keys.ts'
import { Failure, helpOf, print, readFlags, runCommand } from './command.ts'
import { placeFlags, placeOf } from './database.ts'
import { checkImportedSecret } from './imported-secret.ts'
import { findProject } from './projects.ts'
import { changeRestrictions, RESTRICTION_FLAGS, restrictionFlags } from './restrictions.ts'
import { makeApiKey } from './secrets.ts'

const USAGE = `npm run key -- COMMAND

  create PROJECT --secret --live|--test [--label TEXT]
                              makes a key for servers and prints it, once
  create PROJECT --publishable --live|--test --origin URL [--label TEXT] [RESTRICTION …]
                              makes one for web pages of these origins
  restrict KEY [RESTRICTION …]
                              changes what a publishable key may do; the rest stays
  import PROJECT --live|--test [--label TEXT]
                              takes an existing secret key from standard input
  list PROJECT                shows the keys of a project, never their secrets
  revoke KEY                  KEY is a hash prefix as in list, or the last 4 characters

A RESTRICTION is one of these; the first three can be given several times.
  --origin https://shop.example   with a test key also http://localhost:PORT, or localhost for any port
  --country EE                    instead of all of the project; "*" for all again
  --channel sms                   instead of all; "*" for all again
  --template NAME                 of the project, for its messages; "" for none again
  --sends-per-day N               as if left out: 1000
  --starts-per-ip 10/600,30/86400 starts/seconds, or none, instead of the project's; "" for those again
  --without-turnstile             lets programs start too; --with-turnstile (live keys as if left out)

PROJECT is an id or a name.
  --remote            the deployed database instead of the local one
  --persist-to DIR    a local database in another folder, as with npm start

  npm run --silent key -- import shop --live --remote < secret.txt`

const flagOptions = {
  ...placeFlags,
  secret: { type: 'boolean' },
  publishable: { type: 'boolean' },
  live: { type: 'boolean' },
  test: { type: 'boolean' },
  label: { type: 'string' },
  ...restrictionFlags,
  help: { type: 'boolean', short: 'h' },
} as const

const only = (given: readonly string[], what: string): string => {
  const [value, extra] = given
  if (value === undefined) throw new Failure(`${what} is missing. ${helpOf('key')}`)
  if (extra === undefined) return value
  // It may be a secret that should have come by standard input: it is not repeated.
  throw new Failure(`There is one argument too many. ${helpOf('key')}`)
}

const oneOf = <Name extends string>(
  flags: Readonly<Partial<Record<Name, unknown>>>,
  first: Name,
  second: Name,
): Name => {
  const given = [first, second].filter((name) => flags[name] === true)
  const [name] = given
  if (name !== undefined && given.length === 1) return name
  throw new Failure(`Write either --${first} or --${second}. ${helpOf('key')}`)
}

const refuse = (flags: Readonly<Record<string, unknown>>, names: readonly string[]): void => {
  const name = names.find((flag) => flags[flag] !== undefined)
  if (name !== undefined) {
    throw new Failure(`--${name} does not go with this command. ${helpOf('key')}`)
  }
}

const OF_NEW_KEYS = ['secret', 'publishable', 'live', 'test', 'label']

const readSecret = async (): Promise<string> => {
  if (process.stdin.isTTY) process.stderr.write('Paste the secret, Enter, then Ctrl-D:\n')
  return checkImportedSecret(await text(process.stdin))
}

async function key(args: readonly string[]): Promise<void> {
  const { values, positionals } = readFlags('key', args, flagOptions)
  if (values.help) return print(USAGE)
  const [command, ...rest] = positionals
  const place = placeOf(values)
  switch (command) {
    case 'create': {
      const kind: KeyKind = oneOf(values, 'secret', 'publishable')
      const mode: Mode = oneOf(values, 'live', 'test')
      const label = checkLabel(values.label ?? '')
      if (kind === 'secret') refuse(values, RESTRICTION_FLAGS)
      const project = await findProject(place, only(rest, 'The project'))
      const restrictions =
        kind === 'secret'
          ? {}
          : changeRestrictions({ turnstile: mode === 'live' }, values, mode, project)
      const secret = makeApiKey(kind, mode)
      await addKey(place, { projectId: project.id, secret, kind, mode, label, restrictions })
      process.stderr.write('Keep this key now: it is stored as a hash and never shown again.\n')
      return print(secret)
    }
    case 'import': {
      refuse(values, ['publishable', ...RESTRICTION_FLAGS])
      const mode: Mode = oneOf(values, 'live', 'test')
      const label = checkLabel(values.label ?? '')
      const idOrName = only(rest, 'The project')
      const secret = await readSecret()
      const project = await findProject(place, idOrName)
      const kind = 'secret'
      await addKey(place, { projectId: project.id, secret, kind, mode, label, restrictions: {} })
      return print(`The secret that ends in ${secret.slice(-4)} is now a key of ${project.name}.`)
    }
    case 'list': {
      refuse(values, [...OF_NEW_KEYS, ...RESTRICTION_FLAGS])
      const project = await findProject(place, only(rest, 'The project'))
      const keys = await listKeys(place, project.id)
      if (keys.length === 0) print(`${project.name} has no key yet: npm run key -- create …`)
      for (const stored of keys) print(describeKey(stored))
      return
    }
    case 'revoke': {
      refuse(values, [...OF_NEW_KEYS, ...RESTRICTION_FLAGS])
      const revoked = await revokeKey(place, only(rest, 'The key'))
      return print(`Revoked; every server knows within 60 seconds.\n  ${describeKey(revoked)}`)
    }
    case 'restrict': {
      refuse(values, OF_NEW_KEYS)
      if (!RESTRICTION_FLAGS.some((name) => Object.hasOwn(values, name))) {
        throw new Failure(`Say what to change, such as --origin. ${helpOf('key')}`)
      }
      const restricted = await restrictKey(place, only(rest, 'The key'), values)
      return print(`Changed; every server knows within 60 seconds.\n  ${describeKey(restricted)}`)
    }
    case undefined:
      throw new Failure(`A command is missing. ${helpOf('key')}`)
    default:
      throw new Failure(`There is no such command. ${helpOf('key')}`)
  }
}

await runCommand(() => key(process.argv.slice(2)))
