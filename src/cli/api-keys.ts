import * as z from 'zod'
import type { KeyKind, Mode } from '../core/project.ts'
import { Failure } from './command.ts'
import { type Place, query, sql } from './database.ts'
import { findProject, isOneLine } from './projects.ts'
import {
  changeRestrictions,
  describeRestrictions,
  type ChosenRestrictions,
  type RestrictionFlags,
} from './restrictions.ts'
import { sha256 } from './secrets.ts'

const keyRow = z.object({
  hash: z.string(),
  project: z.string(),
  kind: z.enum(['secret', 'publishable']),
  mode: z.enum(['live', 'test']),
  restrictions: z.string(),
  label: z.string(),
  last4: z.string(),
  created_at: z.number(),
  revoked_at: z.number().nullable(),
})

/** A key as the database knows it: never its secret. */
export type StoredKey = z.infer<typeof keyRow>

export interface NewKey {
  readonly projectId: string
  readonly secret: string
  readonly kind: KeyKind
  readonly mode: Mode
  readonly label: string
  readonly restrictions: ChosenRestrictions
}

const HASH_PREFIX = 12
const SHORTEST_REFERENCE = 4
const LONGEST_LABEL = 100

const anObject = z.record(z.string(), z.unknown())
const hashRow = z.object({ hash: z.string() })

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

/** The restrictions of a key; none when they cannot be read. */
const restrictionsIn = ({ restrictions }: StoredKey): ChosenRestrictions => {
  try {
    return anObject.parse(JSON.parse(restrictions))
  } catch {
    return { unreadable: restrictions }
  }
}

/** Describes a key in one line, beginning with what `revoke` takes; what it may do is in a second one. */
export function describeKey(key: StoredKey): string {
  const about = `${key.hash.slice(0, HASH_PREFIX)}  ${key.kind} ${key.mode}  …${key.last4}`
  const revoked = key.revoked_at === null ? '' : `  revoked ${dayOf(key.revoked_at)}`
  const label = key.label === '' ? '' : `  ${key.label}`
  const line = `${about}  ${key.project}  made ${dayOf(key.created_at)}${revoked}${label}`
  if (key.kind === 'secret') return line
  return `${line}\n    ${describeRestrictions(restrictionsIn(key), key.mode)}`
}

export const checkLabel = (label: string): string => {
  if (label.length <= LONGEST_LABEL && isOneLine(label)) return label
  throw new Failure(`A label is one line of at most ${LONGEST_LABEL} characters: shorten it.`)
}

/** Adds a key by the hash of its secret. */
export async function addKey(place: Place, key: NewKey): Promise<void> {
  const hash = sha256(key.secret)
  const added = await query(
    place,
    hashRow,
    sql`INSERT INTO api_keys (hash, project_id, kind, mode, restrictions, label, last4, created_at)
        VALUES (${hash}, ${key.projectId}, ${key.kind}, ${key.mode},
          ${JSON.stringify(key.restrictions)}, ${key.label}, ${key.secret.slice(-4)}, ${Date.now()})
        ON CONFLICT (hash) DO NOTHING RETURNING hash`,
  )
  if (added.length > 0) return
  throw new Failure(
    `This secret is a key already (${hash.slice(0, HASH_PREFIX)}), perhaps a revoked one: ` +
      'import another secret, or look at key list.',
  )
}

export async function listKeys(place: Place, projectId: string): Promise<readonly StoredKey[]> {
  return query(
    place,
    keyRow,
    sql`SELECT hash, projects.name AS project, kind, mode, restrictions, label, last4, api_keys.created_at, revoked_at
        FROM api_keys JOIN projects ON projects.id = project_id
        WHERE project_id = ${projectId} ORDER BY api_keys.created_at, hash`,
  )
}

const findKeys = (place: Place, reference: string) =>
  query(
    place,
    keyRow,
    sql`SELECT hash, projects.name AS project, kind, mode, restrictions, label, last4, api_keys.created_at, revoked_at
        FROM api_keys JOIN projects ON projects.id = project_id
        WHERE substr(hash, 1, ${reference.length}) = ${reference.toLowerCase()}
          OR last4 = ${reference}
        ORDER BY api_keys.created_at, hash`,
  )

/** Finds the one active key that a hash prefix or its last four characters name. */
async function findActiveKey(place: Place, reference: string, verb: string): Promise<StoredKey> {
  if (reference.length < SHORTEST_REFERENCE) {
    throw new Failure('Name the key by its last 4 characters, or 4 or more of its hash.')
  }
  const named = await findKeys(place, reference)
  const active = named.filter((key) => key.revoked_at === null)
  const [key, another] = active
  if (key === undefined) {
    throw new Failure(
      named.length > 0
        ? `Nothing to do: this key is revoked already.\n  ${named.map(describeKey).join('\n  ')}`
        : `No key has the hash or the end ${reference}: npm run key -- list PROJECT shows them.`,
    )
  }
  if (another !== undefined) {
    throw new Failure(
      `${reference} names ${active.length} keys: ${verb} one by its first column.\n  ` +
        active.map(describeKey).join('\n  '),
    )
  }
  return key
}

/** Revokes the one key that a hash prefix or its last four characters name. */
export async function revokeKey(place: Place, reference: string): Promise<StoredKey> {
  const key = await findActiveKey(place, reference, 'revoke')
  const revoked = await query(
    place,
    hashRow,
    sql`UPDATE api_keys SET revoked_at = ${Date.now()}
        WHERE hash = ${key.hash} AND revoked_at IS NULL RETURNING hash`,
  )
  if (revoked.length === 0)
    throw new Failure('Somebody else revoked it at the same time: all done.')
  return key
}

/** Changes what the one publishable key that is named may do. */
export async function restrictKey(
  place: Place,
  reference: string,
  flags: RestrictionFlags,
): Promise<StoredKey> {
  const key = await findActiveKey(place, reference, 'restrict')
  if (key.kind === 'secret') {
    throw new Failure('This is a secret key, which has no restrictions: keep it on your servers.')
  }
  const project = await findProject(place, key.project)
  const restrictions = JSON.stringify(
    changeRestrictions(restrictionsIn(key), flags, key.mode, project),
  )
  const changed = await query(
    place,
    hashRow,
    sql`UPDATE api_keys SET restrictions = ${restrictions}
        WHERE hash = ${key.hash} AND restrictions = ${key.restrictions} RETURNING hash`,
  )
  if (changed.length > 0) return { ...key, restrictions }
  throw new Failure('Somebody else changed the key at the same time: run this again.')
}
