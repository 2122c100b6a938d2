import { onceForKey } from './idempotent.ts'
import type { MessageOptions } from './message.ts'
import { parsePhone } from './phone.ts'
import type { Ports } from './ports.ts'
import { channelsOf, type AskedChannel, type Caller } from './project.ts'
import { sendCode, type Sent } from './send-code.ts'
import type { SendOrder } from './send-order.ts'
import { shieldFrom } from './shield.ts'

export interface StartRequest extends Omit<
  SendOrder,
  'number' | 'channels' | 'verificationId' | 'isFollowUp' | 'challengeToken'
> {
  readonly channel: AskedChannel
  /** In any usual spelling, with its country code. */
  readonly phoneNumber: string
}

/** Who sits before the page that starts. */
export interface Visitor {
  /** As the platform says it; undefined when it does not. */
  readonly ip: string | undefined
  readonly challengeToken: string | undefined
}

export interface StartOptions {
  /** The caller's own name for the request: asked again, it sends nothing. */
  readonly idempotencyKey?: string | undefined
  /** Whether to answer as soon as the message is admitted. */
  readonly respondAsync: boolean
  /** Of a publishable key. It is no part of the request: asked again, he may have another address. */
  readonly visitor?: Visitor | undefined
}

/**
 * Begins a verification, or, while one of the same number and purpose is pending, sends its code
 * again.
 */
export async function startVerification(
  ports: Ports,
  caller: Caller,
  request: StartRequest,
  options: StartOptions,
): Promise<Sent> {
  if (caller.kind === 'publishable') {
    await shieldFrom(ports, caller, options.visitor?.ip, 'too_many_ip_sends')
    // A message is not to be sent whose right code could not be proved.
    await ports.tokens.ready()
  }
  const { phoneNumber, channel, ...order } = request
  const { settings } = caller.project
  return onceForKey(ports, caller, options.idempotencyKey, request, (operationId, forget) =>
    sendCode(
      ports,
      caller,
      {
        ...order,
        ...options.visitor,
        message: messageOf(caller, order.message),
        channels: channelsOf(channel, settings),
        number: parsePhone(phoneNumber, caller.mode, settings.testNumbers),
      },
      { id: operationId, respondAsync: options.respondAsync, forget },
    ),
  )
}

/** A page chooses no text: its key does. */
const messageOf = (caller: Caller, message: MessageOptions): MessageOptions =>
  caller.kind === 'secret' ? message : { ...message, template: caller.restrictions.template }
