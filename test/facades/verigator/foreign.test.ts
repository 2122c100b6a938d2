import { describe, expect, it } from 'vitest'
import { rowsOfLines } from '../../support/lines.ts'
import { withoutRequestId } from '../native/support.ts'
import { verigatorAccount, withApp, withUser, type User } from './support.ts'

const UNKNOWN = '00000000-0000-4000-8000-000000000000'
const NO_SERVICE = 'This project has no such service.'
const NO_USER = 'This service has no such user.'

/** Every call that names a service or a user. */
const CALLS: readonly (readonly [method: string, path: string, body: unknown])[] = [
  ['GET', '/SERVICE', undefined],
  ['DELETE', '/SERVICE', undefined],
  ['GET', '/SERVICE/users', undefined],
  ['POST', '/SERVICE/users', { phone_number: '+12025550123', id_in_service: 'john' }],
  ['GET', '/SERVICE/users/USER', undefined],
  ['GET', '/SERVICE/user/USER', undefined],
  ['DELETE', '/SERVICE/users/USER', undefined],
  ['POST', '/SERVICE/users/USER/auth', { method: 'sms' }],
  ['POST', '/SERVICE/users/USER/auth', { method: 'totp' }],
  ['PUT', '/SERVICE/users/USER/auth', { token: '123456' }],
  ['POST', '/SERVICE/users/USER/totp', undefined],
  ['PUT', '/SERVICE/users/USER/totp', { token: '123456' }],
  ['GET', '/SERVICE/users/USER/totp', undefined],
  ['DELETE', '/SERVICE/users/USER/totp', undefined],
]
const withUserCalls = CALLS.filter(([, path]) => path.includes('USER'))

const named = (path: string, service: string, user: string) =>
  path.replace('SERVICE', service).replace('USER', user)

/** What must be as it was, whatever others ask for. */
async function untouched(user: User): Promise<void> {
  const { call, path, provider } = user
  expect((await call('GET', path)).body['id_in_service']).toBe('john')
  expect((await call('GET', `${path}/totp`)).body).toEqual({ confirmed: true })
  expect(await rowsOfLines('sends')).toEqual([])
  expect(provider.messages).toEqual([])
}

describe.each(CALLS)('%s %s', (method, path, body) => {
  it.each([
    ["another project's service", {}],
    ['a service of the other mode', { mode: 'test' }],
  ] as const)('answers as for none, to %s', async (_, options) => {
    const theirs = await withUser()
    await withApp(theirs)
    const sameProject = 'mode' in options ? { projectId: theirs.projectId } : {}
    const mine = await verigatorAccount({ ...options, ...sameProject })
    const asking = (service: string, user: string) =>
      mine.call(method, named(path, service, user), body)
    const unknown = await asking(UNKNOWN, UNKNOWN)
    expect(unknown).toBeVerigatorError(404, path.includes('USER') ? NO_USER : NO_SERVICE)
    const foreign = await asking(theirs.service, theirs.user)
    expect(withoutRequestId(foreign)).toEqual(withoutRequestId(unknown))
    await untouched(theirs)
  })
})

describe.each(withUserCalls)('%s %s', (method, path, body) => {
  it('answers as for none, to a user of another service of the project', async () => {
    const theirs = await withUser()
    await withApp(theirs)
    const { call } = theirs
    const { body: mine } = await call('POST', '', { fqdn: 'other.example', name: 'Other' })
    const service = mine['id'] as string
    const foreign = await call(method, named(path, service, theirs.user), body)
    expect(foreign).toBeVerigatorError(404, NO_USER)
    const unknown = await call(method, named(path, service, UNKNOWN), body)
    expect(withoutRequestId(foreign)).toEqual(withoutRequestId(unknown))
    await untouched(theirs)
  })

  it.each(['%', '%00', '%F0%9F%98%80', 'x'.repeat(3000), "'%20OR%201=1--", '%ff'])(
    'answers 404 to an id that is none: %s',
    async (id) => {
      const { call, service } = await withUser()
      expect(await call(method, named(path, service, id), body)).toBeVerigatorError(404, NO_USER)
    },
  )
})
