import { generateKeyPairSync } from 'node:crypto'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineConfig } from 'vitest/config'

/** Of commands, and of the Worker behind a real socket. */
const NODE_TESTS = ['test/cli/**/*.test.ts', 'test/served/**/*.test.ts']
/** Of what keeps nothing, or next to nothing. */
const RULE_TESTS = [
  'test/core/**/*.test.ts',
  'test/http/**/*.test.ts',
  'test/providers/**/*.test.ts',
]
/** Run by `npm run test:browser`. */
const BROWSER_TESTS = 'test/browser/**/*.test.ts'
const LONG_TESTS = 'test/long/**/*.test.ts'
/** Plays more sequences in the long run. */
const MODEL_TEST = 'test/phone-line/model.test.ts'

const long = process.env['TEST_LONG'] === '1'

/** A key set of its own for each run, so that no private key stands in the repository. */
function tokenKeys(): string {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  })
  return JSON.stringify({ keys: [{ ...jwk, kid: 'test-key', alg: 'ES256', use: 'sig' }] })
}

const bindings = {
  ...(long ? { TEST_LONG: '1' } : {}),
  ENVIRONMENT: 'development',
  PUBLIC_URL: 'https://otpost.test',
  OTPOST_NUMBER_KEY: 'nK7-test-number-key-4f1c9a7be2d85036',
  OTPOST_SECRET: 'sE3-test-code-secret-91d0c6aa5b7e2f48',
  OTPOST_TOKEN_KEYS: tokenKeys(),
  PROVIDERS: 'twilio',
  TWILIO_ACCOUNT_SID: 'ACtest',
  TWILIO_AUTH_TOKEN: 'twilio-token-of-the-tests',
  TWILIO_FROM: '+12025550100',
  TWILIO_VOICE_FROM: '+12025550101',
  TWILIO_WHATSAPP_FROM: '+12025550102',
  TWILIO_WHATSAPP_CONTENT_SID: 'HX00112233445566778899aabbccddeeff',
  TWILIO_BASE_URL: 'https://twilio.test',
}

/** What runs in the runtime of Workers. */
const workers = cloudflareTest(async () => ({
  main: './src/index.ts',
  wrangler: { configPath: './wrangler.toml' },
  miniflare: {
    bindings: { ...bindings, TEST_MIGRATIONS: await readD1Migrations('./migrations') },
  },
}))

const inWorkers = {
  setupFiles: ['./test/support/setup.ts'],
  testTimeout: long ? 600_000 : 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [workers],
        test: {
          ...inWorkers,
          name: 'rules',
          include: long ? [] : RULE_TESTS,
          // They keep nothing, so one runtime serves all: four times as fast.
          isolate: false,
        },
      },
      {
        plugins: [workers],
        test: {
          ...inWorkers,
          name: 'workers',
          include: long ? [LONG_TESTS, MODEL_TEST] : ['test/**/*.test.ts'],
          exclude: long ? [] : [...NODE_TESTS, ...RULE_TESTS, BROWSER_TESTS, LONG_TESTS],
        },
      },
      {
        test: {
          name: 'node',
          include: long ? [] : NODE_TESTS,
          testTimeout: 120_000,
        },
      },
    ],
  },
})
