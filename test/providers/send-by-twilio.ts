import { twilio, type TwilioOptions } from '../../src/providers/twilio.ts'
import { message } from './messages.ts'
import document from './twilio-create-message.json'

export const ACCOUNT = 'AC00112233445566778899aabbccddeeff'
export const TOKEN = 'token-of-the-account-77aa'
export const OPTIONS: TwilioOptions = {
  accountSid: ACCOUNT,
  authToken: TOKEN,
  sender: { From: '+12025550100' },
  baseUrl: 'https://api.twilio.com',
}

const patient = () => new AbortController().signal

/** Sends a message to a vendor that gives one answer; keeps the requests. */
export async function send(
  answer: (signal: AbortSignal | undefined) => Response | Promise<Response>,
  { options = OPTIONS, outbound = message(), signal = patient() } = {},
) {
  const requests: Request[] = []
  const fetcher = async (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(new Request(input, init))
    return answer(init?.signal ?? undefined)
  }
  const receipt = await twilio(options, fetcher).send(outbound, signal)
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Expected one request')
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return { receipt, request, form: new URLSearchParams(body) }
}

export const created = (changes: object = {}) =>
  Response.json({ ...document.created, ...changes }, { status: 201 })
