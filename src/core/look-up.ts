import type { PhoneNumber } from './phone.ts'
import type { NumberFacts, NumberLookup, Ports } from './ports.ts'
import type { Caller, Project } from './project.ts'
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
  if (lookup === undefined || !mayAsk(caller, number)) return offline
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const late = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined))
  })
  const found = find(ports, lookup, caller, number, signal)
  return (await Promise.race([found, late])) ?? offline
}

/**
 * Whether the caller's question may cost money: never with a test key, while the project is paused,
 * or about a country to which it does not send; and a web page is not told whose network a number
 * belongs to.
 */
function mayAsk({ mode, kind, project }: Caller, { country }: PhoneNumber): boolean {
  const { countries } = project.settings
  const isServed = countries === '*' || countries.includes(country)
  return mode === 'live' && kind === 'secret' && !project.paused && isServed
}

async function find(
  ports: Ports,
  lookup: NumberLookup,
  { project, mode }: Caller,
  number: PhoneNumber,
  signal: AbortSignal,
): Promise<NumberFacts | undefined> {
  const kept = await quietly(ports, ports.lines.facts(mode, number))
  if (kept !== undefined || signal.aborted) return kept
  if (!(await quietly(ports, isWithinCap(ports, project)))) return undefined
  const found = await quietly(ports, lookup.lookUp(number.e164, signal))
  if (found !== undefined && !signal.aborted) {
    void quietly(ports, ports.lines.keepFacts(mode, number, found))
  }
  return found
}

const DAY_SECONDS = 86_400

/** Counts a question that costs money; over the project's cap nobody is asked. */
async function isWithinCap({ meters }: Ports, { id, settings }: Project): Promise<boolean> {
  const { lookUpsPerDay: limit } = settings
  if (limit === null) return true
  const quotas = [{ counter: 'look-ups', limit, seconds: DAY_SECONDS }]
  const ask = { name: `look-ups:${id}`, shards: 1, quotas, code: 'too_many_project_sends' } as const
  return (await meters.take([ask])).admitted
}

/** Does without what fails, and has it reported; that a line is out of reach shows elsewhere. */
function quietly<T>(ports: Ports, work: Promise<T>): Promise<T | undefined> {
  const attempt = work.catch(ignoreOutage)
  ports.background(attempt)
  return attempt.catch(() => undefined)
}
