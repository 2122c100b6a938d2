import type { DeliveryReport } from '../core/messenger.ts'
import { CHANNELS } from '../core/project.ts'
import { endingOf, FAILURES, type Step } from './carrier-script.ts'
import { failed, type Provider, type ProviderMessage, type Receipt } from './provider.ts'

export interface InboxOptions {
  /** Puts a message into the inbox. */
  readonly add: (message: ProviderMessage) => Promise<void>
  /** Delivers a report to otpost, as a vendor would. */
  readonly report: (token: string, report: DeliveryReport) => Promise<void>
  /** Carries work on after the answer. */
  readonly background: (work: Promise<unknown>) => void
  /** Sleeps; may end early, in whatever way, when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<unknown>
}

/**
 * Delivers to no phone: keeps messages where developers and test keys can read them, and plays the
 * endings of the scripted numbers (`docs/scripted-carrier.md`).
 */
export function inbox({ add, report, background, wait }: InboxOptions): Provider {
  const play = (message: ProviderMessage, step: Step): Promise<void> =>
    'report' in step ? report(message.reportToken, step.report) : add(message)

  async function playLater(message: ProviderMessage, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.afterMs > 0) await wait(step.afterMs)
      await play(message, step)
    }
  }

  async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
    const waited = wait(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    await Promise.race([waited, abortOf(signal)])
  }

  return {
    name: 'inbox',
    channels: CHANNELS,
    senderOf: () => 'otpost',
    async send(message, signal) {
      const { before, answer, after } = endingOf(message.to, message.delivery.channel)
      for (const step of before) {
        if (step.afterMs > 0) await waitFor(step.afterMs, signal)
        if (signal.aborted) return NO_ANSWER
        await play(message, step)
      }
      if (answer === 'hang') {
        await abortOf(signal)
        return NO_ANSWER
      }
      if (after.length > 0) background(playLater(message, after))
      if (answer !== 'sent') return { sent: false, failure: { kind: answer, ...FAILURES[answer] } }
      return { sent: true, messageId: `inbox_${crypto.randomUUID()}`, segments: null }
    },
  }
}

const NO_ANSWER: Receipt = failed('unknown', 'no answer in time')

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
