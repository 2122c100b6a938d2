import * as z from 'zod'
import { Failure } from './command.ts'
import { type Place, placeArguments, query, sql, together } from './database.ts'
import { LOCAL } from './local-keys.ts'
import { sha256 } from './secrets.ts'
import { DATABASE, runWrangler, wordsOf } from './wrangler.ts'

/** Applies the migrations to a local database. */
export async function migrateLocally(place: Place): Promise<void> {
  const where = placeArguments({ ...place, remote: false })
  const outcome = await runWrangler(['d1', 'migrations', 'apply', DATABASE, ...where])
  if (outcome.code === 0) return
  const folder = place.persistTo ?? '.wrangler/state'
  throw new Failure(
    `${wordsOf(outcome)}\n\nThe local database could not be migrated. Stop other runs that use ` +
      `it and try again; if that does not help, delete ${folder} (all its data is lost) or ` +
      'begin another one with npm start -- --persist-to DIR.',
  )
}

/**
 * Adds the local project and its keys where they are missing, and restrictions where a key has none:
 * databases of earlier versions hold such keys, and what somebody has chosen stays.
 */
export async function seedLocally(place: Place): Promise<void> {
  const now = Date.now()
  const project = sql`INSERT OR IGNORE INTO projects (id, name, settings, created_at)
    VALUES (${LOCAL.id}, ${LOCAL.name}, ${JSON.stringify(LOCAL.settings)}, ${now})`
  const keys = LOCAL.keys.map(
    ({ secret, kind, mode, restrictions }) =>
      sql`INSERT INTO api_keys (hash, project_id, kind, mode, restrictions, label, last4, created_at)
        VALUES (${sha256(secret)}, ${LOCAL.id}, ${kind}, ${mode}, ${JSON.stringify(restrictions)},
          ${LOCAL.name}, ${secret.slice(-4)}, ${now})
        ON CONFLICT (hash) DO UPDATE SET restrictions = excluded.restrictions
        WHERE restrictions = '{}'`,
  )
  await query({ ...place, remote: false }, z.unknown(), together(project, ...keys))
}
