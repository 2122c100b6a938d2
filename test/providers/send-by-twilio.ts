import type { Channel } from '../../src/core/project.ts'
import type { ProviderMessage } from '../../src/providers/provider.ts'
import type { TwilioOptions } from '../../src/providers/twilio-options.ts'
import { twilio } from '../../src/providers/twilio.ts'
import { providerMessage } from './messages.ts'
import { EXAMPLES } from './twilio-document.ts'

export const ACCOUNT = 'AC00112233445566778899aabbccddeeff'
export const TOKEN = 'token-of-the-account-77aa'
export const SERVICE = 'MG00112233445566778899aabbccddeeff'
export const CONTENT = 'HX00112233445566778899aabbccddeeff'
export const GERMAN_CONTENT = 'HXde112233445566778899aabbccddeeff'

const numbers = { other: '+12025550100', byKey: new Map<string, string>() }

export const OPTIONS: TwilioOptions = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  baseUrl: 'https://api.twilio.com',
  sms: numbers,
  call: numbers,
  whatsapp: {
    sender: '+12025550100',
    contents: { other: CONTENT, byKey: new Map([['de', GERMAN_CONTENT]]) },
  },
}

interface Sending {
  readonly options?: TwilioOptions
  readonly channel?: Channel
  readonly changes?: Partial<ProviderMessage>
  readonly signal?: AbortSignal
}

const noAnswer = () => Promise.reject(new Error('No test expects a request'))
const patient = () => new AbortController().signal

/** What a provider made of these options says to a message that needs no vendor. */
export const twilioWith = (options: TwilioOptions = OPTIONS) => twilio.create(options, noAnswer)

/** Sends a message to a vendor that gives one answer; keeps the request. */
export async function send(
  answer: (signal: AbortSignal | undefined) => Response | Promise<Response>,
  { options = OPTIONS, channel = 'sms', changes = {}, signal = patient() }: Sending = {},
) {
  const requests: Request[] = []
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return answer(init?.signal ?? undefined)
  }
  const provider = twilio.create(options, fetcher)
  const receipt = await provider.send(providerMessage(channel, changes), signal)
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Expected one request')
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return { receipt, request, path: new URL(request.url).pathname, form: new URLSearchParams(body) }
}

/** What Twilio answers when it takes a message or a call. */
export const created = (changes: object = {}) =>
  Response.json({ ...EXAMPLES.message, ...changes }, { status: 201 })

export const createdCall = (changes: object = {}) =>
  Response.json({ ...EXAMPLES.call, status: 'queued', ...changes }, { status: 201 })
