import { DurableObject } from 'cloudflare:workers'
import type { IdempotencyAnswer } from '../core/ports.ts'
import { secondsUntil } from '../core/limits.ts'

const MEMORY_MS = 24 * 3_600_000
/** After this long a request that was begun has died with its Worker. */
const ABANDONED_MS = 30_000

/** The one record of an object. */
interface RequestRecord {
  readonly fingerprint: string
  readonly operationId: string
  readonly begunAt: number
  /** Sealed. */
  readonly answer?: string
}

const RECORD = 'record'

/** Remembers what was answered under one Idempotency-Key of one project, for 24 hours. */
export class IdempotentRequest extends DurableObject {
  /**
   * Says whether a request is new. One that was begun 30 s ago and never finished is new again with
   * its old operation id, which the phone number's line knows if it got so far.
   */
  async begin(fingerprint: string, operationId: string): Promise<IdempotencyAnswer> {
    const now = Date.now()
    const record = this.#read()
    // The same call again, because its answer was lost on the way.
    if (record?.operationId === operationId) return { state: 'new', operationId }
    if (record === undefined) {
      this.#write({ fingerprint, operationId, begunAt: now })
      void this.ctx.storage.setAlarm(now + MEMORY_MS)
      return { state: 'new', operationId }
    }
    if (record.fingerprint !== fingerprint) return { state: 'mismatch' }
    if (record.answer !== undefined) return { state: 'done', answer: record.answer }
    const abandonedAt = record.begunAt + ABANDONED_MS
    if (now < abandonedAt) {
      return { state: 'running', retryAfterSeconds: secondsUntil(abandonedAt, now) }
    }
    this.#write({ ...record, begunAt: now })
    return { state: 'new', operationId: record.operationId }
  }

  /** Keeps the answer for those who ask again. */
  async finish(operationId: string, answer: string): Promise<void> {
    const record = this.#read()
    if (record?.operationId === operationId) this.#write({ ...record, answer })
  }

  /** Forgets a request that was refused, or failed after it was answered. */
  async release(operationId: string): Promise<void> {
    const record = this.#read()
    if (record?.operationId === operationId) await this.ctx.storage.deleteAll()
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  #read(): RequestRecord | undefined {
    return this.ctx.storage.kv.get<RequestRecord>(RECORD)
  }

  #write(record: RequestRecord): void {
    this.ctx.storage.kv.put(RECORD, record)
  }
}
