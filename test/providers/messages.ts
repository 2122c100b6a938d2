import type { OutboundMessage } from '../../src/core/ports.ts'
import type { E164 } from '../../src/core/phone.ts'
import type { Receipt } from '../../src/providers/provider.ts'

export const CODE = '918273'

export const message = (changes: Partial<OutboundMessage> = {}): OutboundMessage => ({
  scope: { projectId: 'a'.repeat(24), mode: 'live' },
  verificationId: `ver_${'0'.repeat(32)}`,
  channel: 'sms',
  to: '+12025550123' as E164,
  country: 'US',
  text: `${CODE} is your Acme code. It is valid for 10 min.`,
  code: CODE,
  expiresAt: Date.now() + 600_000,
  ...changes,
})

/** Why a message was not sent; `sent` when it was. */
export const kindOf = (receipt: Receipt): string => (receipt.sent ? 'sent' : receipt.failure.kind)
