import * as z from 'zod'
import type { CallbackReading, DeliveryReport, VendorRequest } from '../core/messenger.ts'
import { amount, jsonOf } from './report-fields.ts'
import { fromBase64, fromHex, verifyHmac } from './verify-hmac.ts'

/** https://messente.com/documentation/omnichannel-api/delivery-report */
const STATUSES: ReadonlyMap<string, DeliveryReport['status']> = new Map([
  ['ACK', 'sent'],
  ['ACCEPTD', 'sent'],
  ['DELIVRD', 'delivered'],
  ['SEEN', 'delivered'],
  ['UNDELIV', 'undelivered'],
  ['EXPIRED', 'undelivered'],
  ['DELETED', 'undelivered'],
  ['FAILED', 'failed'],
  ['REJECTD', 'failed'],
  ['NACK', 'failed'],
  ['UNKNOWN', 'unknown'],
])

const statusReport = z.object({
  status: z.string(),
  err: z.int().min(0).max(999).nullish().catch(null),
  price_info: z.object({ total_price: amount }).nullish().catch(null),
})

/** Reads a delivery report, one a request, that Messente signed with the password of the API. */
export async function readMessenteReport(
  password: string,
  { headers, body }: VendorRequest,
): Promise<CallbackReading> {
  // How the signature is written is not documented: https://messente.com/documentation/api-setup/security
  const header = headers.get('x-messente-signature')
  const signature = fromHex(header) ?? fromBase64(header)
  if (!(await verifyHmac('SHA-256', password, signature, body))) return { outcome: 'forged' }
  const read = statusReport.safeParse(jsonOf(body)).data
  const status = read && STATUSES.get(read.status)
  if (read === undefined || status === undefined) return { outcome: 'unreadable' }
  // A message that was delivered has no error: number 10 says that it was seen.
  const code = status === 'delivered' ? 0 : (read.err ?? 0)
  const report = {
    status,
    error: code === 0 ? null : `Messente error ${code}`,
    price: read.price_info?.total_price ?? null,
    currency: null,
  }
  return { outcome: 'reports', reports: [{ report }] }
}
