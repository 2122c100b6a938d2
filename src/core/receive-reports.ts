import type { DeliveryReport, VendorRequest } from './messenger.ts'
import type { FollowUp, Ports } from './ports.ts'
import { Refusal } from './refusal.ts'
import { sendCode } from './send-code.ts'

/** A vendor's request as it came: its body is read only when its token is genuine. */
export interface VendorCall {
  readonly provider: string
  /** Of the URL; absent where the vendor has one URL for all and echoes the token in the body. */
  readonly token: string | undefined
  readonly request: () => Promise<VendorRequest>
}

/**
 * Records what a vendor reports of its deliveries, each report in the line of its number, or, when
 * that has forgotten it, in the ledger. Answers the text that the vendor wants back.
 */
export async function receiveReports(ports: Ports, call: VendorCall): Promise<string> {
  const { provider, token } = call
  if (token !== undefined && (await ports.vendors.deliveryOf('report', token)) === undefined) {
    throw unknownToken()
  }
  const reading = await ports.vendors.readReport(provider, await call.request())
  switch (reading?.outcome) {
    case undefined:
      throw new Refusal('route_not_found', { detail: 'No provider of this name sends reports.' })
    case 'challenge':
      return reading.text
    case 'unsigned':
      throw new Refusal('unavailable', { detail: 'The report has no signature. Send it again.' })
    case 'forged':
      throw new Refusal('forged_callback')
    case 'unreadable':
      throw new Refusal('unreadable_request', { detail: 'This is no report that otpost knows.' })
    case 'reports':
      for (const { token: echoed, report } of reading.reports) {
        const proof = token ?? echoed
        if (proof !== undefined) await receiveReport(ports, proof, report)
      }
      return ''
  }
}

export const unknownToken = (): Refusal =>
  new Refusal('not_found', { detail: 'This URL belongs to no message.' })

/** Records one report; a forged token wakes nothing. */
export async function receiveReport(
  ports: Ports,
  token: string,
  report: DeliveryReport,
): Promise<void> {
  const deliveryId = await ports.vendors.deliveryOf('report', token)
  if (deliveryId === undefined) return
  const answer = await ports.lines.receive(deliveryId, report)
  if (answer.outcome === 'unknown') {
    await ports.ledger.receive(deliveryId, report)
  } else if (answer.followUp !== undefined) {
    ports.background(followUp(ports, answer.followUp))
  }
}

/** Sends the code by the channels that are left; what the limits do not admit is not sent. */
async function followUp(ports: Ports, next: FollowUp): Promise<void> {
  const { verification, channels, operationId } = next
  const project = await ports.projects.find(verification.projectId)
  const number = await ports.lines.reveal(verification)
  if (project === undefined || number === undefined) return
  const caller = { project, mode: verification.mode, kind: 'secret' } as const
  const { facade, purpose, locale, metadata, message } = verification
  const order = { facade, purpose, locale, metadata, message, number, channels, keepsCode: true }
  try {
    await sendCode(
      ports,
      caller,
      { ...order, verificationId: verification.id },
      { id: operationId, respondAsync: false, forget: async () => {} },
    )
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
