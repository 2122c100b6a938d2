import type { DeliveryReport } from '../../src/core/messenger.ts'
import type { E164 } from '../../src/core/phone.ts'
import type { Channel } from '../../src/core/project.ts'
import { inbox } from '../../src/providers/inbox.ts'
import type { ProviderMessage, Receipt } from '../../src/providers/provider.ts'
import { providerMessage } from './messages.ts'

export const TOKEN = 'token-of-the-try'
const PATIENCE_MS = 4000

export const inboxMessage = (to: string, channel: Channel): ProviderMessage =>
  providerMessage(channel, {
    to: to as E164,
    sender: 'otpost',
    reportToken: TOKEN,
    reportUrl: undefined,
    callUrl: undefined,
  })

export interface Played {
  /** What happened when, in seconds since the message was handed over: `0 arrives`. */
  readonly story: readonly string[]
  readonly receipt: Receipt
  readonly reports: readonly (DeliveryReport & { readonly token: string })[]
  readonly arrived: readonly ProviderMessage[]
  /** How long work went on after the answer. */
  readonly backgroundMs: number
}

/** Sends a message by the inbox, on a clock that jumps, with the patience that fail-over has. */
export async function play(message: ProviderMessage): Promise<Played> {
  const story: string[] = []
  const reports: (DeliveryReport & { readonly token: string })[] = []
  const arrived: ProviderMessage[] = []
  const works: Promise<unknown>[] = []
  let now = 0
  const tell = (what: string) => void story.push(`${now / 1000} ${what}`)
  const answered = Promise.withResolvers<void>()
  const patience = new AbortController()
  const provider = inbox({
    async add(outbound) {
      arrived.push(outbound)
      tell('arrives')
    },
    async report(token, report) {
      await answered.promise
      reports.push({ token, ...report })
      tell(report.status)
    },
    background: (work) => void works.push(work),
    async wait(ms, signal) {
      if (signal === undefined) await answered.promise
      now += ms
    },
  })
  const sending = provider.send(message, patience.signal)
  if ((await Promise.race([sending, scheduler.wait(1)])) === undefined) {
    now = PATIENCE_MS
    patience.abort()
  }
  const receipt = await sending
  tell(receipt.sent ? 'taken' : receipt.failure.kind)
  const answeredAt = now
  answered.resolve()
  await Promise.all(works)
  return { story, receipt, reports, arrived, backgroundMs: now - answeredAt }
}
