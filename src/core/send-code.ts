import { requireChallenge } from './challenge.ts'
import { chooseLanguage } from './languages.ts'
import { secondsUntil } from './limits.ts'
import { brandOf, renderText } from './message.ts'
import { meterAsks } from './meter-asks.ts'
import type { PhoneNumber } from './phone.ts'
import type { OutboundMessage, PlannedDelivery, Try } from './messenger.ts'
import type { Admission, FollowUp, MeterAnswer, Ports, SendRequest } from './ports.ts'
import type { Caller, Channel, Scope } from './project.ts'
import { Refusal } from './refusal.ts'
import { channelsOfKey } from './restrictions.ts'
import { sendRequest, type SendOrder } from './send-order.ts'
import { allowedChannels, notAMobile, templateOf } from './send-policy.ts'
import type { DeliveryStatus, Verification } from './verification.ts'

/** A verification whose message is on its way. */
export interface Sent {
  readonly verification: Verification
  readonly phoneNumber: string
  readonly delivery: {
    readonly id: string
    readonly provider: string
    readonly status: DeliveryStatus
  }
  /** Digits of the code in the message. */
  readonly codeLength: number
  /** Seconds until another message to the number is admitted; 0 when it is now. */
  readonly resendAfterSeconds: number
}

export interface Operation {
  /** Of the request: the same operation is never carried out twice. */
  readonly id: string
  /** Whether to answer as soon as the message is admitted. */
  readonly respondAsync: boolean
  /** Called when a message failed after its request was answered. */
  readonly forget: (failure: unknown) => Promise<void>
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
  operation: Operation,
): Promise<Sent> {
  const { project, mode } = caller
  const { country } = order.number
  const channels = allowedChannels(caller, order)
  const language = chooseLanguage(order.locale, country)
  const template = order.message.text ?? templateOf(project, order.message.template, language)
  const { routes } = project.settings
  const stops = await ports.messenger.route({ mode, country, channels, routes })
  if (stops.length === 0) {
    const ofKey = channelsOfKey(caller, order.channels)
    throw channels.length < ofKey.length ? notAMobile() : noProvider(channels, country)
  }
  await requireChallenge(ports, caller, order, operation.id)
  const taken = await ports.meters.take(await meterAsks(ports, caller, order))
  if (!taken.admitted) throw meterRefusal(taken)
  const scope = scopeOf(caller)
  const request = sendRequest(caller, { ...order, channels }, operation.id, stops, ports.now())
  const admission = await ports.lines.admit(scope, request).catch((error: unknown) => {
    ports.background(taken.giveBack())
    throw error
  })
  if (admission.outcome !== 'admitted') {
    ports.background(taken.giveBack())
    if (admission.outcome === 'repeated') {
      return sentBefore(request, admission, resendAfter(admission.nextSendAt, ports.now()))
    }
    throw new Refusal(admission.code, { retryAfterSeconds: admission.retryAfterSeconds })
  }
  const { verification, deliveries } = admission
  const brand = brandOf(project)
  const text = renderText({
    language,
    brand,
    neverShare: project.settings.neverShareSentence,
    code: admission.code,
    minutes: minutesLeft(verification.expiresAt - ports.now()),
    template,
    domain: order.message.domain,
    appHash: order.message.appHash,
  })
  const sent = (outcome: Delivered): Sent => ({
    verification: outcome.verification,
    phoneNumber: order.number.e164,
    delivery: outcome.delivery,
    codeLength: admission.code.length,
    resendAfterSeconds: resendAfter(admission.nextSendAt, ports.now()),
  })
  const delivering = deliverAndSettle(ports, scope, operation.id, verification, deliveries, {
    scope,
    verificationId: verification.id,
    to: order.number.e164,
    country,
    language,
    brand,
    text,
    code: admission.code,
    expiresAt: verification.expiresAt,
  })
  ports.background(
    delivering.then(
      ({ certainlyFailed }) => (certainlyFailed ? taken.giveBack() : undefined),
      () => taken.giveBack(),
    ),
  )
  ports.background(
    delivering.then(({ followUp }) => followUp && sendNext(ports, caller, order.number, followUp)),
  )
  if (!operation.respondAsync) return sent(await confirmed(delivering))
  ports.background(confirmed(delivering).catch(operation.forget))
  return sent({ verification, delivery: plannedDelivery(deliveries) })
}

/** Sends the code of an `auto` verification by the channels that are left, as far as limits admit it. */
export async function sendNext(
  ports: Ports,
  { project, mode }: Pick<Caller, 'project' | 'mode'>,
  number: PhoneNumber,
  { verification, channels, operationId }: FollowUp,
): Promise<void> {
  const { id: verificationId, facade, purpose, locale, metadata, message } = verification
  // As the project has it now.
  const { autoChannels } = project.settings
  const allowed = channels.filter((channel) => autoChannels.includes(channel))
  if (allowed.length === 0) return
  const kept = { verificationId, facade, purpose, locale, metadata, message, isFollowUp: true }
  const operation = { id: operationId, respondAsync: false, forget: async () => {} }
  try {
    await sendCode(
      ports,
      { project, mode, kind: 'secret' },
      { ...kept, number, channels: allowed },
      operation,
    )
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'unavailable') throw error
  }
}

const noProvider = (channels: readonly Channel[], country: string): Refusal =>
  new Refusal('channel_unavailable', {
    detail: `No provider sends by ${channels.join(' or ')} to ${country}. Look at PROVIDERS, the sender for ${country}, and the project's setting routes.`,
  })

const MINUTE_MS = 60_000
/** What a start itself takes; without it, ten minutes would be written as nine. */
const SENDING_MS = 5000

const minutesLeft = (milliseconds: number): number =>
  Math.max(1, Math.floor((milliseconds + SENDING_MS) / MINUTE_MS))

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

interface Outcome {
  readonly verification: Verification
  readonly followUp: FollowUp | undefined
  readonly tries: readonly Try[]
  /** Whether no message can be on its way, so that a cap need not count it. */
  readonly certainlyFailed: boolean
}

async function deliverAndSettle(
  ports: Ports,
  scope: Scope,
  operationId: string,
  verification: Verification,
  plan: readonly PlannedDelivery[],
  message: OutboundMessage,
): Promise<Outcome> {
  const tries = await ports.messenger.deliver(message, plan)
  const settled = await ports.lines
    .settle(scope, verification.id, operationId, tries)
    .catch(ignoreOutage)
  return {
    verification: settled?.record.verification ?? verification,
    followUp: settled?.followUp,
    tries,
    certainlyFailed: tries.every(
      ({ deliveryId, status }) =>
        status === 'failed' &&
        !settled?.record.deliveries.some(
          (known) => known.id === deliveryId && known.status !== 'failed',
        ),
    ),
  }
}

/** The try that a provider confirmed, or the refusal that says why there is none. */
async function confirmed(delivering: Promise<Outcome>): Promise<Delivered> {
  const { verification, tries } = await delivering
  const sent = tries.find((attempt) => attempt.status === 'sent')
  if (sent === undefined) throw deliveryRefusal(tries)
  const { deliveryId, provider, channel } = sent
  const delivery = { id: deliveryId, provider, status: 'sent' } as const
  return { verification: { ...verification, channel }, delivery }
}

/** A message that is out stays out: its line's alarm marks what could not be settled. */
export const ignoreOutage = (error: unknown): undefined => {
  if (error instanceof Refusal && error.code === 'unavailable') return undefined
  throw error
}

function deliveryRefusal(tries: readonly Try[]): Refusal {
  const [first] = tries
  if (first !== undefined && tries.every((attempt) => attempt.failure === 'not_on_channel')) {
    return new Refusal('undeliverable_number', {
      detail: `The number cannot be reached by ${first.channel}. Use another channel.`,
    })
  }
  if (tries.some((attempt) => attempt.failure === 'bad_number')) {
    return new Refusal('undeliverable_number', {
      detail: 'The provider cannot send to this number. Ask the person for another one.',
    })
  }
  return new Refusal('delivery_unavailable', { retryAfterSeconds: RETRY_DELIVERY_SECONDS })
}

/** Answers an operation that was admitted before from what became of it; nothing is sent. */
function sentBefore(
  request: SendRequest,
  { verification, delivery }: Extract<Admission, { outcome: 'repeated' }>,
  resendAfterSeconds: number,
): Sent {
  if (delivery === undefined || delivery.status === 'failed') {
    throw new Refusal('delivery_unavailable', { retryAfterSeconds: RETRY_DELIVERY_SECONDS })
  }
  const { id, provider, status } = delivery
  return {
    verification,
    phoneNumber: request.number.e164,
    delivery: { id, provider, status },
    codeLength: request.code?.length ?? request.codeLength,
    resendAfterSeconds,
  }
}

const meterRefusal = (answer: Exclude<MeterAnswer, { admitted: true }>): Refusal =>
  new Refusal(answer.code, { retryAfterSeconds: answer.retryAfterSeconds })
