/** Failures in a row, none more than this apart, that open a circuit. */
const FAILURES = 3
const APART_MS = 60_000
const FIRST_COOLING_MS = 10_000
const LONGEST_COOLING_MS = 300_000
/** How long the others wait for what comes of a probe. */
export const PROBE_MS = 5000
/** How long a circuit remembers that it was open, so that the next cooling is longer. */
export const MEMORY_MS = 600_000

/**
 * What is known of one provider on one channel to one country, out of its failures alone. Times are
 * Unix milliseconds.
 */
export interface Circuit {
  readonly failures: number
  readonly failedAt: number
  /** 0 while it was never open. */
  readonly openUntil: number
  readonly coolingMs: number
  /** When somebody was last let through to try; 0 since it opened. */
  readonly probedAt: number
}

/** `probe`: whoever asked may send one message, to see whether it works again. */
export type Verdict = 'closed' | 'cooling' | 'probe'

const NEW: Circuit = { failures: 0, failedAt: 0, openUntil: 0, coolingMs: 0, probedAt: 0 }

/**
 * Counts a failure; one with `retryAfterMs` opens the circuit at once for so long, but 5 minutes at
 * most: it may have been about one number.
 */
export function afterFailure(
  before: Circuit | undefined,
  now: number,
  retryAfterMs: number | undefined,
): Circuit {
  const known = before === undefined || now - before.failedAt > MEMORY_MS ? NEW : before
  // Sent before it opened: nothing new.
  if (now < known.openUntil) return known
  const failures = now - known.failedAt > APART_MS ? 1 : known.failures + 1
  const wasProbe = known.probedAt > 0 && now - known.probedAt <= APART_MS
  if (failures < FAILURES && !wasProbe && retryAfterMs === undefined) {
    return { ...known, failures, failedAt: now }
  }
  const coolingMs =
    known.coolingMs === 0 ? FIRST_COOLING_MS : Math.min(LONGEST_COOLING_MS, known.coolingMs * 2)
  const openMs = Math.max(coolingMs, Math.min(LONGEST_COOLING_MS, retryAfterMs ?? 0))
  return { failures: 0, failedAt: now, openUntil: now + openMs, coolingMs, probedAt: 0 }
}

/**
 * Says whether a provider is to be left alone, and what that changes. When it has cooled, one asker
 * at a time is sent to probe; a probe of which no failure was heard closes the circuit.
 */
export function verdictOf(
  circuit: Circuit,
  now: number,
): { readonly verdict: Verdict; readonly circuit: Circuit } {
  if (circuit.openUntil === 0) return { verdict: 'closed', circuit }
  if (now < circuit.openUntil) return { verdict: 'cooling', circuit }
  if (circuit.probedAt === 0) return { verdict: 'probe', circuit: { ...circuit, probedAt: now } }
  if (now < circuit.probedAt + PROBE_MS) return { verdict: 'cooling', circuit }
  return { verdict: 'closed', circuit: { ...circuit, openUntil: 0, failures: 0 } }
}
