import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { deriveCodeKeys } from '../../src/core/keys.ts'
import type { Channel } from '../../src/core/project.ts'
import { spokenCode, spokenPrompt, voiceOf } from '../../src/core/voice.ts'
import { inboxes } from '../../src/inbox/client.ts'
import { inboxMessage } from '../providers/carrier.ts'
import { testEnv } from '../support/env.ts'

const setUp = () => inboxes(env.INBOX, () => deriveCodeKeys([testEnv.OTPOST_SECRET]))

/** What an inbox shows of a message by a channel. */
async function shown(channel: Channel) {
  const client = setUp()
  const message = inboxMessage('+12025550123', channel)
  await client.add(message)
  const [kept] = await client.list(message.scope)
  return { message, kept }
}

describe('a message in the inbox', () => {
  it.each(['sms', 'whatsapp'] as const)('is what the person reads, by %s', async (channel) => {
    const { message, kept } = await shown(channel)
    expect(kept).toEqual({
      to: '+12025550123',
      channel,
      provider: 'inbox',
      body: message.text,
      code: message.code,
      verificationId: message.verificationId,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    })
    expect(Object.keys(kept ?? {}).join()).toBe('to,channel,provider,body,code,verificationId,at')
  })

  it('is what the person hears, by call', async () => {
    const { message, kept } = await shown('call')
    const voice = voiceOf('en', 'US')
    expect(kept?.channel).toBe('call')
    expect(kept?.body).toBe(
      `${spokenPrompt(voice, message.brand)} ${spokenCode(voice, message.code)}`,
    )
    expect(kept?.body).toContain('Acme')
    expect(kept?.body).toContain('9, 1, 8, 2, 7, 3')
    expect(kept?.code).toBe('918273')
  })
})
