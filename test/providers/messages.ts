import type { OutboundMessage } from '../../src/core/messenger.ts'
import type { E164 } from '../../src/core/phone.ts'
import type { Channel } from '../../src/core/project.ts'
import type { ProviderMessage, Receipt } from '../../src/providers/provider.ts'

export const CODE = '918273'

export const message = (changes: Partial<OutboundMessage> = {}): OutboundMessage => ({
  scope: { projectId: 'a'.repeat(24), mode: 'live' },
  verificationId: `ver_${'0'.repeat(32)}`,
  to: '+12025550123' as E164,
  country: 'US',
  language: 'en',
  brand: 'Acme',
  text: `${CODE} is your Acme code. It is valid for 10 min.`,
  code: CODE,
  expiresAt: Date.now() + 600_000,
  ...changes,
})

/** A message as a provider is given it, for one channel. */
export const providerMessage = (
  channel: Channel,
  changes: Partial<ProviderMessage> = {},
): ProviderMessage => ({
  ...message(),
  delivery: { id: `del_${'0'.repeat(32)}`, channel, provider: 'fake' },
  sender: '+12025550100',
  reportToken: 'report-token-of-the-try',
  reportUrl: 'https://otp.example.com/v1/receipts/fake/report-token-of-the-try',
  callUrl: 'https://otp.example.com/v1/calls/fake/call-token-of-the-try',
  ...changes,
})

/** Why a message was not sent; `sent` when it was. */
export const kindOf = (receipt: Receipt): string => (receipt.sent ? 'sent' : receipt.failure.kind)
