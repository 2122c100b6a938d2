/**
 * Compares otpost with a floor: a Worker that does one durable write by one Durable Object a
 * request. Both run on the same local runtime, in turns. Run it by `npm run bench`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { client, type Client } from './client.ts'
import { measure, median, summary, type Measurement } from './measure.ts'
import { startProvider, type Provider } from './provider.ts'
import { buildOtpost, SECRET, startFloor, startOtpost } from './workers.ts'

const ROUNDS = 5
const SETTLE_MS = 3000
const LONGEST_TURN_MS = 4000
const CHECKS = 100
const CYCLES = 240
const CONCURRENCY = 16
const NAMES = ['floor', 'otpost'] as const

/** What is measured of each of the two. Before a turn, `prepare` does what is not timed. */
interface Subject {
  prepare(numbers: readonly string[]): Promise<void>
  check(number: string): Promise<unknown>
  cycles(numbers: readonly string[]): Promise<Measurement>
}

type Subjects = Readonly<Record<(typeof NAMES)[number], Subject>>

interface Turn {
  readonly floor: Measurement
  readonly otpost: Measurement
}

const START = '/v1/verifications'
const CHECK = '/v1/verifications/check'

let numbersUsed = 0
/** Numbers that were never used: every one of +372 5000 0000 to +372 5999 9999 is a valid mobile. */
const newNumbers = (count: number): readonly string[] =>
  Array.from({ length: count }, () => `+372${50_000_000 + numbersUsed++}`)

function otpost(http: Client, provider: Provider): Subject {
  const ids = new Map<string, string>()
  const start = async (phoneNumber: string) => {
    const { id } = (await http.post(START, { phoneNumber })) as { id: string }
    ids.set(phoneNumber, id)
  }
  const check = async (phoneNumber: string) => {
    const question = { id: ids.get(phoneNumber), code: provider.codeOf(phoneNumber) }
    const answer = await http.post(CHECK, question)
    if ((answer as { verified: boolean }).verified) return
    throw new Error(`${phoneNumber} was not verified: ${JSON.stringify(answer)}`)
  }
  return subject(start, check)
}

/** One object per number, like otpost: the first call makes it, the second finds it. */
function floor(http: Client): Subject {
  const call = (number: string) => http.post(`/${number.slice(1)}`, { number })
  return subject(call, call)
}

function subject(
  start: (number: string) => Promise<unknown>,
  check: (number: string) => Promise<unknown>,
): Subject {
  const at = (numbers: readonly string[], job: number) => numbers[job] ?? ''
  return {
    async prepare(numbers) {
      await measure(numbers.length, CONCURRENCY, Infinity, async (job) => {
        await start(at(numbers, job))
      })
    },
    check,
    cycles: (numbers) =>
      measure(numbers.length, CONCURRENCY, LONGEST_TURN_MS, async (job, timed) => {
        await timed(() => start(at(numbers, job)))
        await timed(() => check(at(numbers, job)))
      }),
  }
}

/** One request of each after the other, in changing order: both meet the same noise. */
async function checksSideBySide(subjects: Subjects, count: number): Promise<Turn> {
  const numbers = newNumbers(count)
  await Promise.all([subjects.floor.prepare(numbers), subjects.otpost.prepare(numbers)])
  await sleep(SETTLE_MS)
  const times = { floor: [] as number[], otpost: [] as number[] }
  for (const [job, number] of numbers.entries()) {
    for (const name of job % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const begun = performance.now()
      await subjects[name].check(number)
      times[name].push(performance.now() - begun)
    }
  }
  return { floor: summary(times.floor), otpost: summary(times.otpost) }
}

async function cycleTurn(of: Subject, count: number): Promise<Measurement> {
  await sleep(SETTLE_MS)
  return of.cycles(newNumbers(count))
}

const inTurns = async (
  subjects: Subjects,
  take: (of: Subject, count: number) => Promise<Measurement>,
  count: number,
): Promise<Turn> => ({
  floor: await take(subjects.floor, count),
  otpost: await take(subjects.otpost, count),
})

const milliseconds = (value: number): string => `${value.toFixed(2)} ms`.padStart(10)

function line(name: string, turns: readonly Measurement[]): string {
  const of = (pick: (turn: Measurement) => number) => median(turns.map(pick))
  const rate = of((turn) => turn.requestsPerSecond)
  const times = [of((turn) => turn.p50), of((turn) => turn.p99)].map(milliseconds).join('')
  return `  ${name.padEnd(8)}${times}${rate.toFixed(0).padStart(8)} requests/s`
}

const HEAD = `  ${''.padEnd(8)}${'p50'.padStart(10)}${'p99'.padStart(10)}${'rate'.padStart(8)}`

function show(title: string, turns: readonly Turn[]): void {
  print(`\n${title}`)
  print(HEAD)
  for (const name of NAMES) {
    const measurements = turns.map((turn) => turn[name])
    print(line(name, measurements))
  }
}

function ratio(turns: readonly Turn[], pick: (turn: Measurement) => number): string {
  const ratios = turns.map((turn) => pick(turn.otpost) / pick(turn.floor))
  const each = ratios.map((value) => value.toFixed(2)).join(' ')
  return `${median(ratios).toFixed(2)} (rounds: ${each})`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function run(subjects: Subjects) {
  // Warms both up: code is compiled while it runs.
  await checksSideBySide(subjects, CHECKS)
  await inTurns(subjects, cycleTurn, CYCLES / 2)
  const checks: Turn[] = []
  const cycles: Turn[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    checks.push(await checksSideBySide(subjects, CHECKS))
    cycles.push(await inTurns(subjects, cycleTurn, CYCLES))
  }
  print(
    'otpost beside a floor: a Worker that calls one Durable Object a request, which writes once',
  )
  print(`per call, since a check must be durable too. Medians of ${ROUNDS} rounds in turns.`)
  show(`${CHECKS} checks of the right code, one after the other`, checks)
  print(`  p50, otpost / floor: ${ratio(checks, (turn) => turn.p50)}; target: at most 1.5`)
  show(`${CYCLES} cycles of start and check, ${CONCURRENCY} at a time`, cycles)
  const rates = ratio(cycles, (turn) => turn.requestsPerSecond)
  print(`  rate, otpost / floor: ${rates}; aim: at least 0.7`)
}

const folder = mkdtempSync(join(tmpdir(), 'otpost-bench-'))
const provider = await startProvider()
const closing: (() => Promise<void>)[] = []
try {
  const floorServer = await startFloor()
  closing.push(floorServer.close)
  const otpostServer = await startOtpost(await buildOtpost(folder), provider.baseUrl)
  closing.push(otpostServer.close)
  await run({
    floor: floor(client(floorServer.url, SECRET, CONCURRENCY)),
    otpost: otpost(client(otpostServer.url, SECRET, CONCURRENCY), provider),
  })
} finally {
  await Promise.all(closing.map((close) => close()))
  provider.close()
  rmSync(folder, { recursive: true, force: true })
}
