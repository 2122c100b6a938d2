import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { proven, TRADE } from '../facades/native/proofs.ts'
import { client, PHONE } from '../support/api.ts'
import { everythingStored, hashLike, searchable } from '../support/dump.ts'
import { runAlarms } from '../support/lines.ts'

const LOGS = ['log', 'info', 'warn', 'error', 'debug'] as const

describe('after a proof was made and traded', () => {
  it('nothing of it stands in storage or logs', async () => {
    const logs = LOGS.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined))
    const session = 'canary-session-5e1f'
    const key = 'canary-idempotency-key-77c0'
    const { token, claims, checked, trade, server } = await proven({ session })
    expect((await trade({ token, session: 'canary-other' })).body['valid']).toBe(false)
    expect((await trade({ token, session }, { 'idempotency-key': key })).body['valid']).toBe(true)
    expect((await trade({ token, session })).body['valid']).toBe(false)
    await client(server.secret)('POST', `${TRADE}?token=${token}`, { token: `${token}x` })
    const before = await everythingStored()
    await runAlarms()
    const after = await everythingStored()
    const stored = [...before.objects, ...before.d1, ...after.objects, ...after.d1]
    const everything = [
      searchable(stored),
      JSON.stringify(logs.flatMap((spy) => spy.mock.calls)),
    ].join('\n')
    const [header, body, signature] = token.split('.')
    const secrets = [token, header, body, signature, claims.jti, session, 'canary', key, PHONE]
    expect(secrets.filter((secret) => everything.includes(secret ?? '?'))).toEqual([])
    const hashes = hashLike(stored)
    for (const text of [token, claims.jti ?? '', session, key]) {
      expect(hashes.has(createHash('sha256').update(text).digest('hex'))).toBe(false)
    }
    expect(everything).toContain(claims['vid'] as string)
    expect(checked.text).toContain(token)
  })
})
