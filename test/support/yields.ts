import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { intercept } from './intercept.ts'

/** Where a request gives way to others on its path: before and after every await that matters. */
export const YIELD_POINTS = [
  'none',
  'crypto',
  'before the call',
  'after the call',
  'everywhere',
] as const
export type YieldPoint = (typeof YIELD_POINTS)[number]

const pause = () => scheduler.wait(1)

/** Makes the code of a path give way at a point, and gives the environment in which it does. */
export function yieldAt(point: YieldPoint): Env {
  if (point === 'crypto' || point === 'everywhere') {
    const { subtle } = crypto
    for (const name of ['sign', 'digest', 'encrypt', 'decrypt'] as const) {
      const original = subtle[name].bind(subtle) as (...args: unknown[]) => Promise<never>
      vi.spyOn(subtle, name).mockImplementation(async (...args: unknown[]) => {
        await pause()
        const result = await original(...args)
        await pause()
        return result
      })
    }
  }
  const before = point === 'before the call' || point === 'everywhere'
  const after = point === 'after the call' || point === 'everywhere'
  if (!before && !after) return env
  const PHONE_LINE = intercept(env.PHONE_LINE, async (_, call) => {
    if (before) await pause()
    const answer = await call()
    if (after) await pause()
    return answer
  })
  return { ...env, PHONE_LINE }
}
