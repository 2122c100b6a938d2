import { DurableObject } from 'cloudflare:workers'

const MESSAGES = 50
const MEMORY_MS = 10 * 60_000

/** The last 50 messages of one project and mode that went to no phone, sealed, for 10 minutes. */
export class Inbox extends DurableObject {
  readonly #sql = this.ctx.storage.sql

  async add(sealed: string): Promise<void> {
    const now = Date.now()
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS messages (
         place INTEGER PRIMARY KEY AUTOINCREMENT, sealed TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
    )
    this.#sql.exec('INSERT INTO messages (sealed, at) VALUES (?, ?)', sealed, now)
    this.#sql.exec(
      'DELETE FROM messages WHERE place <= (SELECT max(place) FROM messages) - ?',
      MESSAGES,
    )
    void this.ctx.storage.setAlarm(now + MEMORY_MS)
  }

  /** Sealed messages, newest first. */
  async list(): Promise<readonly string[]> {
    if (
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'messages'").toArray().length === 0
    ) {
      return []
    }
    return this.#sql
      .exec<{ sealed: string }>(
        'SELECT sealed FROM messages WHERE at > ? ORDER BY place DESC',
        Date.now() - MEMORY_MS,
      )
      .toArray()
      .map((row) => row.sealed)
  }

  /** Comes when the newest message is 10 minutes old. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }
}
