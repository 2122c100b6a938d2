-- What is lastingly known of one verification: written only by the outbox of its phone number's
-- line, guarded by `version`. The number stands here as a keyed hash, its last four digits and
-- encrypted, never in clear; the code never stands here. Times are Unix milliseconds.
CREATE TABLE verifications (
  id TEXT PRIMARY KEY, -- ver_ and 32 hex digits
  project_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  facade TEXT NOT NULL,
  purpose TEXT NOT NULL,
  channel TEXT NOT NULL,
  status TEXT NOT NULL,
  phone_hash TEXT NOT NULL,
  phone_last4 TEXT NOT NULL,
  phone_sealed TEXT NOT NULL,
  country TEXT NOT NULL,
  locale TEXT,
  metadata TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  attempts_allowed INTEGER NOT NULL,
  sends INTEGER NOT NULL,
  risk TEXT NOT NULL DEFAULT '{}',
  timeline TEXT NOT NULL, -- JSON, at most 4 KB
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  approved_at INTEGER
) STRICT, WITHOUT ROWID;

-- One index for each filter of a project's list; all pages run newest first.
CREATE INDEX verifications_by_time ON verifications (project_id, mode, created_at, id);
CREATE INDEX verifications_by_phone ON verifications (project_id, mode, phone_hash, created_at, id);
CREATE INDEX verifications_by_status ON verifications (project_id, mode, status, created_at, id);
CREATE INDEX verifications_by_country ON verifications (project_id, mode, country, created_at, id);
