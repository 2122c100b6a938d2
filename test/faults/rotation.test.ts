import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, PHONE, wrong } from '../support/api.ts'
import { giveLine } from '../support/broken-d1.ts'
import { testEnv } from '../support/env.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { evict, lineOfNumber, rowsOfLines } from '../support/lines.ts'

const NEW_SECRET = 'rO7-new-code-secret-5e8a1c94f60b2d37'

/** Puts a new secret in front of the old one, as its owner would, for the Worker and the line. */
async function rotate(secrets: string): Promise<Env> {
  const line = await lineOfNumber(PHONE)
  await evict(line)
  await giveLine(PHONE, { OTPOST_SECRET: secrets } as Partial<Env>)
  return { ...env, OTPOST_SECRET: secrets } as Env
}

describe('rotating OTPOST_SECRET between the 4th wrong check and a new start (R-22)', () => {
  it('keeps id, code, budget and check by number', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account()
    const { body } = await start()
    const code = provider.messages[0]?.code ?? ''
    for (let guess = 1; guess <= 4; guess += 1)
      await check({ id: body['id'], code: wrong(code, guess) })
    const environment = await rotate(`${NEW_SECRET},${testEnv.OTPOST_SECRET}`)
    const after = await account({ projectId, environment })
    expect((await after.start()).body).toMatchObject({ id: body['id'], attemptsLeft: 1 })
    expect(provider.messages[1]?.code).toBe(code)
    expect((await after.send('POST', `/v1/verifications/${body['id']}/resend`)).status).toBe(201)
    expect((await after.check({ phoneNumber: PHONE, code })).body).toMatchObject({ verified: true })
    await after.start()
    const kept = await rowsOfLines('verifications')
    expect(new Set(kept.map((row) => row['code_key'])).size).toBe(2)
    const fresh = provider.messages.at(-1)?.code ?? ''
    expect((await after.check({ phoneNumber: PHONE, code: fresh })).body).toMatchObject({
      verified: true,
    })
  })

  it('keeps a lock', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account({ settings: { checksPerVerification: 10 } })
    for (let round = 0; round < 2; round += 1) {
      const { body } = await start()
      const code = provider.messages.at(-1)?.code ?? ''
      for (let guess = 1; guess <= 10; guess += 1)
        await check({ id: body['id'], code: wrong(code, guess) })
    }
    const environment = await rotate(`${NEW_SECRET},${testEnv.OTPOST_SECRET}`)
    const after = await account({ projectId, environment })
    const code = provider.messages.at(-1)?.code ?? ''
    expect((await after.check({ phoneNumber: PHONE, code })).body).toMatchObject({
      code: 'too_many_failed_checks',
    })
    expect(await rowsOfLines('failures')).toHaveLength(15)
  })

  it('makes a new code for a pending verification whose secret was dropped', async () => {
    const provider = fakeProvider()
    const { start, check, projectId } = await account()
    const { body } = await start()
    const code = provider.messages[0]?.code ?? ''
    await check({ id: body['id'], code: wrong(code) })
    const after = await account({ projectId, environment: await rotate(NEW_SECRET) })
    const resent = await after.send('POST', `/v1/verifications/${body['id']}/resend`)
    expect(resent).toMatchObject({ status: 409, body: { code: 'verification_ended' } })
    expect((await after.start()).body).toMatchObject({ id: body['id'], attemptsLeft: 4 })
    const fresh = provider.messages[1]?.code ?? ''
    expect((await after.check({ id: body['id'], code: fresh })).body).toMatchObject({
      verified: true,
    })
  })
})
