import { describe, expect, it } from 'vitest'
import type { InboxMessage } from '../../src/core/ports.ts'
import { developmentInbox } from '../../src/dev/index.ts'
import { SCRIPTED_NUMBERS } from '../../src/providers/carrier-script.ts'

const EVIL = `<script>alert('1')</script>"&`
const ESCAPED = '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;'

const messageOf = (changes: Partial<InboxMessage> = {}): InboxMessage => ({
  to: '+12025550123',
  channel: 'sms',
  provider: 'inbox',
  body: '918273 is your Acme code.',
  code: '918273',
  verificationId: `ver_${'0'.repeat(32)}`,
  at: '2026-11-21T21:24:37.530Z',
  ...changes,
})

async function get(path: string, messages: readonly InboxMessage[], scripted = SCRIPTED_NUMBERS) {
  const app = developmentInbox({ list: async () => messages, scripted })
  const response = await app.request(path)
  expect(response.status).toBe(200)
  return { text: await response.text(), headers: response.headers }
}

describe('GET /dev/inbox', () => {
  it('shows a message with its code, and refreshes itself', async () => {
    const { text, headers } = await get('/dev/inbox', [messageOf()])
    expect(headers.get('content-type')).toContain('text/html')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).toContain('http-equiv="refresh"')
    expect(text).toContain('<strong>+12025550123</strong>')
    expect(text).toContain('<p>918273 is your Acme code.</p>')
    expect(text).toContain('<code>918273</code>')
    expect(text).toContain('21:24:37 UTC')
  })

  it.each([
    ['sms', 'Text message', '<p>words</p>'],
    ['call', 'Phone call', '<p>“words”</p>'],
    ['whatsapp', 'WhatsApp', '<p>words</p>'],
    ['pigeon', 'pigeon', '<p>words</p>'],
  ])('says how a message came: %s', async (channel, name, body) => {
    const { text } = await get('/dev/inbox', [messageOf({ channel, body: 'words' })])
    expect(text).toContain(name)
    expect(text).toContain(body)
  })

  it('says so when there is none', async () => {
    expect((await get('/dev/inbox', [])).text).toContain('No messages yet')
  })

  it.each(['to', 'channel', 'body', 'code', 'verificationId', 'at'] as const)(
    'escapes %s',
    async (field) => {
      const at = field === 'at' ? { at: `2026-11-21T${EVIL}` } : { [field]: EVIL }
      const { text } = await get('/dev/inbox', [
        messageOf(at),
        messageOf({ ...at, channel: 'call' }),
      ])
      expect(text).not.toContain('<script')
      expect(text).not.toContain(EVIL)
      expect(text).toContain('&lt;script')
    },
  )

  it('escapes the table too', async () => {
    const { text } = await get('/dev/inbox', [], [{ number: EVIL, does: EVIL }])
    expect(text.split(ESCAPED)).toHaveLength(3)
    expect(text).not.toContain('<script')
  })

  it('has a folded table of every scripted number', async () => {
    const { text } = await get('/dev/inbox', [])
    expect(text).toMatch(/<details\s*>/)
    for (const { number, does } of SCRIPTED_NUMBERS) {
      expect(text).toMatch(
        RegExp(`<td>${RegExp.escape(number)}</td>\\s*<td>${RegExp.escape(does)}</td>`),
      )
    }
    expect(text.match(/<td>\+1500/g)).toHaveLength(SCRIPTED_NUMBERS.length)
  })

  it('keeps the table unfolded while it refreshes', async () => {
    const folded = await get('/dev/inbox', [])
    expect(folded.text).toContain('href="/dev/inbox?numbers"')
    const unfolded = await get('/dev/inbox?numbers', [])
    expect(unfolded.text).toMatch(/<details open\s*>/)
    expect(unfolded.text).toContain('href="/dev/inbox"')
  })
})

describe('GET /dev/inbox.json', () => {
  const messages = [messageOf(), messageOf({ to: '+15005550001', channel: 'call' })]

  it.each([
    ['', messages],
    ['?to=%2B15005550001', messages.slice(1)],
    ['?to=15005550001', []],
  ])('answers the messages as they are: %s', async (query, expected) => {
    const { text } = await get(`/dev/inbox.json${query}`, messages)
    expect(JSON.parse(text)).toEqual(expected)
  })
})
