import * as z from 'zod'
import type { NumberType } from '../core/phone.ts'
import type { NumberFacts, NumberLookup } from '../core/ports.ts'
import { isOneLineText } from '../core/project.ts'
import { basicAuthorization } from './basic-authorization.ts'
import { readAnswer, type VendorAnswer } from './call-vendor.ts'
import { account } from './twilio-options.ts'
import { baseUrl } from './variables.ts'

export interface TwilioLookupOptions {
  readonly accountSid: string
  readonly authToken: string
  readonly baseUrl: string
}

/** Reads its variables; every issue's path is the name of a variable, its message what is wrong. */
export const lookupVariables = z
  .object({
    ...account,
    TWILIO_LOOKUPS_BASE_URL: baseUrl.prefault('https://lookups.twilio.com'),
  })
  .transform((value): TwilioLookupOptions => ({
    accountSid: value.TWILIO_ACCOUNT_SID,
    authToken: value.TWILIO_AUTH_TOKEN,
    baseUrl: value.TWILIO_LOOKUPS_BASE_URL,
  }))

/** Looks numbers up by Twilio Lookup (https://www.twilio.com/docs/lookup/v2-api). */
export function twilioLookup(options: TwilioLookupOptions, fetcher: typeof fetch): NumberLookup {
  const { accountSid, authToken, baseUrl: server } = options
  const authorization = basicAuthorization(accountSid, authToken)
  return {
    async lookUp(number, signal) {
      const url = `${server}/v2/PhoneNumbers/${number}?Fields=line_type_intelligence`
      const headers = { authorization, accept: 'application/json' }
      return factsOf(await ask(fetcher, url, { headers, redirect: 'manual', signal }))
    },
  }
}

/** What went wrong is told in our words: the error of the network could quote the number. */
async function ask(
  fetcher: typeof fetch,
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<VendorAnswer> {
  try {
    return await readAnswer(await fetcher(url, init))
  } catch {
    if (init.signal.aborted) throw new Error('Twilio Lookup gave no answer in time.')
    throw new Error('The connection to Twilio Lookup broke off.')
  }
}

const lookupAnswer = z.object({
  line_type_intelligence: z
    .object({
      type: z.string().nullable(),
      carrier_name: z.string().nullish().catch(null),
      error_code: z.unknown(),
    })
    .nullable(),
})

/**
 * What its line types mean
 * (https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence#type-property-values); the
 * others, such as tollFree and pager, are none of ours.
 */
const TYPES: ReadonlyMap<string, NumberType> = new Map([
  ['mobile', 'mobile'],
  ['landline', 'landline'],
  ['fixedVoip', 'voip'],
  ['nonFixedVoip', 'voip'],
])

/** Reads an answer; it does not say whether a number was ported, so none is known to be. */
function factsOf({ status, body }: VendorAnswer): NumberFacts | undefined {
  if (status !== 200) throw new Error(`Twilio Lookup answered HTTP ${status}.`)
  const answer = lookupAnswer.safeParse(body).data
  if (answer === undefined) throw new Error('Twilio Lookup answered something else than facts.')
  const {
    type = null,
    carrier_name: carrier,
    error_code: error,
  } = answer.line_type_intelligence ?? {}
  if (type === null || (error ?? null) !== null) return undefined
  return { type: TYPES.get(type) ?? 'unknown', carrier: carrierOf(carrier ?? ''), ported: false }
}

const LONGEST_CARRIER = 64
/** More could be of a code or a phone number, however it is spaced. */
const MOST_DIGITS = 3

/** Keeps a carrier's name that is fit to be stored and shown. */
function carrierOf(text: string): string | null {
  const name = text.trim()
  const digits = name.normalize('NFKC').match(/\p{N}/gu) ?? []
  const isName = name !== '' && name.length <= LONGEST_CARRIER && isOneLineText(name)
  return isName && digits.length <= MOST_DIGITS ? name : null
}
