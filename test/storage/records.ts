import type { Delivery, Verification, VerificationRecord } from '../../src/core/verification.ts'

export const PROJECT = 'a'.repeat(24)
export const NOW = 1_800_000_000_000

const hex = (n: number) => n.toString(16).padStart(32, '0')
export const idOf = (n: number): string => `ver_${hex(n)}`

/** A verification whose columns all differ from each other. */
export const verification = (n: number, changes: Partial<Verification> = {}): Verification => ({
  id: idOf(n),
  projectId: PROJECT,
  mode: 'live',
  facade: 'native',
  purpose: 'login',
  channel: 'sms',
  channels: ['sms'],
  status: 'pending',
  phone: { hash: 'ab'.repeat(32), last4: '0123', sealed: 'key.sealed', country: 'US' },
  locale: 'pt-BR',
  metadata: { order: '7' },
  message: {},
  attempts: 1,
  attemptsAllowed: 5,
  sends: 2,
  version: 3,
  createdAt: NOW + n,
  updatedAt: NOW + 2000,
  expiresAt: NOW + 600_000,
  approvedAt: null,
  ...changes,
})

export const delivery = (n: number, changes: Partial<Delivery> = {}): Delivery => ({
  id: `del_${hex(n)}`,
  verificationId: idOf(n),
  channel: 'sms',
  provider: 'twilio',
  providerMessageId: 'SM1',
  status: 'sent',
  error: null,
  price: '0.0079',
  currency: 'USD',
  segments: 1,
  version: 2,
  createdAt: NOW + 10,
  updatedAt: NOW + 20,
  ...changes,
})

export const record = (
  n: number,
  changes: Partial<Verification> = {},
  rest: Partial<VerificationRecord> = {},
): VerificationRecord => ({
  verification: verification(n, changes),
  deliveries: [],
  timeline: [{ id: '1', type: 'verification.started', at: NOW, data: { purpose: 'login' } }],
  ...rest,
})
