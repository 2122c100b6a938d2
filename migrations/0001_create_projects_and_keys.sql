-- A tenant. Settings are the JSON of `projectSettings` in src/core/project.ts; what is absent has its default.
CREATE TABLE projects (
  id TEXT PRIMARY KEY, -- 24 hex digits
  name TEXT NOT NULL UNIQUE,
  settings TEXT NOT NULL DEFAULT '{}',
  paused_at INTEGER, -- Unix milliseconds; while set, nothing is sent
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An API key, by the SHA-256 (hex) of its secret, which is kept nowhere.
CREATE TABLE api_keys (
  hash TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  kind TEXT NOT NULL CHECK (kind IN ('secret', 'publishable')),
  mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
  restrictions TEXT NOT NULL DEFAULT '{}',
  label TEXT NOT NULL DEFAULT '',
  last4 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER -- Unix milliseconds; a revoked key is refused within 60 s
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_project ON api_keys (project_id);
