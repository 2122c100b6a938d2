import { Secret } from 'otpauth'
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { deriveCodeKeys, unseal } from '../../src/core/keys.ts'
import { totpContext } from '../../src/core/totp.ts'
import { appCode, withUser, type User } from '../facades/verigator/support.ts'
import { stopClockWithinStep } from '../support/app-logins.ts'
import { everythingStored, searchable } from '../support/dump.ts'
import { testEnv } from '../support/env.ts'
import { rowsOfLedger, runAlarms } from '../support/lines.ts'

const NUMBER = '+37255512345'
const LOGS = ['log', 'info', 'warn', 'error', 'debug'] as const
let logs: MockInstance[] = []

beforeEach(() => {
  stopClockWithinStep()
  logs = LOGS.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined))
})

const logged = () => JSON.stringify(logs.flatMap((spy) => spy.mock.calls))

/** How a secret could be written down; in bytes, as text decoders would show them. */
function spellings(base32: string): readonly string[] {
  const { bytes } = Secret.fromBase32(base32)
  const copy = new Uint8Array(bytes)
  const hex = copy.toHex()
  return [
    base32,
    base32.toLowerCase(),
    hex,
    hex.toUpperCase(),
    copy.toBase64(),
    copy.toBase64({ alphabet: 'base64url', omitPadding: true }),
    new TextDecoder().decode(copy),
    new TextDecoder('latin1').decode(copy),
    JSON.stringify([...copy]).slice(1, -1),
    // Encoded once more.
    btoa(base32).slice(0, 40),
    new TextEncoder().encode(base32).toHex(),
  ]
}

/** A user who enrolled, confirmed, logged in by the app and mistyped; with all that was answered. */
async function lived(user: User) {
  const answers: string[] = []
  const ask: User['call'] = async (...request) => {
    const answer = await user.call(...request)
    answers.push(answer.text)
    return answer
  }
  const enrolled = await user.call('POST', `${user.path}/totp`)
  const secret = enrolled.body['secret'] as string
  await ask('PUT', `${user.path}/totp`, { token: '000000' })
  await ask('PUT', `${user.path}/totp`, { token: appCode(secret, -1) })
  await ask('GET', `${user.path}/totp`)
  await ask('GET', user.path)
  const begun = await ask('POST', `${user.path}/auth`, { method: 'totp' })
  await ask('PUT', `${user.path}/auth`, { token: '000000' })
  await ask('PUT', `${user.path}/auth`, { token: appCode(secret) })
  const id = begun.body['auth_id'] as string
  for (const tail of ['', '/timeline']) {
    answers.push((await user.send('GET', `/v1/verifications/${id}${tail}`)).text)
  }
  return { secret, answers }
}

async function places(answers: readonly string[]) {
  const before = await everythingStored()
  await runAlarms()
  const after = await everythingStored()
  return {
    'lines before the drain': searchable(before.objects),
    'lines after it': searchable(after.objects),
    D1: searchable(after.d1),
    logs: logged(),
    answers: answers.join('\n'),
  }
}

describe('after an enrolment and logins by it (T-07, T-08)', () => {
  it('neither secret nor number nor code stands in storage, logs or answers', async () => {
    const user = await withUser({}, { phone_number: NUMBER })
    const { secret, answers } = await lived(user)
    const codes = [appCode(secret), appCode(secret, -1)]
    const sought = [...spellings(secret), NUMBER, NUMBER.slice(1), btoa(NUMBER).slice(0, 14)]
    for (const [place, text] of Object.entries(await places(answers))) {
      const found = sought.filter((spelling) => text.includes(spelling))
      // Six digits may stand in a time or an id by chance, but not by themselves.
      const shown = codes.filter((code) =>
        new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`).test(text),
      )
      expect({ place, found, shown }).toEqual({ place, found: [], shown: [] })
    }
  })

  it('would be found if it stood there', async () => {
    const user = await withUser()
    const { body } = await user.call('POST', `${user.path}/totp`)
    const secret = body['secret'] as string
    const bytes = new Uint8Array(Secret.fromBase32(secret).bytes)
    for (const stored of [secret, bytes, `x${bytes.toBase64()}`, bytes.toHex()]) {
      const text = searchable([stored])
      expect(spellings(secret).some((spelling) => text.includes(spelling))).toBe(true)
    }
  })
})

describe('the secret at rest', () => {
  it('is AES-GCM for its factor under a key of OTPOST_SECRET, differently each time', async () => {
    const user = await withUser()
    const { body } = await user.call('POST', `${user.path}/totp`)
    const [first] = await rowsOfLedger('totp_factors')
    const sealed = first?.['secret_sealed'] as string
    // The key's name, 12 bytes of IV, 32 of base32, 16 of tag.
    expect(sealed).toMatch(/^[0-9a-f]{8}\.[A-Za-z0-9_-]{80}$/)
    const keys = await deriveCodeKeys([testEnv.OTPOST_SECRET])
    const factor = first?.['id'] as string
    expect(await unseal(keys, totpContext(factor), sealed)).toBe(body['secret'])
    const elsewhere = unseal(keys, totpContext(crypto.randomUUID()), sealed)
    await expect(elsewhere).rejects.toThrow('ecrypt')
    const others = await deriveCodeKeys(['another-secret-of-32-characters!'])
    const stolen = `${others.mint.id}.${sealed.split('.')[1]}`
    await expect(unseal(others, totpContext(factor), stolen)).rejects.toThrow('ecrypt')
    for (const place of [10, 20, 60, 85]) {
      const changed = sealed[place] === 'A' ? 'B' : 'A'
      const forged = sealed.slice(0, place) + changed + sealed.slice(place + 1)
      await expect(unseal(keys, totpContext(factor), forged)).rejects.toThrow('ecrypt')
    }
  })

  it('is told once: another enrolment makes another', async () => {
    const user = await withUser()
    const first = await user.call('POST', `${user.path}/totp`)
    const second = await user.call('POST', `${user.path}/totp`)
    expect(second.body['secret']).not.toBe(first.body['secret'])
    const told = await user.call('GET', `${user.path}/totp`)
    expect(Object.keys(told.body)).toEqual(['confirmed'])
    expect(await rowsOfLedger('totp_factors')).toHaveLength(1)
  })
})
