import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { hashNumber, lineOf } from '../../src/core/ids.ts'
import { deriveNumberKeys } from '../../src/core/keys.ts'
import type { E164 } from '../../src/core/phone.ts'
import type { Mode } from '../../src/core/project.ts'
import { testEnv } from './env.ts'

/** The line of a number. */
export async function lineOfNumber(number: string, mode: Mode = 'live') {
  const keys = await deriveNumberKeys(testEnv.OTPOST_NUMBER_KEY)
  const line = lineOf(await hashNumber(keys, mode, number as E164))
  return env.PHONE_LINE.getByName(line.toHex())
}

/** Lets timers of lines fire soon: an object with one cannot be dropped from memory. */
export function hurryTimers(): void {
  const original = globalThis.setTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((run: () => void, delay = 0) =>
    original(run, delay / 1000),
  )
}

/** Drops an object from memory, as the platform does at any time; one that is not there stays so. */
export async function evict(line: Parameters<typeof evictDurableObject>[0]): Promise<void> {
  await evictDurableObject(line).catch((error: unknown) => {
    if (!String(error).includes('not currently running')) throw error
  })
}

const everyLine = async () =>
  (await listDurableObjectIds(env.PHONE_LINE)).map((id) => env.PHONE_LINE.get(id))

/** Runs the alarm of every line that has one set, as time would. */
export async function runAlarms(): Promise<void> {
  for (const line of await everyLine()) await runDurableObjectAlarm(line)
}

/** Rows of one table of all lines together. */
export async function rowsOfLines(table: string): Promise<Record<string, SqlStorageValue>[]> {
  const rows: Record<string, SqlStorageValue>[] = []
  for (const line of await everyLine()) {
    rows.push(
      ...(await runInDurableObject(line, (_, state) => {
        const { sql } = state.storage
        const exists = sql.exec('SELECT 1 FROM sqlite_schema WHERE name = ?', table).toArray()
        return exists.length === 0 ? [] : sql.exec(`SELECT * FROM ${table}`).toArray()
      })),
    )
  }
  return rows
}

/** Rows of one table of the ledger. */
export async function rowsOfLedger(table: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all()
  return results
}
