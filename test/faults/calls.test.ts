import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account } from '../support/api.ts'
import { breakableD1 } from '../support/broken-d1.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { intercept } from '../support/intercept.ts'

/** A warm Worker that counts what it calls. */
async function counted(settings: object) {
  const provider = fakeProvider()
  const { db, state } = breakableD1()
  const calls: string[] = []
  const count = <T extends { getByName(...args: never[]): unknown }>(name: string, namespace: T) =>
    intercept(namespace, async (method, call) => {
      calls.push(`${name}.${method}`)
      return call()
    })
  const environment = {
    ...env,
    DB: db,
    PHONE_LINE: count('line', env.PHONE_LINE),
    METER: count('meter', env.METER),
    IDEMPOTENCY: count('idempotency', env.IDEMPOTENCY),
    INBOX: count('inbox', env.INBOX),
  }
  const caller = await account({ environment, settings })
  await caller.send('GET', '/v1/test/inbox')
  calls.length = 0
  state.calls = 0
  return { ...caller, provider, calls, d1: state }
}

describe('the way of a request', () => {
  it('of a check is one call to the line, no D1 query and no fetch', async () => {
    const { start, check, provider, calls, d1 } = await counted({})
    const { body } = await start()
    calls.length = 0
    d1.calls = 0
    provider.spy.mockClear()
    await check({ id: body['id'], code: provider.messages[0]?.code })
    expect(calls).toEqual(['line.check'])
    expect(d1.calls).toBe(0)
    expect(provider.spy).not.toHaveBeenCalled()
  })

  it.each([
    ['without caps', { sendsPerDay: null, sendsPerCountryPerDay: null }, {}, []],
    ['with caps', {}, {}, ['meter.take']],
    ['with caps and an address', {}, { ip: '192.0.2.1' }, ['meter.take', 'meter.take']],
  ])(
    'of a start %s is two calls to the line, one per meter, one fetch, no D1',
    async (_, settings, body, meters) => {
      const { start, provider, calls, d1 } = await counted(settings)
      expect((await start(body)).status).toBe(201)
      expect(calls).toEqual([...meters, 'line.admit', 'line.settle'])
      expect(d1.calls).toBe(0)
      expect(provider.spy).toHaveBeenCalledTimes(1)
    },
  )
})
