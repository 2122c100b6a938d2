import { foldCode } from './code.ts'
import { parsePhone } from './phone.ts'
import type { Approval, CheckAnswer, Ports, VerificationName } from './ports.ts'
import type { Caller } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { VerificationChannel, VerificationStatus } from './verification.ts'

export interface CheckRequest {
  readonly id?: string | undefined
  /** Instead of the id: the pending verification of this number and purpose, else the latest. */
  readonly phoneNumber?: string | undefined
  readonly purpose: string
  /** As the person typed it. */
  readonly code: string
  /** The caller's own name for the request: asked again, it spends no attempt. */
  readonly idempotencyKey?: string | undefined
  /** Whether a page asks. */
  readonly isFromPage?: boolean | undefined
}

export interface CheckResult {
  /** True once: for the first right check only. */
  readonly verified: boolean
  /** How it was to be proved. */
  readonly channel: VerificationChannel
  readonly status: VerificationStatus
  readonly attemptsLeft: number
  /** Whether the code was compared: false when the verification had ended before. */
  readonly evaluated: boolean
  /** What was proved; present when `verified`. */
  readonly approval?: Approval | undefined
}

/** Compares a typed code with the verification's, and spends one attempt when it is evaluated. */
export async function checkVerification(
  ports: Ports,
  caller: Caller,
  request: CheckRequest,
): Promise<CheckResult> {
  return resultOf(
    await ports.lines.check(scopeOf(caller), {
      name: nameOf(caller, request),
      code: foldCode(request.code),
      operationId:
        request.idempotencyKey === undefined
          ? crypto.randomUUID()
          : await ports.pseudonym(`check ${request.idempotencyKey}`),
      isFromPage: request.isFromPage,
    }),
  )
}

/** What a line's answer to a check says, or the refusal that it is. */
export function resultOf(answer: CheckAnswer): CheckResult {
  switch (answer.outcome) {
    case 'unknown':
      throw new Refusal('not_found')
    case 'mismatch':
      throw new Refusal('idempotency_mismatch', {
        detail: 'This Idempotency-Key came with another check before. Use a new key.',
      })
    case 'not_a_message':
      throw new Refusal('invalid_request', {
        detail:
          'An authenticator app has the code of this login, not a message. Check it with method totp, or begin again with method sms.',
      })
    case 'sealed':
      throw new Refusal('misconfigured', {
        detail:
          'The secret of this authenticator app cannot be opened any more. Remove the app, and enrol it again.',
      })
    case 'locked':
      throw new Refusal('too_many_failed_checks', {
        channel: answer.channel,
        retryAfterSeconds: answer.retryAfterSeconds,
        attemptsLeft: answer.attemptsLeft,
      })
    case 'answered':
      return answer
  }
}

function nameOf(caller: Caller, request: CheckRequest): VerificationName {
  if (request.id !== undefined) return { id: request.id }
  const { testNumbers } = caller.project.settings
  return {
    number: parsePhone(request.phoneNumber ?? '', caller.mode, testNumbers),
    purpose: request.purpose,
  }
}
