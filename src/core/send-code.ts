import { secondsUntil } from './limits.ts'
import { brandOf, renderText, type MessageOptions } from './message.ts'
import { meterAsks } from './meter-asks.ts'
import type { PhoneNumber } from './phone.ts'
import type {
  MeterAnswer,
  OutboundMessage,
  PlannedDelivery,
  Ports,
  Scope,
  SendRequest,
  Try,
} from './ports.ts'
import type { Caller, Channel } from './project.ts'
import { Refusal } from './refusal.ts'
import { refuseByPolicy, templateOf } from './send-policy.ts'
import type { DeliveryStatus, Verification, VerificationRecord } from './verification.ts'

/** What is to be sent, after the caller's words were read. */
export interface SendOrder {
  readonly facade: string
  readonly number: PhoneNumber
  readonly purpose: string
  readonly channel: Channel
  readonly locale: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly message: MessageOptions
  /** The verification to send again; absent for a start. */
  readonly verificationId?: string | undefined
  readonly code?: string | undefined
  readonly codeLength?: number | undefined
  /** The end user's address. */
  readonly ip?: string | undefined
}

/** A verification whose message is on its way. */
export interface Sent {
  readonly verification: Verification
  readonly phoneNumber: string
  readonly delivery: {
    readonly id: string
    readonly provider: string
    readonly status: DeliveryStatus
  }
  /** Seconds until another message to the number is admitted; 0 when it is now. */
  readonly resendAfterSeconds: number
}

export const scopeOf = (caller: Caller): Scope => ({
  projectId: caller.project.id,
  mode: caller.mode,
})

const RETRY_DELIVERY_SECONDS = 10

/** Admits, delivers and settles one message; the way of a start and of a resend. */
export async function sendCode(
  ports: Ports,
  caller: Caller,
  order: SendOrder,
  operation: { readonly id: string; readonly respondAsync: boolean },
): Promise<Sent> {
  refuseByPolicy(caller, order)
  const providers = ports.messenger.route(caller.mode, order.channel)
  if (providers.length === 0) {
    throw new Refusal('channel_unavailable', {
      detail: `No provider of this deployment sends by ${order.channel}.`,
    })
  }
  const template = templateOf(caller.project, order.message.template)
  const taken = await ports.meters.take(await meterAsks(ports, caller, order))
  if (!taken.admitted) throw meterRefusal(taken)
  const scope = scopeOf(caller)
  const admission = await ports.lines
    .admit(scope, sendRequest(caller, order, operation.id, providers, ports.now()))
    .catch((error: unknown) => {
      ports.background(taken.giveBack())
      throw error
    })
  if (admission.outcome !== 'admitted') {
    ports.background(taken.giveBack())
    if (admission.outcome === 'repeated') {
      return sentBefore(order, admission.record, resendAfter(admission.nextSendAt, ports.now()))
    }
    throw new Refusal(admission.code, { retryAfterSeconds: admission.retryAfterSeconds })
  }
  const { verification, deliveries } = admission
  const text = renderText({
    brand: brandOf(caller.project),
    code: admission.code,
    minutes: Math.max(1, Math.round((verification.expiresAt - ports.now()) / 60_000)),
    template,
    domain: order.message.domain,
    appHash: order.message.appHash,
  })
  const sent = (outcome: Delivered): Sent => ({
    verification: outcome.verification,
    phoneNumber: order.number.e164,
    delivery: outcome.delivery,
    resendAfterSeconds: resendAfter(admission.nextSendAt, ports.now()),
  })
  const delivering = deliverAndSettle(ports, scope, operation.id, verification, deliveries, {
    scope,
    verificationId: verification.id,
    channel: order.channel,
    to: order.number.e164,
    country: order.number.country,
    text,
    code: admission.code,
    expiresAt: verification.expiresAt,
  }).catch((error: unknown) => {
    ports.background(taken.giveBack())
    throw error
  })
  ports.background(delivering.catch(ignoreRefusal))
  if (operation.respondAsync) {
    return sent({ verification, delivery: plannedDelivery(deliveries) })
  }
  return sent(await delivering)
}

const ignoreRefusal = (error: unknown): void => {
  if (!(error instanceof Refusal)) throw error
}

const resendAfter = (nextSendAt: number, now: number): number =>
  nextSendAt > now ? secondsUntil(nextSendAt, now) : 0

const plannedDelivery = (plan: readonly PlannedDelivery[]): Sent['delivery'] => ({
  id: plan[0]?.id ?? '',
  provider: plan[0]?.provider ?? '',
  status: 'sending',
})

interface Delivered {
  readonly verification: Verification
  readonly delivery: Sent['delivery']
}

async function deliverAndSettle(
  ports: Ports,
  scope: Scope,
  operationId: string,
  verification: Verification,
  plan: readonly PlannedDelivery[],
  message: OutboundMessage,
): Promise<Delivered> {
  const tries = await ports.messenger.deliver(message, plan)
  const settled = await ports.lines
    .settle(scope, verification.id, operationId, tries)
    .catch(ignoreOutage)
  const sent = tries.find((attempt) => attempt.status === 'sent')
  if (sent === undefined) throw deliveryRefusal(tries)
  return {
    verification: settled?.verification ?? verification,
    delivery: { id: sent.deliveryId, provider: sent.provider, status: 'sent' },
  }
}

/** A message that is out stays out: its line's alarm marks what could not be settled. */
const ignoreOutage = (error: unknown): undefined => {
  if (error instanceof Refusal && error.code === 'unavailable') return undefined
  throw error
}

function deliveryRefusal(tries: readonly Try[]): Refusal {
  if (tries.some((attempt) => attempt.failure === 'bad_number')) {
    return new Refusal('undeliverable_number', {
      detail: 'The provider cannot send to this number. Ask the person for another one.',
    })
  }
  return new Refusal('delivery_unavailable', { retryAfterSeconds: RETRY_DELIVERY_SECONDS })
}

function sentBefore(
  order: SendOrder,
  record: VerificationRecord,
  resendAfterSeconds: number,
): Sent {
  const delivery = record.deliveries.at(-1)
  if (delivery === undefined || record.verification.status === 'failed') {
    throw new Refusal('delivery_unavailable', { retryAfterSeconds: RETRY_DELIVERY_SECONDS })
  }
  return {
    verification: record.verification,
    phoneNumber: order.number.e164,
    delivery: { id: delivery.id, provider: delivery.provider, status: delivery.status },
    resendAfterSeconds,
  }
}

const meterRefusal = (answer: Exclude<MeterAnswer, { admitted: true }>): Refusal =>
  new Refusal(answer.code, { retryAfterSeconds: answer.retryAfterSeconds })

function sendRequest(
  { project, mode, kind }: Caller,
  order: SendOrder,
  operationId: string,
  providers: readonly string[],
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
    channel: order.channel,
    locale: order.locale,
    metadata: order.metadata,
    message: order.message,
    verificationId: order.verificationId,
    code: fixed?.code ?? order.code,
    codeLength: order.codeLength ?? settings.codeLength,
    lifeSeconds: settings.codeLifeSeconds,
    attemptsAllowed: settings.checksPerVerification,
    freshCode: settings.resend === 'new',
    providers,
    policy: {
      windows: settings.sendsPerNumber,
      secondsBetween: settings.secondsBetweenSends[kind],
    },
  }
}
