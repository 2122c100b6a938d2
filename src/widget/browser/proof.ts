import type { OtpostApproval } from './client.ts'

/** The longest that a browser's timer can wait. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Milliseconds that a proof lives. Its own times tell it, since the person's clock may be wrong; the
 * proof is not verified here: that is for the server that receives it.
 */
export function lifeOf({ proof, proofExpires }: OtpostApproval, now: number): number {
  const { iat, exp } = claimsOf(proof)
  const seconds = iat !== undefined && exp !== undefined ? exp - iat : proofExpires - now / 1000
  return Math.max(0, seconds * 1000)
}

function claimsOf(proof: string): { readonly iat?: number; readonly exp?: number } {
  try {
    const payload = proof.split('.')[1] ?? ''
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as object
  } catch {
    return {}
  }
}

/** Tells when a proof has run out; a page that slept hears of it when it looks again. */
export class ProofWatch {
  readonly #ended: () => void
  #end = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ended: () => void) {
    this.#ended = ended
  }

  begin(approval: OtpostApproval): void {
    const now = Date.now()
    this.#end = now + lifeOf(approval, now)
    this.look()
  }

  look(): void {
    this.pause()
    const left = this.#end - Date.now()
    if (left > 0) {
      if (left < Infinity)
        this.#timer = setTimeout(() => this.look(), Math.min(left, LONGEST_TIMER))
      return
    }
    this.forget()
    this.#ended()
  }

  pause(): void {
    clearTimeout(this.#timer)
  }

  forget(): void {
    this.pause()
    this.#end = Infinity
  }
}
