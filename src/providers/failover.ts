import type { Messenger, Try } from '../core/ports.ts'
import { failed, type Provider, type Receipt } from './provider.ts'

const ONE_TRY_MS = 4000
const WHOLE_SEND_MS = 8000

/**
 * Tries providers in order until one takes the message or says that nobody will; 4 s each, 8 s in
 * all. Test keys have the inbox alone.
 */
export function failover(
  live: readonly Provider[],
  test: Provider,
  report: (error: unknown) => void,
): Messenger {
  const find = (name: string) => [...live, test].find((provider) => provider.name === name)
  return {
    route(mode, channel) {
      const providers = mode === 'test' ? [test] : live
      return providers
        .filter((provider) => provider.channels.includes(channel))
        .map((provider) => provider.name)
    },
    async deliver(message, plan) {
      const deadline = Date.now() + WHOLE_SEND_MS
      const tries: Try[] = []
      for (const { id, provider: name } of plan) {
        const left = deadline - Date.now()
        const provider = find(name)
        if (provider === undefined || left <= 0) break
        const signal = AbortSignal.timeout(Math.min(ONE_TRY_MS, left))
        const receipt = await sendSafely(provider, message, signal, report)
        tries.push(tryOf(id, name, receipt))
        if (receipt.sent || receipt.failure.kind === 'bad_number') break
      }
      return tries
    },
  }
}

/** A provider promises not to throw and to stop in time; a bug in one must not lose an outcome. */
async function sendSafely(
  provider: Provider,
  message: Parameters<Provider['send']>[0],
  signal: AbortSignal,
  report: (error: unknown) => void,
): Promise<Receipt> {
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

function tryOf(deliveryId: string, provider: string, receipt: Receipt): Try {
  const common = { deliveryId, provider }
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
    error: `${kind}: ${detail}`,
    providerMessageId: null,
    segments: null,
  }
}
