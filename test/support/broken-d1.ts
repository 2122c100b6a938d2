import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { lineOfNumber } from './lines.ts'

/** What D1 may throw (https://developers.cloudflare.com/d1/observability/debug-d1/). */
export const D1_ERRORS = [
  'D1_ERROR: No SQL statements detected.',
  'D1_ERROR: Your account has exceeded D1’s maximum account storage limit, please contact Cloudflare to raise your limit.',
  'D1_ERROR: Exceeded maximum DB size.',
  'D1_ERROR: D1 DB reset because its code was updated.',
  'D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.',
  'D1_ERROR: Network connection lost.',
  'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
  "D1_ERROR: Can't read from request stream because client disconnected.",
  'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
  'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
] as const

/** A database that fails while it is told to; counts what it was asked. */
export function breakableD1() {
  const state = { error: undefined as string | undefined, afterEffect: false, calls: 0 }
  const around =
    <T>(call: () => Promise<T>) =>
    async (): Promise<T> => {
      state.calls += 1
      const { error } = state
      if (error === undefined) return call()
      if (state.afterEffect) await call()
      throw new Error(error)
    }
  const statement = (real: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(real, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => statement(target.bind(...values))
        if (name === 'first') return around(() => target.first())
        if (name === 'all') return around(() => target.all())
        if (name === 'run') return around(() => target.run())
        if (name === 'real') return target
        return Reflect.get(target, name) as unknown
      },
    })
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') return (query: string) => statement(target.prepare(query))
      if (name === 'batch') {
        return (statements: (D1PreparedStatement & { real: D1PreparedStatement })[]) =>
          around(() => target.batch(statements.map(({ real }) => real)))()
      }
      return Reflect.get(target, name) as unknown
    },
  })
  return { db, state }
}

/** Gives the line of a number another environment, until it is evicted. */
export async function giveLine(phone: string, environment: Partial<Env>): Promise<void> {
  await runInDurableObject(await lineOfNumber(phone), (instance) => {
    const object = instance as unknown as { env: Env }
    object.env = { ...object.env, ...environment }
  })
}
