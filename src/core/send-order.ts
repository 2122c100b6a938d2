import type { MessageOptions } from './message.ts'
import type { Stop } from './messenger.ts'
import type { PhoneNumber } from './phone.ts'
import type { SendRequest } from './ports.ts'
import type { Caller, Channel } from './project.ts'

/** What is to be sent, after the caller's words were read. */
export interface SendOrder {
  readonly facade: string
  readonly number: PhoneNumber
  readonly purpose: string
  /** By which it may go, in order. */
  readonly channels: readonly Channel[]
  readonly locale: string | null
  /** Undefined leaves what a pending verification has. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly message: MessageOptions
  /** The verification to send again; absent for a start. */
  readonly verificationId?: string | undefined
  readonly code?: string | undefined
  readonly codeLength?: number | undefined
  /** Whether it goes on after a message that failed: with the same code, and without a pause. */
  readonly isFollowUp?: boolean | undefined
  /** The end user's address. */
  readonly ip?: string | undefined
  /** The answer to a challenge in the caller's page. */
  readonly challengeToken?: string | undefined
}

/** Writes an order as the line of its number is told of it. */
export function sendRequest(
  { project, mode, kind }: Caller,
  order: SendOrder,
  operationId: string,
  stops: readonly Stop[],
  now: number,
): SendRequest {
  const { settings } = project
  const fixed =
    mode === 'test'
      ? settings.testNumbers.find(
          (test) => test.number === order.number.e164 && Date.parse(test.until) > now,
        )
      : undefined
  return {
    operationId,
    number: order.number,
    facade: order.facade,
    purpose: order.purpose,
    channels: order.channels,
    locale: order.locale,
    metadata: order.metadata,
    message: order.message,
    verificationId: order.verificationId,
    code: fixed?.code ?? order.code,
    codeLength: order.codeLength ?? settings.codeLength,
    lifeSeconds: settings.codeLifeSeconds,
    attemptsAllowed: settings.checksPerVerification,
    freshCode: settings.resend === 'new' && order.isFollowUp !== true,
    stops,
    policy: {
      windows: settings.sendsPerNumber,
      secondsBetween: order.isFollowUp ? 0 : settings.secondsBetweenSends[kind],
    },
  }
}
