import type { KeyRing } from '../core/ports.ts'
import type { Caller, Mode } from '../core/project.ts'
import { Refusal } from '../core/refusal.ts'
import { restrictionsOf } from '../core/restrictions.ts'
import { bytesOf } from '../core/text.ts'
import { BoundedMap } from './bounded-map.ts'
import { jsonOf, projectFromRow, type ProjectRow } from './projects.ts'

const FRESH_MS = 60_000
const REFRESH_FROM_MS = 30_000
/** How long a known key stays usable while D1 fails. */
const USABLE_MS = 15 * 60_000
/** How long D1 is waited for: with a key that is known, and with one that is not. */
const STALE_PATIENCE_MS = 500
const COLD_PATIENCE_MS = 5000
/** How long after a failure nobody waits for D1 with a known key. */
const AFTER_FAILURE_MS = 5000
const KNOWN_KEYS = 5000
const UNKNOWN_KEYS = 5000

const BY_HASH = `
  SELECT k.hash, k.kind, k.mode, k.restrictions, p.id, p.name, p.settings, p.paused_at
  FROM api_keys k JOIN projects p ON p.id = k.project_id
  WHERE k.hash = ? AND k.revoked_at IS NULL`

interface KeyRow extends ProjectRow {
  readonly hash: string
  readonly kind: string
  readonly mode: string
  readonly restrictions: string
}

interface Known {
  readonly caller: Caller
  readonly readAt: number
}

/**
 * Finds callers by their key in D1, with an isolate's cache of values (never of pending promises):
 * fresh for 60 s, refreshed in the background from the 30th second on. Unknown keys have a cache of
 * their own, so that a flood of them pushes no good one out.
 */
export function keyRing(
  db: () => D1Database,
  background: (work: Promise<unknown>) => void,
  now: () => number,
): KeyRing {
  const known = new BoundedMap<Known>(KNOWN_KEYS)
  const unknown = new BoundedMap<number>(UNKNOWN_KEYS)
  const refreshing = new Set<string>()
  let failedAt = -Infinity

  /** What D1 answers in time; a failure or a longer wait is the refusal `unavailable`. */
  const within = async (patience: number, reading: Promise<Caller | undefined>) => {
    const timer = new AbortController()
    const late = scheduler
      .wait(patience, { signal: timer.signal })
      .then(() => Promise.reject(new Error('D1 is late')))
    try {
      return await Promise.race([reading, late])
    } catch (error) {
      background(reading.catch(() => undefined))
      if (error instanceof Refusal) throw error
      throw new Refusal('unavailable', { retryAfterSeconds: 5 })
    } finally {
      timer.abort()
    }
  }

  const read = async (hash: string): Promise<Caller | undefined> => {
    const row = await db().prepare(BY_HASH).bind(hash).first<KeyRow>()
    const readAt = now()
    if (row === null) {
      known.delete(hash)
      unknown.set(hash, readAt)
      return undefined
    }
    const caller = fromRow(row)
    unknown.delete(hash)
    known.set(hash, { caller, readAt })
    return caller
  }

  const refresh = (hash: string): void => {
    if (refreshing.has(hash)) return
    refreshing.add(hash)
    background(
      read(hash)
        .catch(() => undefined)
        .finally(() => refreshing.delete(hash)),
    )
  }

  return {
    async find(secret) {
      const hash = await sha256(secret)
      const entry = known.get(hash)
      const age = entry === undefined ? Infinity : now() - entry.readAt
      if (entry !== undefined && age < FRESH_MS) {
        if (age >= REFRESH_FROM_MS) refresh(hash)
        return entry.caller
      }
      const missedAt = unknown.get(hash)
      if (missedAt !== undefined && now() - missedAt < FRESH_MS) return undefined
      if (entry === undefined || age >= USABLE_MS) return within(COLD_PATIENCE_MS, read(hash))
      if (now() - failedAt < AFTER_FAILURE_MS) {
        refresh(hash)
        return entry.caller
      }
      try {
        return await within(STALE_PATIENCE_MS, read(hash))
      } catch (error) {
        if (isRefusal(error, 'misconfigured')) throw error
        failedAt = now()
        return entry.caller
      }
    },
  }
}

const isRefusal = (error: unknown, code: Refusal['code']): boolean =>
  error instanceof Refusal && error.code === code

async function sha256(secret: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(secret))).toHex()
}

/** Throws the refusal `misconfigured` when settings or restrictions are not valid. */
function fromRow(row: KeyRow): Caller {
  const { hash: keyHash, kind } = row
  const holder = { project: projectFromRow(row), mode: row.mode as Mode }
  if (kind === 'secret') return { ...holder, kind }
  const restrictions = restrictionsOf(holder.mode).safeParse(jsonOf(row.restrictions))
  if (restrictions.success) {
    return { ...holder, kind: 'publishable', keyHash, restrictions: restrictions.data }
  }
  throw new Refusal('misconfigured', {
    detail:
      "The key's restrictions are not valid. Set them with npm run key -- restrict, or make a new key.",
  })
}
