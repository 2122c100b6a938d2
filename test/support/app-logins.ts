import { env } from 'cloudflare:workers'
import { Secret, TOTP } from 'otpauth'
import { vi } from 'vitest'
import { deriveCodeKeys, deriveNumberKeys, seal } from '../../src/core/keys.ts'
import { parsePhone } from '../../src/core/phone.ts'
import type { CheckQuestion } from '../../src/core/ports.ts'
import type { Scope } from '../../src/core/project.ts'
import type { TotpSecret } from '../../src/core/service.ts'
import { makeTotpSecret, totpContext } from '../../src/core/totp.ts'
import { phoneLines } from '../../src/phone-line/client.ts'
import { PHONE } from './api.ts'
import { testEnv } from './env.ts'

export const STEP_MS = 30_000
export const SCOPE: Scope = { projectId: 'a'.repeat(24), mode: 'live' }

/** Stops the clock in the middle of a step, so that no test meets the next one by chance. */
export function stopClockWithinStep(): void {
  const now = (Math.floor(Date.now() / STEP_MS) + 1) * STEP_MS + STEP_MS / 3
  vi.useFakeTimers({ toFake: ['Date'], now })
}

export const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

export const currentStep = (): number => Math.floor(Date.now() / STEP_MS)

/** What an app shows in a step. */
export const codeOfStep = (secret: string, step: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: step * STEP_MS })

/** Codes that the app shows neither now nor within three steps of it. */
export function wrongCodes(secret: string, count: number): string[] {
  const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((n) => codeOfStep(secret, currentStep() + n)))
  const codes: string[] = []
  for (let n = 0; codes.length < count; n += 1) {
    const code = String(n).padStart(6, '0')
    if (!near.has(code)) codes.push(code)
  }
  return codes
}

const keys = async () => ({
  numbers: await deriveNumberKeys(testEnv.OTPOST_NUMBER_KEY),
  codes: await deriveCodeKeys([testEnv.OTPOST_SECRET]),
})

export interface App extends TotpSecret {
  readonly secret: string
  /** What it shows, some steps from now. */
  shows(steps?: number): string
}

/** An authenticator app of somebody. */
export async function makeApp(): Promise<App> {
  const secret = makeTotpSecret()
  const factorId = crypto.randomUUID()
  const { codes } = await keys()
  return {
    secret,
    factorId,
    sealed: await seal(codes, totpContext(factorId), secret),
    shows: (steps = 0) => codeOfStep(secret, currentStep() + steps),
  }
}

/** Asks the line of a number as the core does. */
export function lineClient({
  namespace = env.PHONE_LINE,
  scope = SCOPE,
  phone = PHONE,
}: {
  readonly namespace?: typeof env.PHONE_LINE
  readonly scope?: Scope
  readonly phone?: string
} = {}) {
  const lines = phoneLines(namespace, keys)
  const number = parsePhone(phone, scope.mode)
  const about = { facade: 'test', lifeSeconds: 600, attemptsAllowed: 5 }
  const challenge = async (purpose: string) =>
    lines.challenge(scope, { ...about, phone: await lines.seal(scope.mode, number), purpose })
  return {
    lines,
    challenge: (purpose = 'login') => challenge(purpose),
    /** Begins by the app, and gives the id. */
    async begin(purpose = 'login'): Promise<string> {
      const answer = await challenge(purpose)
      if (answer.outcome !== 'begun') throw new Error('The line is locked')
      return answer.verification.id
    },
    /** Begins by a text message, which nobody sends. */
    text: (purpose = 'login') =>
      lines.admit(scope, {
        ...about,
        number,
        purpose,
        operationId: crypto.randomUUID(),
        channels: ['sms'],
        locale: null,
        metadata: {},
        message: {},
        codeLength: 6,
        freshCode: false,
        stops: [],
        policy: { windows: [{ limit: 100, seconds: 600 }], secondsBetween: 0 },
      }),
    check: (
      id: string,
      code: string,
      app: TotpSecret | undefined,
      more: Partial<CheckQuestion> = {},
    ) =>
      lines.check(scope, {
        name: { id },
        code,
        operationId: crypto.randomUUID(),
        totp: app && { factorId: app.factorId, sealed: app.sealed },
        ...more,
      }),
    records: () => lines.ofNumber(scope, number),
    /** Checks what was begun last. */
    checkLatest: (code: string, app: TotpSecret, purpose = 'login') =>
      lines.check(scope, {
        name: { number, purpose },
        code,
        operationId: crypto.randomUUID(),
        totp: { factorId: app.factorId, sealed: app.sealed },
      }),
  }
}
