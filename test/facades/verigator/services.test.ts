import { describe, expect, it } from 'vitest'
import { rowsOfLedger } from '../../support/lines.ts'
import { addUser, OTHER_NUMBER, verigatorAccount, withUser } from './support.ts'

const NO_SERVICE = 'This project has no such service.'

const EXAMPLE = { fqdn: 'example.com', name: 'Example' }

describe('POST /v1/service/service', () => {
  it.each(['example.com', 'EXAMPLE.com'])('answers 409 to an fqdn again: %s', async (fqdn) => {
    const { call } = await verigatorAccount()
    expect((await call('POST', '', EXAMPLE)).status).toBe(201)
    expect(await call('POST', '', { fqdn, name: 'Another' })).toBeVerigatorError(
      409,
      'The project has a service of this fqdn. Use that one, or another fqdn.',
    )
  })

  it('takes the same fqdn in another project, and of the other mode', async () => {
    const one = await verigatorAccount()
    const other = await verigatorAccount()
    const test = await verigatorAccount({ projectId: one.projectId, mode: 'test' })
    for (const { call } of [one, other, test]) {
      expect((await call('POST', '', EXAMPLE)).status).toBe(201)
    }
  })

  it('takes the fqdn of a service that was removed', async () => {
    const { call } = await verigatorAccount()
    const { body } = await call('POST', '', EXAMPLE)
    expect((await call('DELETE', `/${body['id']}`)).status).toBe(202)
    expect((await call('POST', '', EXAMPLE)).status).toBe(201)
  })

  it('takes a URL as fqdn, and keeps it as it is', async () => {
    const { call } = await verigatorAccount()
    const made = await call('POST', '', { fqdn: 'https://Example.com', name: 'Läden & Co' })
    expect(made.body).toMatchObject({ fqdn: 'https://Example.com', name: 'Läden & Co' })
    expect((await call('GET', `/${made.body['id']}`)).body).toEqual(made.body)
  })

  it.each([
    ['broken JSON', '{"fqdn":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no fields', {}],
    ['no fqdn', { name: 'a' }],
    ['no name', { fqdn: 'a' }],
    ['an empty fqdn', { fqdn: '', name: 'a' }],
    ['a name of spaces', { fqdn: 'a', name: '  ' }],
    ['a number', { fqdn: 1, name: 'a' }],
    ['a name that is too long', { fqdn: 'a', name: 'x'.repeat(256) }],
    ['half a character', '{"fqdn":"a","name":"\\ud800"}'],
    ['a body of 17 KB', { fqdn: 'a', name: 'a', more: 'x'.repeat(17_000) }],
  ])('answers 422 to %s', async (_, body) => {
    const { call } = await verigatorAccount()
    expect(await call('POST', '', body)).toBeVerigatorError(422)
    expect(await rowsOfLedger('services')).toEqual([])
  })
})

describe('DELETE /v1/service/service/{sid}', () => {
  it('answers 409 while the service has users, 202 with {} afterwards, then 404', async () => {
    const { call, service, path } = await withUser()
    expect(await call('DELETE', `/${service}`)).toBeVerigatorError(
      409,
      'The service has users. Remove them first.',
    )
    expect((await call('GET', `/${service}`)).status).toBe(200)
    expect((await call('DELETE', path)).status).toBe(202)
    expect(await call('DELETE', `/${service}`)).toMatchObject({ status: 202, text: '{}' })
    expect(await call('DELETE', `/${service}`)).toBeVerigatorError(404, NO_SERVICE)
  })
})

describe('POST …/users', () => {
  it('answers 409 to an id_in_service again, whatever its number', async () => {
    const { call, service } = await withUser()
    const again = { phone_number: OTHER_NUMBER, id_in_service: 'john' }
    expect(await call('POST', `/${service}/users`, again)).toBeVerigatorError(
      409,
      'The service has a user of this id_in_service. Use that one, or another id.',
    )
    const inOther = await call('POST', '', { fqdn: 'other.example', name: 'Other' })
    expect((await call('POST', `/${inOther.body['id']}/users`, again)).status).toBe(201)
  })

  it.each(['1 202 555 0123', '0012025550123', '+1 (202) 555-0123', '12025550123'])(
    'reads a number in any usual spelling: %s',
    async (spelling) => {
      const user = await withUser({}, { phone_number: spelling })
      await user.begin()
      expect(user.provider.messages[0]?.to).toBe('+12025550123')
    },
  )

  it.each([
    ['no number', { id_in_service: 'ann' }],
    ['no number in it', { phone_number: 'abc', id_in_service: 'ann' }],
    ['a number of no country', { phone_number: '5550123', id_in_service: 'ann' }],
    ["the document's number, with a live key", { phone_number: '+3725555555', id_in_service: 'a' }],
    ['a premium number', { phone_number: '+19002345678', id_in_service: 'ann' }],
    ['a number that is no text', { phone_number: 12_025_550_123, id_in_service: 'ann' }],
    ['no id_in_service', { phone_number: '+12025550123' }],
    ['an empty id_in_service', { phone_number: '+12025550123', id_in_service: '' }],
    ['broken JSON', '{"phone_number":"+12025550123",'],
  ])('answers 422 to %s', async (_, body) => {
    const { call, service } = await withUser()
    expect(await call('POST', `/${service}/users`, body)).toBeVerigatorError(422)
    expect(await rowsOfLedger('service_users')).toHaveLength(1)
  })

  it("takes the document's number with a test key", async () => {
    const user = await withUser({ mode: 'test' }, { phone_number: '+3725555555' })
    expect(await user.begin()).toMatchObject({ status: 201, body: { method: 'sms' } })
    expect(user.provider.messages).toEqual([])
  })
})

describe('at the same time', () => {
  it('one of many equal services and users is made', async () => {
    const { call, service } = await withUser()
    const ann = { phone_number: OTHER_NUMBER, id_in_service: 'ann' }
    const statuses = async (path: string, body: object) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', path, body)))
      return answers.map(({ status }) => status).toSorted((a, b) => a - b)
    }
    const once = [201, ...Array.from({ length: 7 }, () => 409)]
    expect(await statuses('', { fqdn: 'new.example', name: 'New' })).toEqual(once)
    expect(await statuses(`/${service}/users`, ann)).toEqual(once)
  })

  it('no user is left without a service', async () => {
    const { call } = await verigatorAccount()
    for (let n = 0; n < 5; n += 1) {
      const { body } = await call('POST', '', { fqdn: `${n}.example`, name: 'New' })
      const john = { phone_number: OTHER_NUMBER, id_in_service: 'john' }
      const [made, removed] = await Promise.all([
        call('POST', `/${body['id']}/users`, john),
        call('DELETE', `/${body['id']}`),
      ])
      expect([
        [201, 409],
        [404, 202],
      ]).toContainEqual([made.status, removed.status])
    }
  })
})

describe('GET …/users', () => {
  it('lists all; limit and after give a page, also after one who was removed', async () => {
    const user = await withUser({}, { id_in_service: 'user 0' })
    const { call, service } = user
    for (const n of [1, 2, 3]) await addUser(user, service, { id_in_service: `user ${n}` })
    const listed = (await call('GET', `/${service}/users`)).body
    const users = listed['users'] as { id: string; id_in_service: string }[]
    expect(users).toHaveLength(4)
    expect(users.map(({ id }) => id)).toContain(user.user)
    expect(listed).toMatchObject({ total: 4, count: 4 })
    const page = await call('GET', `/${service}/users?limit=2&after=${users[0]?.id}`)
    expect(page.body).toEqual({ users: users.slice(1, 3), total: 4, count: 4 })
    await call('DELETE', `/${service}/users/${users[2]?.id}`)
    const last = await call('GET', `/${service}/users?after=${users[2]?.id}`)
    expect(last.body['users']).toEqual(users.slice(3))
  })

  it.each(['limit=0', 'limit=x', 'limit=10001', 'limit=1&limit=2'])(
    'answers 422 to %s',
    async (query) => {
      const { call, service } = await withUser()
      expect(await call('GET', `/${service}/users?${query}`)).toBeVerigatorError(422)
    },
  )
})
