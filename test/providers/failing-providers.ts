import type { PlannedDelivery } from '../../src/core/messenger.ts'
import { CHANNELS, type Channel } from '../../src/core/project.ts'
import type { Circuits } from '../../src/providers/circuits.ts'
import { failover } from '../../src/providers/failover.ts'
import {
  type Failure,
  type Provider,
  type ProviderMessage,
  type Receipt,
} from '../../src/providers/provider.ts'
import { message } from './messages.ts'

export const sent: Receipt = { sent: true, messageId: 'SM1', segments: 2 }

type Answer = Receipt | (() => Receipt | Promise<Receipt>)

interface SetUp {
  readonly publicUrl?: string
  /** Providers that call phones and have a script for it. */
  readonly voices?: readonly string[]
}

/** Providers that answer as they are told, and remember what they were asked. */
export function setUp(
  answers: Readonly<Record<string, Answer>>,
  { publicUrl, voices = [] }: SetUp = {},
) {
  const asked: { readonly name: string; readonly message: ProviderMessage }[] = []
  const signals: AbortSignal[] = []
  const reported: unknown[] = []
  const told: (readonly [provider: string, outcome: Failure['kind'] | 'sent'])[] = []
  const waits: number[] = []
  const voice = {
    isAuthentic: async () => true,
    hasKey: () => true,
    speak: () => ({ contentType: '', body: '' }),
  }
  const providerOf = (name: string, answer: Answer): Provider => ({
    name,
    channels: CHANNELS,
    senderOf: () => `${name} sender`,
    async send(outbound, signal) {
      asked.push({ name, message: outbound })
      signals.push(signal)
      return typeof answer === 'function' ? answer() : answer
    },
    ...(voices.includes(name) ? { voice } : {}),
  })
  const circuits: Circuits = {
    cooling: async () => new Set(),
    failed: ({ provider }, _, { kind }) => told.push([provider, kind]),
    succeeded: ({ provider }) => told.push([provider, 'sent']),
  }
  const messenger = failover({
    live: Object.entries(answers).map(([name, answer]) => providerOf(name, answer)),
    test: providerOf('inbox', sent),
    circuits,
    publicUrlFor: () => publicUrl,
    tokenOf: async (purpose, id) => `${purpose}-${id}`,
    report: (error) => reported.push(error),
    wait: async (ms) => void waits.push(ms),
  })
  const plan = Object.keys(answers).map((provider) => planned(provider))
  const names = () => asked.map(({ name }) => name)
  return {
    asked,
    signals,
    reported,
    told,
    waits,
    messenger,
    names,
    deliver: (by: readonly PlannedDelivery[] = plan) => messenger.deliver(message(), by),
  }
}

export const planned = (provider: string, channel: Channel = 'sms'): PlannedDelivery => ({
  id: `del_${provider}`,
  channel,
  provider,
})
