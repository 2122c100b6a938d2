import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { account } from '../support/api.ts'
import { everythingStored, hashLike } from '../support/dump.ts'
import { fakeProvider } from '../support/fake-provider.ts'
import { rowsOfLines, runAlarms } from '../support/lines.ts'

const CANDIDATES = 1_000_000
const SAMPLE = 20

it(
  'a million candidates recover none of 20 codes from what is stored (N-04)',
  { timeout: 3_600_000 },
  async () => {
    fakeProvider()
    const { start } = await account({
      settings: { sendsPerDay: null, sendsPerCountryPerDay: null },
    })
    for (let n = 0; n < 1000; n += 1) await start({ phoneNumber: `+3725${3_000_000 + n}` })
    await runAlarms()
    const { d1, objects } = await everythingStored()
    const hashes = hashLike([...d1, ...objects])
    const rows = (await rowsOfLines('verifications')).slice(0, SAMPLE)
    const keys = rows.flatMap((row) => [
      row['id'] as string,
      Uint8Array.fromHex(row['number_hash'] as string),
      new Uint8Array(row['code_hash'] as ArrayBuffer),
    ])
    let recovered = 0
    for (let candidate = 0; candidate < CANDIDATES; candidate += 1) {
      const code = String(candidate).padStart(6, '0')
      const digests = [
        ...['md5', 'sha1', 'sha256', 'sha512'].map((name) =>
          createHash(name).update(code).digest('hex'),
        ),
        ...keys.map((key) => createHmac('sha256', key).update(code).digest('hex')),
      ]
      if (digests.some((digest) => hashes.has(digest))) recovered += 1
      if (candidate % 10_000 === 0) await scheduler.wait(0)
    }
    expect(recovered).toBe(0)
  },
)
