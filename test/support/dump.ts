import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

type Stored = string | Uint8Array

/** Every value that D1 and all Durable Objects hold. */
export async function everythingStored(): Promise<{
  readonly d1: Stored[]
  readonly objects: Stored[]
}> {
  return { d1: await storedInD1(), objects: await storedInObjects() }
}

async function storedInD1(): Promise<Stored[]> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name <> 'd1_migrations'",
  ).all<{ name: string }>()
  const stored: Stored[] = []
  for (const { name } of tables) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
    stored.push(...results.flatMap((row) => Object.values(row).flatMap(valuesOf)))
  }
  return stored
}

async function storedInObjects(): Promise<Stored[]> {
  const stored: Stored[] = []
  const { PHONE_LINE, METER, IDEMPOTENCY, INBOX, BREAKER } = env
  for (const namespace of [
    PHONE_LINE,
    METER,
    IDEMPOTENCY,
    INBOX,
    BREAKER,
  ] as unknown as DurableObjectNamespace[]) {
    for (const id of await listDurableObjectIds(namespace)) {
      const stub = namespace.get(id)
      stored.push(...(await runInDurableObject(stub, (_, { storage }) => dump(storage))))
    }
  }
  return stored
}

function dump(storage: DurableObjectStorage): Stored[] {
  const tables = storage.sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )
    .toArray()
  const rows = tables.flatMap(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray())
  const entries = [...storage.kv.list()].map(([, value]) => JSON.stringify(value))
  return [...rows.flatMap((row) => Object.values(row).flatMap(valuesOf)), ...entries]
}

/** A value, and what JSON inside it holds. */
function valuesOf(value: unknown): Stored[] {
  if (value instanceof ArrayBuffer) return [new Uint8Array(value)]
  if (value === null || value === undefined) return []
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}

const hex = (bytes: Uint8Array): string => bytes.toHex()

/** Everything as one searchable text: bytes stand in it as they are, in hex and in base64. */
export const searchable = (stored: readonly Stored[]): string =>
  stored
    .map((value) =>
      typeof value === 'string'
        ? value
        : [new TextDecoder().decode(value), hex(value), value.toBase64()].join('\n'),
    )
    .join('\n')

/** Values of 16 to 64 bytes that a hash could be, by their bytes in hex, however they are written. */
export function hashLike(stored: readonly Stored[]): ReadonlySet<string> {
  const found = new Set<string>()
  const add = (bytes: Uint8Array) => {
    if (bytes.length >= 16 && bytes.length <= 64) found.add(hex(bytes))
  }
  for (const value of stored) {
    if (typeof value !== 'string') add(value)
    else
      for (const [word] of value.matchAll(/[A-Za-z0-9+/=_-]{16,128}/g))
        for (const bytes of readings(word)) add(bytes)
  }
  return found
}

function* readings(word: string): Generator<Uint8Array> {
  yield new TextEncoder().encode(word)
  const digits = /[0-9a-f]+$/.exec(word)?.[0] ?? ''
  if (digits.length % 2 === 0) yield Uint8Array.fromHex(digits)
  for (const alphabet of ['base64', 'base64url'] as const) {
    try {
      yield Uint8Array.fromBase64(word, { alphabet })
    } catch {
      // Not base64.
    }
  }
}
