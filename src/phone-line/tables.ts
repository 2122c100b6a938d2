/** Tables of a line, made by its first `admit`. Times are Unix milliseconds. */
const TABLES = `
  -- A verification, remembered for 24 hours after its end. Hash and seal of the code go with its end.
  CREATE TABLE IF NOT EXISTS verifications (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    number_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    facade TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- JSON: by which it may go, in the order that was asked for.
    channels TEXT NOT NULL,
    status TEXT NOT NULL,
    code_hash BLOB,
    code_key TEXT,
    code_sealed TEXT,
    phone_last4 TEXT NOT NULL,
    phone_sealed TEXT NOT NULL,
    country TEXT NOT NULL,
    locale TEXT,
    metadata TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    attempts_allowed INTEGER NOT NULL,
    sends INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    approved_at INTEGER,
    ended_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- A try of a provider. The intent to send is the row with status 'sending'.
  CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY,
    verification_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_message_id TEXT,
    status TEXT NOT NULL,
    error TEXT,
    price TEXT,
    currency TEXT,
    segments INTEGER,
    -- The request for which the code was said in the call; it is said once.
    spoken_for TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- A message that was admitted, by the operation that asked for it; one that was given back does
  -- not count for the limits of the number.
  CREATE TABLE IF NOT EXISTS sends (
    project_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    number_hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    -- The how manieth of its verification.
    place INTEGER NOT NULL,
    counts INTEGER NOT NULL,
    -- JSON of the planned tries: a report may come before the line hears that a try was made.
    plan TEXT NOT NULL,
    -- 1 once all tries of the plan that were made are rows.
    settled INTEGER NOT NULL DEFAULT 0,
    -- The code that this message replaced: it is good again when the message certainly failed.
    replaced_hash BLOB,
    replaced_key TEXT,
    replaced_sealed TEXT,
    PRIMARY KEY (project_id, operation_id)
  ) STRICT, WITHOUT ROWID;

  -- A check that was evaluated, with its answer, until the verification's life is over.
  CREATE TABLE IF NOT EXISTS checks (
    operation_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    answer TEXT NOT NULL,
    mismatches INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (verification_id, operation_id)
  ) STRICT, WITHOUT ROWID;

  -- A failed check, for 24 hours.
  CREATE TABLE IF NOT EXISTS failures (
    project_id TEXT NOT NULL,
    number_hash TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;

  -- Failed checks of a purpose without a right one between them: whoever has proved something else,
  -- as an authenticator app, has not proved this.
  CREATE TABLE IF NOT EXISTS streaks (
    project_id TEXT NOT NULL,
    number_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    in_a_row INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, number_hash, purpose)
  ) STRICT, WITHOUT ROWID;

  -- What happened to a verification: its timeline, and, while drained = 0, the line's outbox.
  CREATE TABLE IF NOT EXISTS events (
    verification_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    drained INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (verification_id, version)
  ) STRICT, WITHOUT ROWID;
`

/** Tables that lines of earlier versions lack. */
const LATER_TABLES = `
  -- What a look-up told of the number, for 24 hours.
  CREATE TABLE IF NOT EXISTS facts (
    number_hash TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    carrier TEXT,
    ported INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The last step of an authenticator app that was accepted, for 24 hours.
  CREATE TABLE IF NOT EXISTS totp_steps (
    factor_id TEXT PRIMARY KEY,
    step INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The operation that consumed the proof of a verification.
  CREATE TABLE IF NOT EXISTS proofs (
    verification_id TEXT PRIMARY KEY,
    operation_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

const LATER_NAMES = ['facts', 'totp_steps', 'proofs'] as const

export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES)
  sql.exec(LATER_TABLES)
}

/** Tells whether a line has its tables; one that has them gets those that have come since. */
export function openTables(sql: SqlStorage): boolean {
  const rows = sql.exec<{ name: string }>('SELECT name FROM sqlite_schema').toArray()
  const names = new Set(rows.map(({ name }) => name))
  const exists = names.has('events')
  if (exists && LATER_NAMES.some((name) => !names.has(name))) sql.exec(LATER_TABLES)
  return exists
}
