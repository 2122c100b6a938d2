import type { OtpostProblem } from './client.ts'
import { fill, waitIn, type TextName, type Words } from './words.ts'

/** The sentence of each refusal that tells the person what to do. */
const SENTENCES: ReadonlyMap<string, readonly TextName[]> = new Map(
  Object.entries<readonly TextName[]>({
    network: ['offline'],
    origin_refused: ['origin'],
    key_not_allowed: ['origin'],
    unauthenticated: ['origin'],
    project_paused: ['origin'],
    insecure_transport: ['origin'],
    field_not_allowed: ['origin'],
    // What the person has typed is refused by other codes.
    invalid_request: ['origin'],
    country_refused: ['countryRefused'],
    challenge_failed: ['challenge'],
    invalid_phone: ['invalid'],
    not_a_mobile: ['mobile'],
    number_type_refused: ['mobile'],
    test_number_refused: ['mobile'],
    undeliverable_number: ['mobile'],
    channel_unavailable: ['failed'],
    delivery_unavailable: ['failed'],
    too_many_failed_checks: ['tooMany', 'wait'],
    too_many_sends: ['limit', 'wait'],
    too_many_ip_sends: ['limit', 'wait'],
    too_many_project_sends: ['limit', 'wait'],
    too_many_key_sends: ['limit', 'wait'],
    // Of the whole address: the person may have typed no wrong code at all.
    too_many_ip_checks: ['wait'],
    not_found: ['expired', 'newCode'],
    verification_ended: ['expired', 'newCode'],
    expired: ['expired', 'newCode'],
    max_attempts: ['tooMany', 'newCode'],
    wrong_code: ['wrong'],
    incomplete: ['incomplete'],
    proof_expired: ['again'],
  }),
)

/** Says in a language what went wrong and what to do; a wait that is not known is left out. */
export function explain(problem: OtpostProblem, { language, texts }: Words): string {
  const seconds = problem.retryAfterSeconds
  const names = (SENTENCES.get(problem.code) ?? []).filter(
    (name) => name !== 'wait' || seconds !== undefined,
  )
  return (names.length === 0 ? (['unavailable'] as const) : names)
    .map((name) => fill(texts[name], { time: waitIn(language, seconds ?? 0) }))
    .join(' ')
}

/** Refusals of the page or its key, which nothing that the person does can change. */
export const isFinal = ({ code }: OtpostProblem): boolean => SENTENCES.get(code)?.[0] === 'origin'
