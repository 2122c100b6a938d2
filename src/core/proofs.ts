import type { Approval, Ports } from './ports.ts'
import type { Caller, Mode } from './project.ts'
import { Refusal } from './refusal.ts'
import { scopeOf } from './send-code.ts'
import type { VerificationChannel } from './verification.ts'

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
  /** The server's own: a proof of another session is not consumed. */
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
  const { verificationId, at, purpose, phone } = approval
  const number = await ports.lines.reveal({ phone, mode })
  if (number === undefined) {
    throw new Refusal('misconfigured', {
      detail: 'The number of this verification cannot be opened any more. Start another one.',
    })
  }
  const lifeSeconds = project.settings.proofLifeSeconds
  const token = await ports.tokens.sign({
    typ: TYPE,
    claims: {
      iss: issuer,
      jti: verificationId.replace(/^ver_/, 'prf_'),
      sub: number.e164,
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

/** What a proof says beside the claims of every token. */
interface ProofClaims {
  readonly vid: string
  readonly mode: Mode
  readonly channel: string
  readonly purpose?: string
  readonly nonce?: string
}

/** Takes a proof in exchange for what it proves, once. */
export async function tradeProof(ports: Ports, caller: Caller, trade: Trade): Promise<TradeResult> {
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
  if (trade.session !== undefined && trade.session !== session) {
    return { valid: false, reason: 'other_session' }
  }
  const operationId =
    trade.idempotencyKey === undefined
      ? crypto.randomUUID()
      : await ports.pseudonym(`trade ${trade.idempotencyKey}`)
  const isFirst = await ports.lines.spendProof(scopeOf(caller), verificationId, operationId)
  if (!isFirst) return { valid: false, reason: 'used' }
  return {
    valid: true,
    verificationId,
    phoneNumber: proof.sub,
    channel,
    purpose,
    session: session ?? null,
    verifiedAt: proof.iat * 1000,
  }
}
