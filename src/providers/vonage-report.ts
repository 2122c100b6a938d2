import { jwtVerify } from 'jose'
import * as z from 'zod'
import type { CallbackReading, DeliveryReport, VendorRequest } from '../core/messenger.ts'
import { bytesOf } from '../core/text.ts'
import { jsonOf, priceOf } from './report-fields.ts'

/** https://developer.vonage.com/en/messages/concepts/messages-status-callbacks */
const STATUSES: ReadonlyMap<string, DeliveryReport['status']> = new Map([
  ['submitted', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['rejected', 'failed'],
  ['undeliverable', 'undelivered'],
])

const statusReport = z.object({
  status: z.string(),
  error: z.unknown().optional(),
  usage: z.object({ price: z.unknown(), currency: z.unknown() }).optional().catch(undefined),
})

/** Reads a delivery report that Vonage signed with the account's signature secret. */
export async function readVonageReport(
  account: { readonly apiKey: string; readonly signatureSecret: string },
  request: VendorRequest,
): Promise<CallbackReading> {
  // Rarely Vonage sends one unsigned, and sends it again when it is not taken.
  if (!request.headers.has('authorization')) return { outcome: 'unsigned' }
  if (!(await isAuthentic(account, request))) return { outcome: 'forged' }
  const read = statusReport.safeParse(jsonOf(request.body)).data
  const status = read && STATUSES.get(read.status)
  if (read === undefined || status === undefined) return { outcome: 'unreadable' }
  const code = errorCodeOf(read.error)
  const report = {
    status,
    error: code === undefined ? null : `Vonage error ${code}`,
    ...priceOf(read.usage?.price, read.usage?.currency),
  }
  return { outcome: 'reports', reports: [{ report }] }
}

/** Signed at most five minutes ago, by a clock that is at most a minute ahead. */
const LONGEST_AGE_SECONDS = 240
const CLOCK_TOLERANCE_SECONDS = 60

/**
 * Whether the token is Vonage's, fresh, for this account and of these bytes
 * (https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks).
 */
async function isAuthentic(
  { apiKey, signatureSecret }: { readonly apiKey: string; readonly signatureSecret: string },
  { headers, body }: VendorRequest,
): Promise<boolean> {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
  if (token === undefined) return false
  try {
    const { payload } = await jwtVerify(token, bytesOf(signatureSecret), {
      algorithms: ['HS256'],
      issuer: 'Vonage',
      maxTokenAge: LONGEST_AGE_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['iat', 'jti', 'payload_hash', 'api_key'],
    })
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body)).toHex()
    return payload['api_key'] === apiKey && payload['payload_hash'] === hash
  } catch {
    // Whatever the token is made of, it is not what Vonage would have signed.
    return false
  }
}

const text = z.union([z.string(), z.number().transform(String)]).catch('')
const problem = z.object({ type: text, title: text })
/** Some of Vonage's reports wrap their error once more. */
const wrapped = z.object({ error: problem })

/** Finds the number of an error (https://developer.vonage.com/en/api-errors/messages). */
export function errorCodeOf(error: unknown): number | undefined {
  const { type, title } =
    wrapped.safeParse(error).data?.error ?? problem.safeParse(error).data ?? {}
  const code = /#(1[0-9]{3})$/.exec(type ?? '')?.[1] ?? /^1[0-9]{3}$/.exec(title ?? '')?.[0]
  return code === undefined ? undefined : Number(code)
}
