import type { PhoneNumber } from './phone.ts'
import type { NumberFacts, NumberLookup, Ports } from './ports.ts'
import type { Caller, Mode } from './project.ts'
import { ignoreOutage } from './send-code.ts'

/** How long a caller waits for more than the number itself tells. */
const PATIENCE_MS = 2000

/**
 * Tells what is known of a number: what its line has kept, else what the vendor says, else what the
 * numbering plan does. It never fails, and takes 2 s at most.
 */
export async function lookUpNumber(
  ports: Ports,
  caller: Caller,
  number: PhoneNumber,
): Promise<NumberFacts> {
  const offline: NumberFacts = { type: number.type, carrier: null, ported: false }
  const { lookup } = ports
  if (lookup === undefined || !mayAsk(caller)) return offline
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const late = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined))
  })
  const found = find(ports, lookup, caller.mode, number, signal)
  return (await Promise.race([found, late])) ?? offline
}

/**
 * Whether the caller's question may cost money: never with a test key, nor while the project is
 * paused; and a web page is not told whose network a number belongs to.
 */
const mayAsk = ({ mode, kind, project }: Caller): boolean =>
  mode === 'live' && kind === 'secret' && !project.paused

async function find(
  ports: Ports,
  lookup: NumberLookup,
  mode: Mode,
  number: PhoneNumber,
  signal: AbortSignal,
): Promise<NumberFacts | undefined> {
  const kept = await quietly(ports, ports.lines.facts(mode, number))
  if (kept !== undefined || signal.aborted) return kept
  const found = await quietly(ports, lookup.lookUp(number.e164, signal))
  if (found !== undefined && !signal.aborted) {
    void quietly(ports, ports.lines.keepFacts(mode, number, found))
  }
  return found
}

/** Does without what fails, and has it reported; that a line is out of reach shows elsewhere. */
function quietly<T>(ports: Ports, work: Promise<T>): Promise<T | undefined> {
  const attempt = work.catch(ignoreOutage)
  ports.background(attempt)
  return attempt.catch(() => undefined)
}
