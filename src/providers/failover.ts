import type {
  Messenger,
  OutboundMessage,
  PlannedDelivery,
  TokenPurpose,
  Try,
} from '../core/messenger.ts'
import { CHANNELS, type Channel } from '../core/project.ts'
import type { Circuits } from './circuits.ts'
import {
  failed,
  type Failure,
  type Provider,
  type ProviderMessage,
  type Receipt,
} from './provider.ts'
import { routing } from './routing.ts'

const ONE_TRY_MS = 4000
const WHOLE_SEND_MS = 8000
const MOST_TRIES = 3
/** How long a provider that asks for a pause is waited for. */
const LONGEST_PAUSE_SECONDS = 2

/** What tells of the provider; that it declined may be due to this number or sender, and costs no time. */
const COUNTS_AGAINST_PROVIDER: ReadonlySet<Failure['kind']> = new Set([
  'unreachable',
  'throttled',
  'unknown',
])

export interface FailoverParts {
  /** In the order in which they are tried. */
  readonly live: readonly Provider[]
  readonly test: Provider
  readonly circuits: Circuits
  /** The public URL that a provider's vendor can call; undefined when it cannot. */
  readonly publicUrlFor: (provider: string) => string | undefined
  readonly tokenOf: (purpose: TokenPurpose, deliveryId: string) => Promise<string>
  readonly report: (error: unknown) => void
  readonly wait: (ms: number) => Promise<void>
}

/**
 * Tries providers in order, with the same message, until one takes it or says that nobody will;
 * 4 s each, 8 s in all. After a try of which nobody knows whether it sent the message, there is one
 * more.
 */
export function failover(parts: FailoverParts): Messenger {
  const { live, test, circuits } = parts
  const find = (name: string) => [...live, test].find((provider) => provider.name === name)
  return {
    route: routing(live, test, circuits),
    channels: (mode) =>
      CHANNELS.filter((channel) =>
        (mode === 'test' ? [test] : live).some(({ channels }) => channels.includes(channel)),
      ),
    async deliver(message, plan) {
      const deadline = Date.now() + WHOLE_SEND_MS
      const tries: Try[] = []
      // Test keys know no circuits, and with one provider there is nobody to turn to instead.
      const isWatched = message.scope.mode === 'live' && live.length > 1
      const unreachable = new Set<Channel>()
      let isLast = false
      for (const planned of plan) {
        const provider = find(planned.provider)
        if (tries.length === MOST_TRIES) break
        if (provider === undefined || unreachable.has(planned.channel)) continue
        if (deadline <= Date.now()) break
        const dressed = await dress(parts, provider, message, planned)
        const receipt = await sendPatiently(parts, provider, dressed, deadline)
        tries.push(tryOf(planned, receipt, message.code))
        if (receipt.sent && isWatched) circuits.succeeded(planned, message.country)
        if (isLast || receipt.sent || receipt.failure.kind === 'bad_number') break
        const { failure } = receipt
        if (failure.kind === 'not_on_channel') unreachable.add(planned.channel)
        isLast = failure.kind === 'unknown'
        if (COUNTS_AGAINST_PROVIDER.has(failure.kind) && isWatched) {
          circuits.failed(planned, message.country, failure)
        }
      }
      return tries
    },
  }
}

/** Gives a message what one try of one provider needs. */
async function dress(
  { publicUrlFor, tokenOf }: FailoverParts,
  provider: Provider,
  message: OutboundMessage,
  delivery: PlannedDelivery,
): Promise<ProviderMessage> {
  const { name, voice } = provider
  const publicUrl = publicUrlFor(name)
  const reportToken = await tokenOf('report', delivery.id)
  const calls = delivery.channel === 'call' && voice !== undefined && publicUrl !== undefined
  return {
    ...message,
    delivery,
    sender: delivery.sender ?? provider.senderOf(delivery.channel, message.country) ?? '',
    reportToken,
    reportUrl: publicUrl && `${publicUrl}/v1/receipts/${name}/${reportToken}`,
    callUrl: calls
      ? `${publicUrl}/v1/calls/${name}/${await tokenOf('call', delivery.id)}`
      : undefined,
  }
}

/** Sends; a provider that asks for a pause of at most 2 s gets it, once, if there is time. */
async function sendPatiently(
  parts: FailoverParts,
  provider: Provider,
  message: ProviderMessage,
  deadline: number,
): Promise<Receipt> {
  const receipt = await sendSafely(parts, provider, message, deadline)
  if (receipt.sent) return receipt
  const pause = receipt.failure.retryAfterSeconds ?? Infinity
  const isShort = pause <= LONGEST_PAUSE_SECONDS && Date.now() + pause * 1000 < deadline
  if (receipt.failure.kind !== 'throttled' || !isShort) return receipt
  await parts.wait(pause * 1000)
  return deadline <= Date.now() ? receipt : sendSafely(parts, provider, message, deadline)
}

/** A provider promises not to throw and to stop in time; a bug in one must not lose an outcome. */
async function sendSafely(
  { report }: FailoverParts,
  provider: Provider,
  message: ProviderMessage,
  deadline: number,
): Promise<Receipt> {
  const signal = AbortSignal.timeout(Math.min(ONE_TRY_MS, deadline - Date.now()))
  const late = new Promise<Receipt>((resolve) => {
    signal.addEventListener('abort', () => resolve(failed('unknown', 'no answer in time')))
  })
  try {
    return await Promise.race([provider.send(message, signal), late])
  } catch (error) {
    report(error)
    return failed('unknown', 'the adapter failed')
  }
}

/** What is kept of a try; an error's number that happens to be the code is not. */
function tryOf({ id, channel, provider }: PlannedDelivery, receipt: Receipt, code: string): Try {
  const common = { deliveryId: id, channel, provider }
  if (receipt.sent) {
    const { messageId, segments } = receipt
    return {
      ...common,
      status: 'sent',
      failure: null,
      error: null,
      providerMessageId: messageId,
      segments,
    }
  }
  const { kind, detail } = receipt.failure
  return {
    ...common,
    status: kind === 'unknown' ? 'unknown' : 'failed',
    failure: kind,
    error: `${kind}: ${detail.replaceAll(code, '…')}`,
    providerMessageId: null,
    segments: null,
  }
}
