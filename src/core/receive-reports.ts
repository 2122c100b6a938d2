import type { DeliveryReport, VendorRequest } from './messenger.ts'
import type { FollowUp, Ports } from './ports.ts'
import { Refusal } from './refusal.ts'
import { sendNext } from './send-code.ts'

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
  const reporter = ports.vendors.reporter(provider)
  if (reporter === undefined) {
    throw new Refusal('route_not_found', { detail: 'No provider of this name sends reports.' })
  }
  // Before a byte of the body is read: anybody may call.
  if (token === undefined ? !reporter.echoesTokens : !(await isGenuine(ports, token))) {
    throw unknownToken()
  }
  const reading = await reporter.read(await call.request())
  switch (reading.outcome) {
    case 'challenge':
      return reading.text
    case 'unsigned':
      throw new Refusal('unavailable', { detail: 'The report has no signature. Send it again.' })
    case 'forged':
      throw new Refusal('forged_callback')
    case 'unreadable':
      throw new Refusal('unreadable_request', { detail: 'This is no report that otpost knows.' })
    case 'reports':
      await receiveAll(
        ports,
        provider,
        reading.reports.map(({ token: echoed, report }) => ({ token: token ?? echoed, report })),
      )
      return ''
  }
}

/** Objects that one batch asks at the same time. */
const AT_ONCE = 20

/** Records every report of a batch, also when one fails; then the vendor is to send it again. */
async function receiveAll(
  ports: Ports,
  provider: string,
  reports: readonly { readonly token: string | undefined; readonly report: DeliveryReport }[],
): Promise<void> {
  const failures: unknown[] = []
  for (let start = 0; start < reports.length; start += AT_ONCE) {
    const some = reports.slice(start, start + AT_ONCE)
    const outcomes = await Promise.allSettled(
      some.map(async ({ token, report }) =>
        token === undefined ? undefined : receiveReport(ports, provider, token, report),
      ),
    )
    failures.push(
      ...outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : [])),
    )
  }
  if (failures.length > 0) throw failures[0]
}

const isGenuine = async (ports: Ports, token: string): Promise<boolean> =>
  (await ports.vendors.deliveryOf('report', token)) !== undefined

export const unknownToken = (): Refusal =>
  new Refusal('not_found', { detail: 'This URL belongs to no message.' })

/** Records one report; a forged token wakes nothing. */
export async function receiveReport(
  ports: Ports,
  provider: string,
  token: string,
  report: DeliveryReport,
): Promise<void> {
  const deliveryId = await ports.vendors.deliveryOf('report', token)
  if (deliveryId === undefined) return
  const answer = await ports.lines.receive(deliveryId, provider, report)
  if (answer.outcome === 'unknown') {
    await ports.ledger.receive(deliveryId, provider, report)
  } else if (answer.followUp !== undefined) {
    await followUp(ports, answer.followUp)
  }
}

/** Sends before the vendor is answered: what is out of reach now is tried when the report comes again. */
async function followUp(ports: Ports, next: FollowUp): Promise<void> {
  const { verification } = next
  const [project, number] = await Promise.all([
    ports.projects.find(verification.projectId),
    ports.lines.reveal(verification),
  ])
  if (project === undefined || number === undefined) return
  const sending = sendNext(ports, { project, mode: verification.mode }, number, next)
  // The vendor may hang up meanwhile.
  ports.background(sending)
  await sending
}
