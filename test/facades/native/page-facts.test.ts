import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { hashNumber } from '../../../src/core/ids.ts'
import { deriveNumberKeys } from '../../../src/core/keys.ts'
import type { E164 } from '../../../src/core/phone.ts'
import { account, type Answer } from '../../support/api.ts'
import { testEnv } from '../../support/env.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { lineOfNumber, rowsOfLines } from '../../support/lines.ts'
import { page, withoutRequestId } from './support.ts'

/** An environment in which questions about numbers cost money. */
const WITH_LOOKUP = Object.assign(
  { ...env },
  { LOOKUP: 'twilio', TWILIO_LOOKUPS_BASE_URL: 'https://lookups.test' },
)
const NUMBERS = ['+12025550123', '+12025550124', '+12025550125'] as const

/** An answer without what differs in every one, and without the number that was typed. */
const shapeOf = (answer: Answer, number: string) => {
  const { text, ...rest } = withoutRequestId(answer)
  const same = text
    .replaceAll(number, 'NUMBER')
    .replaceAll(/ver_[0-9a-f]{32}/g, 'ID')
    .replaceAll(/"expires":\d+/g, 'EXPIRES')
  return { ...rest, text: same }
}

describe('a page', () => {
  it('learns nothing of numbers, known, looked up and ported or not (T-22)', async () => {
    const provider = fakeProvider()
    const server = await account({ settings: { secondsBetweenSends: { publishable: 0 } } })
    const { projectId } = server
    const [unknown, known, ported] = NUMBERS
    const { body } = await server.start({ phoneNumber: known, purpose: 'signup' })
    const code = provider.messages[0]?.code
    expect((await server.check({ id: body['id'], code })).body['verified']).toBe(true)
    const facts = { type: 'voip', carrier: 'Acme Mobile', ported: true } as const
    const keys = await deriveNumberKeys(testEnv.OTPOST_NUMBER_KEY)
    const numberHash = (await hashNumber(keys, 'live', ported as E164)).toHex()
    await (await lineOfNumber(ported)).keepFacts(numberHash, facts)
    const caller = await page({ projectId, environment: WITH_LOOKUP })
    const shapes: unknown[] = []
    for (const phoneNumber of [unknown, known, ported]) {
      const started = await caller.start({ phoneNumber })
      expect(started.status).toBe(201)
      const checked = await caller.check({ id: started.body['id'], code: '000000' })
      shapes.push([started, checked].map((answer) => shapeOf(answer, phoneNumber)))
    }
    expect(shapes[1]).toEqual(shapes[0])
    expect(shapes[2]).toEqual(shapes[0])
    expect(JSON.stringify(shapes)).not.toMatch(/Acme|voip|ported|carrier|country|twilio|US/)
  })

  it('makes nobody look a number up', async () => {
    const provider = fakeProvider()
    const {
      start,
      check,
      resend,
      describe: ask,
    } = await page({
      environment: WITH_LOOKUP,
      settings: { secondsBetweenSends: { publishable: 0 } },
    })
    const { body } = await start()
    await check({ id: body['id'], code: '000000' })
    await resend(body['id'])
    await ask()
    expect(provider.messages).toHaveLength(2)
    // The fake carrier refuses to be asked anything else.
    expect(provider.spy).toHaveBeenCalledTimes(2)
    expect(await rowsOfLines('facts')).toEqual([])
  })

  const addressOf = (n: number) => ({ 'cf-connecting-ip': `192.0.2.${n}` })

  it('is told the same of a harvest of numbers that nobody knows', async () => {
    fakeProvider()
    const { start } = await page({ settings: { startsPerIp: [] } })
    const shapes = new Set<string>()
    for (let n = 10; n < 60; n += 1) {
      const phoneNumber = `+120255501${n}`
      shapes.add(JSON.stringify(shapeOf(await start({ phoneNumber }, addressOf(n)), phoneNumber)))
    }
    expect(shapes.size).toBe(1)
  })
})
