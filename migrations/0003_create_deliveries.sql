-- One try of one provider to deliver one message of a verification.
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY, -- del_ and 32 hex digits
  verification_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  provider TEXT NOT NULL,
  provider_message_id TEXT,
  status TEXT NOT NULL,
  error TEXT,
  price TEXT, -- decimal, as the provider wrote it
  currency TEXT,
  segments INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_by_verification ON deliveries (verification_id, created_at);
