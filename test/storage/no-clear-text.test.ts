import { listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { appCode, withApp, withUser } from '../facades/verigator/support.ts'
import { account, wrong } from '../support/api.ts'
import { stopClockWithinStep } from '../support/app-logins.ts'
import { fakeProvider } from '../support/fake-provider.ts'

async function dump(): Promise<string> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>()
  const rows = await Promise.all(
    tables.map(async ({ name }) => (await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results),
  )
  return JSON.stringify(rows)
}

describe('the ledger after a verification', () => {
  it('holds neither the number nor the code nor the key in clear', async () => {
    const provider = fakeProvider()
    const { start, check, secret } = await account()
    const { id } = (await start()).body
    const code = provider.messages[0]?.code ?? ''
    expect(code).toMatch(/^[0-9]{6}$/)
    await check({ id, code: wrong(code) })
    await check({ id, code })
    for (const object of await listDurableObjectIds(env.PHONE_LINE)) {
      await runDurableObjectAlarm(env.PHONE_LINE.get(object))
    }
    const bytes = await dump()
    expect(bytes).toContain(`"id":"${id}"`)
    expect(bytes).toContain('"phone_last4":"0123"')
    expect(bytes).not.toContain('2025550123')
    expect(bytes).not.toContain(btoa('+12025550123').slice(0, 14))
    expect(bytes).not.toMatch(RegExp(`[":\\\\ ]${code}[",\\\\ ]`))
    expect(bytes).not.toContain(secret)
  })
})

describe('the ledger after an enrolment and a login by the app', () => {
  it('holds neither the number nor the secret of the app nor the key in clear', async () => {
    stopClockWithinStep()
    const user = await withUser()
    const app = await withApp(user)
    await user.call('POST', `${user.path}/auth`, { method: 'totp' })
    await user.call('PUT', `${user.path}/auth`, { token: appCode(app) })
    for (const object of await listDurableObjectIds(env.PHONE_LINE)) {
      await runDurableObjectAlarm(env.PHONE_LINE.get(object))
    }
    const bytes = await dump()
    expect(bytes).toContain(`"id":"${user.user}"`)
    expect(bytes).toContain('"channel":"totp"')
    expect(bytes).toContain('"phone_last4":"0123"')
    expect(bytes).not.toContain('2025550123')
    expect(bytes).not.toContain(btoa('+12025550123').slice(0, 14))
    expect(bytes).not.toContain(app)
    expect(bytes).not.toContain(btoa(app).slice(0, 40))
    expect(bytes).not.toContain(user.secret)
  })
})
