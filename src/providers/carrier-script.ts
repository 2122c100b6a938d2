import type { DeliveryReport, FailureKind } from '../core/messenger.ts'
import type { Channel } from '../core/project.ts'
import type { Failure } from './provider.ts'

/** Something that happens to a message, so long after what came before it. */
export type Step = { readonly afterMs: number } & (
  | { readonly arrives: true }
  | { readonly report: DeliveryReport }
)

/** What becomes of a message. */
export interface Ending {
  /** Until the carrier answers. */
  readonly before: readonly Step[]
  /** `hang`: it never does. */
  readonly answer: 'sent' | ScriptedFailure | 'hang'
  /** Once it has answered; 25 s at most, as nothing may run longer after a request. */
  readonly after: readonly Step[]
}

type ScriptedFailure = Exclude<FailureKind, 'unknown'>

interface Row {
  readonly number: string
  /** One clause, for people. */
  readonly does: string
  readonly ending: Ending
  /** Channels on which it ends otherwise. */
  readonly except: Partial<Record<Channel, Ending>>
}

/** What a carrier says of a message that it did not take. */
export const FAILURES = {
  unreachable: { detail: 'HTTP 503, scripted error 20503' },
  throttled: { detail: 'HTTP 429, scripted error 20429', retryAfterSeconds: 30 },
  misconfigured: { detail: 'HTTP 401, scripted error 20003' },
  bad_number: { detail: 'HTTP 400, scripted error 21211' },
  not_on_channel: { detail: 'HTTP 400, scripted error 63003' },
} as const satisfies Record<ScriptedFailure, Omit<Failure, 'kind'>>

const PAID = { price: '0.0079', currency: 'USD' } as const
const FREE = { price: null, currency: null } as const

const REPORTS = {
  sent: { status: 'sent', error: null, ...FREE },
  delivered: { status: 'delivered', error: null, ...PAID },
  undelivered: { status: 'undelivered', error: 'Scripted error 30003', ...PAID },
  failed: { status: 'failed', error: 'Scripted error 30008', ...FREE },
} as const satisfies Record<string, DeliveryReport>

const arrives = (afterMs = 0): Step => ({ afterMs, arrives: true })
const reported = (status: keyof typeof REPORTS, afterMs = 1000): Step => ({
  afterMs,
  report: REPORTS[status],
})

const answers = (answer: Ending['answer'], ...after: readonly Step[]): Ending => ({
  before: [],
  answer,
  after,
})
const taken = (...after: readonly Step[]): Ending => ({
  before: [arrives()],
  answer: 'sent',
  after,
})

/** What every number does that is not scripted. */
const JUST_WORKS = taken()
const DELIVERED = taken(reported('delivered'))

const row = (
  lastDigits: string,
  does: string,
  ending: Ending,
  except: Row['except'] = {},
): Row => ({ number: `+150055500${lastDigits}`, does, ending, except })

/** The numbers +1 500 555 00NN are valid, and nobody's. */
const ROWS: readonly Row[] = [
  row('01', 'is taken and arrives; reported delivered after 1 s', DELIVERED),
  row('10', 'is slow: arrives and is taken after 3 s; reported delivered 1 s later', {
    ...DELIVERED,
    before: [arrives(3000)],
  }),
  row('11', 'is too slow: arrives, but the carrier does not answer in time', {
    ...answers('hang'),
    before: [arrives()],
  }),
  row('12', 'is lost: never arrives, and the carrier does not answer', answers('hang')),
  row('20', 'fails: the carrier is unreachable', answers('unreachable')),
  row('21', 'fails: the carrier is throttling', answers('throttled')),
  row('22', 'fails: the number is bad', answers('bad_number')),
  row('23', 'fails: the carrier is misconfigured', answers('misconfigured')),
  row('24', 'is not on WhatsApp; sms and call are delivered', DELIVERED, {
    whatsapp: answers('not_on_channel'),
  }),
  row('25', 'fails by sms; call and whatsapp are delivered', DELIVERED, {
    sms: answers('unreachable'),
  }),
  row('30', 'is lost: taken, never arrives, nothing is reported', answers('sent')),
  row(
    '31',
    'is taken and never arrives; reported undelivered after 2 s',
    answers('sent', reported('undelivered', 2000)),
  ),
  row(
    '32',
    'never arrives by whatsapp, reported failed after 2 s; sms and call are delivered',
    DELIVERED,
    { whatsapp: answers('sent', reported('failed', 2000)) },
  ),
  row(
    '33',
    'never arrives by any channel; reported failed after 2 s',
    answers('sent', reported('failed', 2000)),
  ),
  row(
    '40',
    'is taken and arrives 10 s late; then reported delivered',
    answers('sent', arrives(10_000), reported('delivered')),
  ),
  row(
    '41',
    'arrives twice and is reported delivered twice',
    taken(arrives(1000), reported('delivered', 0), reported('delivered')),
  ),
  row(
    '42',
    'arrives; reported out of order: delivered, then sent',
    taken(reported('delivered'), reported('sent')),
  ),
  row(
    '43',
    'arrives; reported failed after 1 s, then delivered',
    taken(reported('failed'), reported('delivered')),
  ),
]

const BY_NUMBER: ReadonlyMap<string, Row> = new Map(ROWS.map((entry) => [entry.number, entry]))

/** Tells people which numbers do not just work. */
export const SCRIPTED_NUMBERS: readonly { readonly number: string; readonly does: string }[] =
  ROWS.map(({ number, does }) => ({ number, does }))

/** Looks up what becomes of a message; a number that is not scripted just works. */
export function endingOf(to: string, channel: Channel): Ending {
  const entry = BY_NUMBER.get(to)
  return entry?.except[channel] ?? entry?.ending ?? JUST_WORKS
}
