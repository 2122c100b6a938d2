import { randomInt } from 'node:crypto'
import { problemsOfVendor } from '../config.ts'
import { chooseLanguage } from '../core/languages.ts'
import { renderText } from '../core/message.ts'
import { parsePhone, type PhoneNumber } from '../core/phone.ts'
import type { FailureKind } from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'
import { Refusal } from '../core/refusal.ts'
import { VENDORS } from '../providers/catalog.ts'
import type { Provider, ProviderMessage } from '../providers/provider.ts'
import type { Vendor } from '../providers/vendor.ts'
import { Failure } from './command.ts'

const PATIENCE_MS = 15_000
const MINUTES = 10
const BRAND = 'otpost'

export interface TestOrder {
  readonly name: string
  readonly number: string
  readonly channel: string | undefined
  readonly locale: string | undefined
}

/** What is to be done after each kind of failure. */
const ADVICE: Readonly<Record<FailureKind, string>> = {
  unreachable: "Look at the provider's status page, and at its _BASE_URL if you have set one.",
  throttled: 'Wait a minute and try again.',
  misconfigured:
    'Correct credentials, sender or template: the code of the error is explained in its documentation.',
  bad_number: 'Try another number: this one cannot get the message.',
  not_on_channel: 'Try another number or another channel.',
  unknown: 'The message may be out: look at the phone, and at the log of the provider.',
}

/** Says in one line whether a vendor can be used, or what is missing. */
export function stateOf(vendor: Vendor, environment: object): string {
  const problems = problemsOfVendor(vendor, environment)
  if (problems.length > 0) return `${vendor.name}: ${problems.join(' ')}`
  return `${vendor.name}: ready for ${providerOf(vendor, environment).channels.join(', ')}`
}

/** Sends one real message; what the provider said to it, or a `Failure` that says what to do. */
export async function sendTestMessage(environment: object, order: TestOrder): Promise<string> {
  const vendor = VENDORS.find(({ name }) => name === order.name)
  if (vendor === undefined) {
    const names = VENDORS.map(({ name }) => name).join(', ')
    throw new Failure(`There is no provider ${order.name}: there are ${names}.`)
  }
  const problems = problemsOfVendor(vendor, environment)
  if (problems.length > 0) throw new Failure(`Set this first:\n  ${problems.join('\n  ')}`)
  const provider = providerOf(vendor, environment)
  const asked = order.channel ?? provider.channels[0]
  const channel = provider.channels.find((known) => known === asked)
  if (channel === undefined) {
    throw new Failure(
      `${vendor.name} is set up for ${provider.channels.join(', ')}, not for ${asked}: ` +
        'choose with --channel.',
    )
  }
  const message = testMessage(provider, channel, phoneOf(order.number), order.locale, environment)
  const receipt = await provider.send(message, AbortSignal.timeout(PATIENCE_MS))
  if (!receipt.sent) {
    const { kind, detail } = receipt.failure
    throw new Failure(`${vendor.name} did not confirm it: ${kind}: ${detail}. ${ADVICE[kind]}`)
  }
  const id = receipt.messageId === null ? '' : ` as ${receipt.messageId}`
  const look =
    channel === 'call'
      ? 'The phone rings and asks for a key; this test call has no code to say.'
      : `The phone should show the code ${message.code}.`
  return `${vendor.name} took the message${id}. ${look}`
}

const providerOf = (vendor: Vendor, environment: object): Provider =>
  vendor.create(vendor.variables.parse(environment), (input, init) => fetch(input, init))

function phoneOf(number: string): PhoneNumber {
  try {
    return parsePhone(number, 'live')
  } catch (error) {
    if (error instanceof Refusal) throw new Failure(error.message)
    throw error
  }
}

function testMessage(
  provider: Provider,
  channel: Channel,
  { e164, country }: PhoneNumber,
  locale: string | undefined,
  environment: object,
): ProviderMessage {
  const sender = provider.senderOf(channel, country)
  if (sender === undefined) {
    throw new Failure(
      `${provider.name} has no sender for ${country}: add one to its _FROM variable, as in ${country}=+….`,
    )
  }
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  const language = chooseLanguage(locale ?? null, country)
  const brand = BRAND
  const id = '0'.repeat(32)
  const publicUrl = 'PUBLIC_URL' in environment ? String(environment.PUBLIC_URL) : undefined
  return {
    scope: { projectId: '0'.repeat(24), mode: 'live' },
    verificationId: `ver_${id}`,
    to: e164,
    country,
    language,
    brand,
    text: renderText({ language, brand, code, minutes: MINUTES, neverShare: false }),
    code,
    expiresAt: Date.now() + MINUTES * 60_000,
    delivery: { id: `del_${id}`, channel, provider: provider.name },
    sender,
    reportToken: `${id}${id}`,
    reportUrl: undefined,
    callUrl: publicUrl && `${publicUrl}/v1/calls/${provider.name}/${id}${id}`,
  }
}
