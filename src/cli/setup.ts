import { Failure, helpOf, isExplained, print, readFlags, runCommand } from './command.ts'
import {
  checkSignedIn,
  deploy,
  findOrCreateDatabase,
  migrateDeployed,
  missingSecrets,
  SECRET_NAMES,
  storeSecrets,
  writeDatabaseId,
} from './setup-steps.ts'

const USAGE = `npm run setup

Deploys otpost into your Cloudflare account: signs nothing up, asks nothing, and can be run again
at any time. It finds or creates the D1 database, writes its id into wrangler.toml, applies the
migrations, makes the secrets that are missing (it never replaces one) and deploys.`

const STEPS = 7

/** Runs one step; its failure says that setup can be run again. */
const step = async <T>(number: number, title: string, work: () => Promise<T>): Promise<T> => {
  print(`${number}/${STEPS}  ${title}`)
  try {
    return await work()
  } catch (error) {
    if (!isExplained(error)) throw error
    throw new Failure(
      `\nStep ${number} of ${STEPS} failed: ${title}.\n${error.message}\n\n` +
        'When that is put right, run npm run setup again: it goes on from here.',
    )
  }
}

const ABOUT_SECRETS = `
      OTPOST_NUMBER_KEY, OTPOST_SECRET and OTPOST_TOKEN_KEYS live in Cloudflare only; nobody can
      read them, so there is no copy to keep. Never replace OTPOST_NUMBER_KEY: it would give every phone number a
      fresh budget. To rotate OTPOST_SECRET, store "NEW,OLD": the first makes codes, all check.
      To rotate OTPOST_TOKEN_KEYS: npm run token-keys -- rotate --remote`

const tellAdminToken = (token: string | undefined): void => {
  if (token === undefined) {
    print('      ADMIN_TOKEN is kept. If it is lost: npx wrangler secret put ADMIN_TOKEN')
  } else {
    print(`\n      ADMIN_TOKEN, shown only this once; keep it:\n      ${token}`)
  }
}

const nextSteps = (url: string): string => `
Deployed. What is left:

  1. A project and a key:
       npm run project -- create NAME --countries EE,FI --remote
       npm run key -- create NAME --secret --live --remote
  2. A provider, without which live keys cannot send; each command asks for its value:
       npx wrangler secret put TWILIO_ACCOUNT_SID
       npx wrangler secret put TWILIO_AUTH_TOKEN
       npx wrangler secret put TWILIO_FROM
       npx wrangler secret put PROVIDERS               (the value is: twilio)
  3. See that it works:
       curl ${url}/health
`

async function setup(args: readonly string[]): Promise<void> {
  const { values, positionals } = readFlags('setup', args, {
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(USAGE)
  if (positionals.length > 0) throw new Failure(`setup takes no arguments. ${helpOf('setup')}`)

  await step(1, 'Sign-in to Cloudflare', checkSignedIn)
  const database = await step(2, 'The D1 database', findOrCreateDatabase)
  print(`      ${database.created ? 'created' : 'found'}: ${database.id}`)
  await step(3, 'Its id in wrangler.toml', () => writeDatabaseId(database.id))
  await step(4, 'The migrations', migrateDeployed)
  const missing = await step(5, 'Which secrets there are', missingSecrets)
  for (const name of SECRET_NAMES) if (!missing.includes(name)) print(`      ${name} exists: kept`)
  // Before the code: what is deployed has all its secrets from its first request on.
  const made = await step(6, 'The secrets that are missing', () => storeSecrets(missing))
  for (const name of missing) print(`      ${name}: made and stored`)
  tellAdminToken(made.ADMIN_TOKEN)
  print(ABOUT_SECRETS)
  const url = await step(7, 'The deployment', deploy)
  print(nextSteps(url ?? 'https://YOUR-WORKER-ADDRESS'))
}

await runCommand(() => setup(process.argv.slice(2)))
