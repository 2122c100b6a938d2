import { env } from 'cloudflare:workers'
import { ask, wrong } from '../../support/api.ts'
import { stopClock } from '../native/support.ts'
import { get, NONE_PENDING, OTHER, start, startsOver, type Recipe } from './provoke.ts'
import { authyAccount, authyClient, begun, NUMBER, type Told } from './support.ts'

const ended = (end: (caller: Awaited<ReturnType<typeof begun>>) => Promise<unknown>) =>
  async function check(told: Told) {
    const caller = await begun({ environment: { ...env } })
    await end(caller)
    return caller.guess(caller.right, told)
  }

/** How a caller comes to see the rows of the table that no refusal of its own stands for. */
export const ROWS: Readonly<Record<string, Recipe>> = {
  'no key at all': [
    401,
    '60001',
    'Invalid API key',
    (told) => authyClient(undefined)('POST', 'verification/start', told),
  ],
  'a parameter that is missing': [
    400,
    '60004',
    'Invalid parameter: country_code - Parameter is required',
    get('verification/check', { phone_number: '1', verification_code: '1' }),
  ],
  'no phone number': [
    400,
    '60004',
    'Invalid parameter: phone_number - Parameter is required',
    start({ phone_number: '' }),
  ],
  'no code': [
    400,
    '60004',
    'Invalid parameter: verification_code - Parameter is required',
    get('verification/check', NUMBER),
  ],
  'a code length out of range': [
    400,
    '60004',
    'Invalid parameter: code_length - must be 4 to 10',
    start({ code_length: '11' }),
  ],
  'another way': [
    400,
    '60004',
    'Invalid parameter: via - must be sms or call',
    start({ via: 'fax' }),
  ],
  'bytes that are no UTF-8': [
    400,
    '60005',
    'UTF-8 invalid',
    async ({ format = 'json' }) => {
      const { secret } = await authyAccount()
      return ask(
        new Request(`http://localhost/protected/${format}/phones/verification/start`, {
          method: 'POST',
          headers: { 'x-authy-api-key': secret },
          body: new Uint8Array([0x61, 0x3d, 0xff]),
        }),
      )
    },
  ],
  'a wrong code': [
    401,
    '60022',
    'Verification code is incorrect.',
    async (told) => {
      const { guess, right } = await begun()
      return guess(wrong(right), told)
    },
  ],
  'a used code': [404, '60023', NONE_PENDING, ended(({ guess, right }) => guess(right))],
  'an expired code': [404, '60023', NONE_PENDING, ended(async () => stopClock().advance(600_000))],
  'a check after the last attempt': [
    404,
    '60023',
    NONE_PENDING,
    ended(async ({ guess, right }) => {
      for (let step = 1; step <= 5; step += 1) {
        await guess(wrong(right, step))
      }
    }),
  ],
  'a uuid of nothing': [
    404,
    '60023',
    'No pending verifications found.',
    get('verification/status', { uuid: '494a8e20-b1c2-4d3e-8f00-0123456789ab' }),
  ],
  'a check of no number': [
    400,
    '60033',
    'Phone number is invalid',
    get('verification/check', { country_code: '1', phone_number: '1', verification_code: '1234' }),
  ],
  'a status of nothing': [
    400,
    '60042',
    'Either uuid or country_code and phone number are required',
    get('verification/status', {}),
  ],
  'a limit, by the status of the document': [
    503,
    '60003',
    'DoS protection',
    startsOver({ sendsPerDay: 1, authyLimitStatus: 503 }, [{}, OTHER]),
  ],
}
