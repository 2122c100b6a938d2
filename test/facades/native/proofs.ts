import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import type { TokenKeySet } from '../../../src/core/token-keys.ts'
import { signToken, type TokenOrder } from '../../../src/core/tokens.ts'
import { account } from '../../support/api.ts'
import { testEnv } from '../../support/env.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { imported } from '../../support/token-keys.ts'
import { page, type PageOptions } from './support.ts'

export const ISSUER = 'https://otpost.test'
export const TRADE = '/v1/tokens/verify'

interface TypedOptions extends PageOptions {
  /** Fields of the start. */
  readonly start?: object
}

/** A page whose visitor has the code of a pending verification, with the server of its project. */
export async function typed({ start = {}, ...options }: TypedOptions = {}) {
  const provider = fakeProvider()
  const visited = await page(options)
  const { projectId } = visited
  const { mode = 'live', environment } = options
  const server = await account({ projectId, mode, ...(environment && { environment }) })
  const { status, body } = await visited.start(start)
  expect(status).toBe(201)
  const inbox = mode === 'test' ? (await server.send('GET', '/v1/test/inbox')).body : {}
  return {
    ...visited,
    server,
    id: body['id'] as string,
    code: (inbox[0] as { code: string } | undefined)?.code ?? provider.messages.at(-1)?.code ?? '',
    trade: (trade: object, headers?: Record<string, string>) =>
      server.send('POST', TRADE, trade, headers),
  }
}

interface ProvenOptions extends TypedOptions {
  readonly session?: string
}

/** The same after the code was typed in. */
export async function proven({ session, ...options }: ProvenOptions = {}) {
  const visit = await typed(options)
  const { id, code } = visit
  const checked = await visit.check({ id, code, ...(session !== undefined && { session }) })
  expect(checked.body).toMatchObject({ verified: true, status: 'approved', attemptsLeft: 0 })
  const token = checked.body['proof'] as string
  return { ...visit, checked, token, claims: decodeJwt(token) }
}

/** Signs something else with the keys of the Worker. */
export async function signAsWorker(order: TokenOrder): Promise<string> {
  const { keys } = JSON.parse(testEnv.OTPOST_TOKEN_KEYS) as TokenKeySet
  return signToken(await imported(...keys), order)
}

/** An order that would make the same proof again. */
export function orderOf(token: string): TokenOrder {
  const { iat = 0, exp = 0, ...claims } = decodeJwt(token)
  return {
    typ: 'otpost-proof+jwt',
    claims: claims as unknown as TokenOrder['claims'],
    issuedAt: iat * 1000,
    lifeSeconds: exp - iat,
  }
}
