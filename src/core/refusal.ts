import type { VerificationChannel } from './verification.ts'

/** What a request was declined for; every facade maps each of these to its own words. */
export type RefusalCode =
  | 'unreadable_request'
  | 'payload_too_large'
  | 'invalid_request'
  | 'unauthenticated'
  | 'key_not_allowed'
  | 'origin_refused'
  | 'field_not_allowed'
  | 'challenge_failed'
  | 'challenge_unavailable'
  | 'insecure_transport'
  | 'forged_callback'
  | 'not_found'
  | 'already_exists'
  | 'service_not_empty'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'invalid_phone'
  | 'number_type_refused'
  | 'not_a_mobile'
  | 'test_number_refused'
  | 'undeliverable_number'
  | 'country_refused'
  | 'project_paused'
  | 'channel_unavailable'
  | 'custom_code_refused'
  | 'custom_text_refused'
  | 'unknown_template'
  | 'verification_ended'
  | 'idempotency_running'
  | 'idempotency_mismatch'
  | 'too_many_sends'
  | 'too_many_failed_checks'
  | 'too_many_project_sends'
  | 'too_many_ip_sends'
  | 'too_many_key_sends'
  | 'too_many_ip_checks'
  | 'delivery_unavailable'
  | 'unavailable'
  | 'misconfigured'
  | 'internal'

export interface RefusalFacts {
  /** One sentence that tells the caller what to do next. */
  readonly detail?: string | undefined
  /** Whole seconds after which the same request may be admitted. */
  readonly retryAfterSeconds?: number | undefined
  /** How the verification is to be proved, for a check that was not evaluated. */
  readonly channel?: VerificationChannel | undefined
  /** Checks that the verification still has, when a check was not evaluated. */
  readonly attemptsLeft?: number | undefined
  /** One entry per bad field of the request. */
  readonly fields?: readonly FieldError[] | undefined
  /** Whether it was for bytes that are no UTF-8, for `unreadable_request`. */
  readonly notUtf8?: boolean | undefined
  /** Methods that the route answers, for `method_not_allowed`. */
  readonly allow?: string | undefined
}

export interface FieldError {
  readonly field: string
  readonly message: string
}

/** Declines a request for a reason that its caller can act on; anything else thrown is a bug. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly facts: RefusalFacts

  constructor(code: RefusalCode, facts: RefusalFacts = {}) {
    super(facts.detail ?? code)
    this.code = code
    this.facts = facts
  }
}
