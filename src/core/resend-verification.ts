import { onceForKey } from './idempotent.ts'
import type { Ports } from './ports.ts'
import { channelsOf, type AskedChannel, type Caller, type Channel } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf, sendCode, type Operation, type Sent } from './send-code.ts'
import { isReserved } from './service-users.ts'
import type { Verification } from './verification.ts'

export interface ResendRequest {
  readonly id: string
  /** When absent, the last message's, and those that were to follow it. */
  readonly channel?: AskedChannel | undefined
  /** The caller's own name for the request: asked again, it sends nothing. */
  readonly idempotencyKey?: string | undefined
}

/** The channel of the last message, and those after it. */
function channelsFrom({ channel, channels }: Verification): readonly Channel[] {
  const place = channels.findIndex((one) => one === channel)
  if (place >= 0) return channels.slice(place)
  return channel === 'totp' ? [] : [channel]
}

/** Sends the code of a pending verification again, by the same or another channel. */
export function resendVerification(
  ports: Ports,
  caller: Caller,
  { idempotencyKey, ...request }: ResendRequest,
): Promise<Sent> {
  return onceForKey(ports, caller, idempotencyKey, { resend: request }, (id, forget) =>
    resend(ports, caller, request, { id, respondAsync: false, forget }),
  )
}

async function resend(
  ports: Ports,
  caller: Caller,
  request: Omit<ResendRequest, 'idempotencyKey'>,
  operation: Operation,
): Promise<Sent> {
  const scope = scopeOf(caller)
  const record = await ports.lines.find(scope, request.id)
  if (record === undefined) {
    const past = await ports.ledger.find(scope, request.id)
    throw new Refusal(past === undefined ? 'not_found' : 'verification_ended')
  }
  const { verification } = record
  // A page has no business with logins of service users.
  const isHidden = caller.kind === 'publishable' && isReserved(verification.purpose)
  if (isHidden) throw new Refusal('not_found')
  if (verification.status !== 'pending') throw new Refusal('verification_ended')
  if (verification.channel === 'totp') {
    throw new Refusal('channel_unavailable', {
      detail: 'The code of this verification is in an authenticator app: nothing is sent.',
    })
  }
  const number = await ports.lines.reveal(verification)
  if (number === undefined) {
    throw new Refusal('verification_ended', {
      detail: 'The secret that its number was sealed with is gone. Start a new verification.',
    })
  }
  return sendCode(
    ports,
    caller,
    {
      facade: verification.facade,
      number,
      purpose: verification.purpose,
      channels:
        request.channel === undefined
          ? channelsFrom(verification)
          : channelsOf(request.channel, caller.project.settings),
      locale: verification.locale,
      metadata: verification.metadata,
      message: verification.message,
      verificationId: verification.id,
    },
    operation,
  )
}
