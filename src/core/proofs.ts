import { onceForKey } from './idempotent.ts'
import type { Approval, Ports } from './ports.ts'
import type { Caller, Mode } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import { PAGE, type SealedPhone, type VerificationChannel } from './verification.ts'

/** A token by which a page shows its server that a number was verified. */
export interface Proof {
  readonly token: string
  /** Unix milliseconds. */
  readonly expiresAt: number
}

/** What a page's proof is made of. */
export interface ProofSubject {
  readonly approval: Approval
  readonly channel: VerificationChannel
  /** Of the page's own session with its server, to which the proof is bound. */
  readonly session: string | undefined
}

export interface Trade {
  readonly token: string
  /** Of the server with its visitor: a proof of another session, or of none, is not consumed. */
  readonly session?: string | undefined
  /** Where this deployment is reached. */
  readonly issuer: string
  /** The caller's own name for the request: asked again, it gets its first answer. */
  readonly idempotencyKey?: string | undefined
}

export type TradeResult =
  | {
      readonly valid: true
      readonly verificationId: string
      /** In E.164. */
      readonly phoneNumber: string
      readonly channel: string
      readonly purpose: string
      readonly session: string | null
      /** Unix milliseconds. */
      readonly verifiedAt: number
    }
  /** `invalid` is forged, over, of another project or mode, or no proof at all. */
  | { readonly valid: false; readonly reason: 'invalid' | 'used' | 'other_session' }

const TYPE = 'otpost-proof+jwt'

/** RFC 8176; it has no word for WhatsApp. */
const METHODS: Readonly<Record<VerificationChannel, readonly string[]>> = {
  sms: ['otp', 'sms'],
  call: ['otp', 'tel'],
  whatsapp: ['otp'],
  totp: ['otp'],
}

/** Signs a proof. Made again, it has the same name and times, so that it is consumed once all the same. */
export async function makeProof(
  ports: Ports,
  { project, mode }: Caller,
  { approval, channel, session }: ProofSubject,
  issuer: string,
): Promise<Proof> {
  const { verificationId, at, facade, purpose, phone } = approval
  const lifeSeconds = project.settings.proofLifeSeconds
  const token = await ports.tokens.sign({
    typ: TYPE,
    claims: {
      iss: issuer,
      jti: verificationId.replace(/^ver_/, 'prf_'),
      // What a server began tells its page no number: the trade tells the server.
      sub: facade === PAGE ? await numberOf(ports, mode, phone) : verificationId,
      vid: verificationId,
      aud: project.id,
      mode,
      amr: METHODS[channel],
      channel,
      ...(purpose === '' ? {} : { purpose }),
      ...(session === undefined ? {} : { nonce: session }),
    },
    issuedAt: at,
    lifeSeconds,
  })
  return { token, expiresAt: (Math.floor(at / 1000) + lifeSeconds) * 1000 }
}

async function numberOf(ports: Ports, mode: Mode, phone: SealedPhone): Promise<string> {
  const number = await ports.lines.reveal({ phone, mode })
  if (number !== undefined) return number.e164
  throw new Refusal('misconfigured', {
    detail: 'The number of this verification cannot be opened any more. Start another one.',
  })
}

/** What a proof says beside the claims of every token. */
interface ProofClaims {
  readonly vid: string
  readonly mode: Mode
  readonly channel: string
  readonly purpose?: string
  readonly nonce?: string
}

/** Takes a proof in exchange for what it proves, once. */
export function tradeProof(
  ports: Ports,
  caller: Caller,
  { idempotencyKey, ...trade }: Trade,
): Promise<TradeResult> {
  return onceForKey(ports, caller, idempotencyKey, { trade }, (operationId) =>
    spend(ports, caller, trade, operationId),
  )
}

async function spend(
  ports: Ports,
  caller: Caller,
  trade: Trade,
  operationId: string,
): Promise<TradeResult> {
  const claims = await ports.tokens.verify(trade.token, {
    typ: TYPE,
    issuer: trade.issuer,
    audience: caller.project.id,
    now: ports.now(),
  })
  // What we signed has the shape that we gave it.
  const proof = claims as (typeof claims & ProofClaims) | undefined
  if (proof === undefined || proof.mode !== caller.mode) return { valid: false, reason: 'invalid' }
  const { nonce: session, purpose = '', channel, vid: verificationId } = proof
  if (trade.session !== session) return { valid: false, reason: 'other_session' }
  const phone = await ports.lines.spendProof(scopeOf(caller), verificationId, operationId)
  if (phone === undefined) return { valid: false, reason: 'used' }
  return {
    valid: true,
    verificationId,
    phoneNumber: await numberOf(ports, caller.mode, phone),
    channel,
    purpose,
    session: session ?? null,
    verifiedAt: proof.iat * 1000,
  }
}
