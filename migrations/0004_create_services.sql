-- Something that people log in to, of one project and mode. Times are Unix milliseconds.
CREATE TABLE services (
  id TEXT PRIMARY KEY, -- UUID
  project_id TEXT NOT NULL REFERENCES projects (id),
  mode TEXT NOT NULL,
  fqdn TEXT NOT NULL COLLATE NOCASE, -- as the owner wrote it: often a URL
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (project_id, mode, fqdn)
) STRICT, WITHOUT ROWID;

-- Who logs in to a service, by the phone number that proves it: as keyed hash, last four digits and
-- encrypted, never in clear.
CREATE TABLE service_users (
  id TEXT PRIMARY KEY, -- UUID
  project_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  service_id TEXT NOT NULL REFERENCES services (id),
  id_in_service TEXT NOT NULL, -- the service's own name for the user
  phone_hash TEXT NOT NULL,
  phone_last4 TEXT NOT NULL,
  phone_sealed TEXT NOT NULL,
  country TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (service_id, id_in_service)
) STRICT, WITHOUT ROWID;

-- Pages of a service's users.
CREATE INDEX service_users_by_service ON service_users (service_id, id);

-- The authenticator app of a user, one at most; its secret is encrypted. The steps that were used are
-- kept in the line of the user's number.
CREATE TABLE totp_factors (
  user_id TEXT PRIMARY KEY REFERENCES service_users (id) ON DELETE CASCADE,
  id TEXT NOT NULL, -- UUID, another one for each enrolment
  project_id TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at INTEGER -- Unix milliseconds; only a confirmed app logs anybody in
) STRICT, WITHOUT ROWID;
