import { describe, expect, it } from 'vitest'
import { account, ask } from '../../support/api.ts'
import { importKey } from '../native/support.ts'
import { verigatorClient, withUser } from './support.ts'

describe('credentials', () => {
  const ask401 = async (header: string | undefined, settings: object = {}) => {
    const user = await withUser({ settings })
    const { projectId, secret, path, service } = user
    const value = header?.replace('PROJECT', projectId).replace('SECRET', secret)
    const headers: Record<string, string> = value === undefined ? {} : { 'x-service-auth': value }
    const answers = []
    for (const [method, at] of [
      ['POST', ''],
      ['GET', `/${service}`],
      ['DELETE', `/${service}`],
      ['POST', `/${service}/users`],
      ['GET', path],
      ['POST', `${path}/auth`],
      ['PUT', `${path}/auth`],
      ['POST', `${path}/totp`],
      ['GET', '/no/such/route'],
    ] as const) {
      const url = `http://localhost/v1/service/service${at}`
      answers.push(await ask(new Request(url, { method, headers })))
    }
    return answers
  }

  it.each([
    ['none', undefined, {}],
    ['an empty header', '', {}],
    ['no colon', 'PROJECT', {}],
    ['only the key', 'SECRET', {}],
    ['another user', 'somebody:SECRET', {}],
    ['no user', ':SECRET', {}],
    ['a wrong password', 'PROJECT:sk_live_nobody', {}],
    ['no password', 'PROJECT:', {}],
    ['a password that is too long', `PROJECT:${'x'.repeat(600)}`, {}],
    ['a user name that differs', 'acme2:SECRET', { verigatorUsername: 'acme' }],
    ['a user name in another case', 'ACME:SECRET', { verigatorUsername: 'acme' }],
    ['a semicolon', 'PROJECT;SECRET', {}],
  ])('are 401 on every route: %s', async (_, header, settings) => {
    for (const answer of await ask401(header, settings)) expect(answer).toBeVerigatorError(401)
  })

  it('have the id of the project, or its verigatorUsername, as user', async () => {
    const caller = await account({ settings: { verigatorUsername: 'acme@example.com' } })
    for (const name of [caller.projectId, 'acme@example.com']) {
      const call = verigatorClient(name, caller.secret)
      expect((await call('POST', '', { fqdn: name, name })).status).toBe(201)
    }
  })

  it("of one project's user with another's key are 401", async () => {
    const [one, other] = [await account(), await account()]
    const call = verigatorClient(one.projectId, other.secret)
    expect(await call('POST', '', { fqdn: 'a', name: 'A' })).toBeVerigatorError(401)
  })

  it('may have a colon in the password', async () => {
    const { projectId } = await account()
    const password = `${crypto.randomUUID()}:${crypto.randomUUID()}`
    await importKey(projectId, password)
    const call = verigatorClient(projectId, password)
    expect((await call('POST', '', { fqdn: 'a', name: 'A' })).status).toBe(201)
    const cut = verigatorClient(projectId, password.slice(0, password.indexOf(':')))
    expect(await cut('POST', '', { fqdn: 'b', name: 'B' })).toBeVerigatorError(401)
  })

  it('of a publishable key are 403', async () => {
    const caller = await account({ kind: 'publishable' })
    const call = verigatorClient(caller.projectId, caller.secret)
    expect(await call('POST', '', { fqdn: 'a', name: 'A' })).toBeVerigatorError(403)
  })
})
