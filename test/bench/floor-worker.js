import { DurableObject } from 'cloudflare:workers'

/** Counts calls: one durable write a call, since a check must be durable too, and nothing else. */
export class Floor extends DurableObject {
  constructor(state, env) {
    super(state, env)
    this.sql = state.storage.sql
    this.sql.exec('CREATE TABLE IF NOT EXISTS calls (one INTEGER PRIMARY KEY, count INTEGER)')
  }

  async count() {
    const [row] = this.sql.exec(
      `INSERT INTO calls (one, count) VALUES (1, 1)
       ON CONFLICT (one) DO UPDATE SET count = count + 1 RETURNING count`,
    )
    return row.count
  }
}

// oxlint-disable-next-line import/no-default-export -- the runtime asks for it.
export default {
  async fetch(request, env) {
    const object = env.FLOOR.getByName(new URL(request.url).pathname)
    return Response.json({ count: await object.count() })
  },
}
