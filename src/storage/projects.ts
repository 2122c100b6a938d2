import type { Projects } from '../core/ports.ts'
import { projectSettings, type Project } from '../core/project.ts'
import { Refusal } from '../core/refusal.ts'
import { readable } from './readable.ts'

/** The columns that `projectFromRow` reads. */
export interface ProjectRow {
  readonly id: string
  readonly name: string
  readonly settings: string
  readonly paused_at: number | null
}

/** Projects, in D1. The database is asked for at each call. */
export const projects = (db: () => D1Database): Projects => ({
  async find(id) {
    const row = await readable(() =>
      db()
        .prepare('SELECT id, name, settings, paused_at FROM projects WHERE id = ?')
        .bind(id)
        .first<ProjectRow>(),
    )
    return row === null ? undefined : projectFromRow(row)
  },
})

/** Ids of all projects, oldest first. */
export async function listProjectIds(db: D1Database): Promise<readonly string[]> {
  const { results } = await db
    .prepare('SELECT id FROM projects ORDER BY created_at, id')
    .all<{ id: string }>()
  return results.map((row) => row.id)
}

/** Throws the refusal `misconfigured` when the settings are not valid. */
export const projectFromRow = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  paused: row.paused_at !== null,
  settings: settingsOf(row),
})

function settingsOf(row: ProjectRow) {
  const result = projectSettings.safeParse(jsonOf(row.settings))
  if (result.success) return result.data
  const names = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'settings'],
  )
  throw new Refusal('misconfigured', {
    detail: `The project's settings are not valid: ${[...new Set(names)].join(', ')}. Set them with npm run project -- settings.`,
  })
}

/** What a text says in JSON; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
