import type { OutboundMessage } from '../core/ports.ts'
import type { Provider } from './provider.ts'

/** Delivers to no phone: keeps messages where developers and test keys can read them. */
export const inbox = (add: (message: OutboundMessage) => Promise<void>): Provider => ({
  name: 'inbox',
  channels: ['sms'],
  async send(message) {
    await add(message)
    return { sent: true, messageId: `inbox_${crypto.randomUUID()}`, segments: null }
  },
})
