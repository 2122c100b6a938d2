import { createHash, createHmac } from 'node:crypto'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { account, wrong } from '../support/api.ts'
import { everythingStored, hashLike, searchable } from '../support/dump.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { runAlarms } from '../support/lines.ts'

const VERIFICATIONS = 1000
const SAMPLE = 20
const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const

const LOGS = ['log', 'info', 'warn', 'error', 'debug'] as const
let logs: MockInstance[] = []

beforeEach(() => {
  logs = LOGS.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined))
})

const logged = () => JSON.stringify(logs.flatMap((spy) => spy.mock.calls))

/** A code that stands in nothing by chance. */
const longCode = (n: number) =>
  `98${String(10_000_019 * (n + 3))
    .slice(-8)
    .padStart(8, '7')}`
const number = (n: number) => `+3725${String(3_000_000 + n)}`

const reversed = (digits: string) => digits.split('').toReversed().join('')

/** Every run of 10 and of 11 digits in a text, also those written with spaces between. */
function digitRuns(text: string): ReadonlySet<string> {
  const runs = new Set<string>()
  for (const [run] of text.replaceAll(/(?<=\d)[ .-](?=\d)/g, '').matchAll(/\d{10,}/g)) {
    for (let start = 0; start + 10 <= run.length; start += 1) {
      runs.add(run.slice(start, start + 10))
      runs.add(run.slice(start, start + 11))
    }
  }
  return runs
}

/** What somebody could do with a stolen database: every usual transform of a code, also with what is stored. */
function* transforms(code: string, stored: readonly string[]): Generator<string> {
  for (const algorithm of ALGORITHMS) {
    yield createHash(algorithm).update(code).digest('hex')
    for (const value of stored) {
      yield createHash(algorithm).update(value).update(code).digest('hex')
      yield createHash(algorithm).update(code).update(value).digest('hex')
      yield createHmac(algorithm, value).update(code).digest('hex')
      if (/^([0-9a-f]{2}){16,64}$/.test(value)) {
        yield createHmac(algorithm, Uint8Array.fromHex(value)).update(code).digest('hex')
      }
    }
  }
}

const recoverable = (code: string, stored: readonly string[], hashes: ReadonlySet<string>) => {
  for (const digest of transforms(code, stored)) if (hashes.has(digest)) return true
  return false
}

describe('after 1,000 verifications (N-04, T-07, T-08)', () => {
  it(
    'no code and no phone number stands in storage, logs or answers',
    { timeout: 300_000 },
    async () => {
      fakeProvider()
      const settings = { customCodes: true, sendsPerDay: null, sendsPerCountryPerDay: 5000 }
      const { start, check, send } = await account({ settings })
      const test = await account({ mode: 'test', settings })
      const answers: string[] = []
      for (let n = 0; n < VERIFICATIONS; n += 1) {
        const code = longCode(n)
        const caller = n % 10 === 9 ? test : { start, check }
        const key = n % 7 === 0 ? { 'idempotency-key': `start-${n}` } : {}
        const started = await caller.start({ phoneNumber: number(n), code }, key)
        expect(started.status).toBe(201)
        const { id } = started.body
        answers.push(started.text.replace(number(n), ''))
        answers.push((await caller.check({ id, code: wrong(code) })).text)
        if (n % 3 === 0) answers.push((await caller.check({ id, code })).text)
        if (n % 100 === 0)
          answers.push((await send('GET', `/v1/verifications/${id}/timeline`)).text)
        if (n % 100 === 1) answers.push((await send('GET', `/v1/verifications/${id}`)).text)
      }
      const before = await everythingStored()
      await runAlarms()
      const after = await everythingStored()
      const { count } = (await env.DB.prepare('SELECT count(*) AS count FROM verifications').first<{
        count: number
      }>()) ?? { count: 0 }
      expect(count).toBe(VERIFICATIONS)
      const places = {
        'objects before the drain': searchable(before.objects),
        'objects after it': searchable(after.objects),
        D1: searchable(after.d1),
        logs: logged(),
        answers: answers.join('\n'),
      }
      for (const [place, text] of Object.entries(places)) {
        const runs = digitRuns(text)
        const found = Array.from({ length: VERIFICATIONS }, (_, n) => n).filter((n) =>
          [longCode(n), reversed(longCode(n)), number(n).slice(1)].some((digits) =>
            runs.has(digits),
          ),
        )
        const encoded = [0, 1, 9, 500].filter((n) => text.includes(btoa(longCode(n)).slice(0, 13)))
        expect({ place, found, encoded }).toEqual({ place, found: [], encoded: [] })
      }
      expect(digitRuns(`x ${longCode(3).split('').join(' ')} y`).has(longCode(3))).toBe(true)
    },
  )

  it('no code can be computed from what is stored', { timeout: 300_000 }, async () => {
    const provider = fakeProvider()
    const { start } = await account({
      settings: { sendsPerDay: null, sendsPerCountryPerDay: null },
    })
    for (let n = 0; n < SAMPLE; n += 1) await start({ phoneNumber: number(n) })
    await runAlarms()
    const { d1, objects } = await everythingStored()
    const everything = [...d1, ...objects]
    const hashes = hashLike(everything)
    const strings = [...new Set([...hashes, ...everything.map(String)])].slice(0, 400)
    for (const message of provider.messages.slice(0, SAMPLE)) {
      expect(recoverable(message.code, [...strings, message.to], hashes)).toBe(false)
    }
    const [message] = provider.messages
    const weak = createHash('sha256')
      .update(message?.to ?? '')
      .update(message?.code ?? '')
      .digest('hex')
    expect(recoverable(message?.code ?? '', [message?.to ?? ''], new Set([...hashes, weak]))).toBe(
      true,
    )
  })
})
