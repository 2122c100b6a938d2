import { VENDORS } from '../providers/catalog.ts'
import { Failure, helpOf, print, readFlags, runCommand } from './command.ts'
import { readEnvironment } from './environment.ts'
import { sendTestMessage, stateOf } from './provider-test.ts'

const USAGE = `npm run provider -- COMMAND

  list                 shows every provider, and what is missing to use it
  test NAME NUMBER     sends one real message by a provider: checks its credentials and sender

  --channel CHANNEL    sms, call or whatsapp; else the first that the provider is set up for
  --locale LOCALE      the language of the message, such as pt-BR; else that of the number's country
  --var NAME:value     a variable; it wins over the environment, .dev.vars and wrangler.toml

A message costs what the provider charges for it. Secrets of a deployment cannot be read back: give
them as variables, as in TWILIO_AUTH_TOKEN=… npm run provider -- test twilio +37255512345`

const flagOptions = {
  channel: { type: 'string' },
  locale: { type: 'string' },
  var: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const

async function provider(args: readonly string[]): Promise<void> {
  const { values, positionals } = readFlags('provider', args, flagOptions)
  if (values.help) return print(USAGE)
  const [command, name, number, extra] = positionals
  const environment = await readEnvironment(values.var ?? [])
  switch (command) {
    case 'list':
      return print(VENDORS.map((vendor) => stateOf(vendor, environment)).join('\n'))
    case 'test': {
      if (name === undefined || number === undefined || extra !== undefined) {
        throw new Failure(
          `Write npm run provider -- test NAME NUMBER, with a number in one piece. ${helpOf('provider')}`,
        )
      }
      const { channel, locale } = values
      return print(await sendTestMessage(environment, { name, number, channel, locale }))
    }
    case undefined:
      throw new Failure(`A command is missing. ${helpOf('provider')}`)
    default:
      throw new Failure(`There is no command ${command}. ${helpOf('provider')}`)
  }
}

await runCommand(() => provider(process.argv.slice(2)))
