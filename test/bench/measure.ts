export interface Measurement {
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  /** Milliseconds. */
  readonly p99: number
}

/**
 * Runs up to `jobs` jobs, `concurrency` at a time, and begins none after `limitMs`; each is given
 * its number and a stopwatch.
 */
export async function measure(
  jobs: number,
  concurrency: number,
  limitMs: number,
  run: (job: number, timed: <T>(work: () => Promise<T>) => Promise<T>) => Promise<void>,
): Promise<Measurement> {
  const times: number[] = []
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    const result = await work()
    times.push(performance.now() - begun)
    return result
  }
  const begun = performance.now()
  let next = 0
  const workThrough = async (): Promise<void> => {
    while (next < jobs && performance.now() - begun < limitMs) await run(next++, timed)
  }
  await Promise.all(Array.from({ length: concurrency }, workThrough))
  const seconds = (performance.now() - begun) / 1000
  return { ...summary(times), requestsPerSecond: times.length / seconds }
}

/** Of times in milliseconds, of requests that were made one after the other. */
export function summary(times: readonly number[]): Measurement {
  const sorted = times.toSorted((a, b) => a - b)
  const seconds = sorted.reduce((sum, time) => sum + time, 0) / 1000
  return {
    requestsPerSecond: sorted.length / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** The middle of some numbers: of an even count, the upper of the two. */
export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
