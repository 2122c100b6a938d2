import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { Failure } from './command.ts'
import { type Place, query, sql } from './database.ts'
import type { ChosenSettings } from './settings.ts'

const projectRow = z.object({
  id: z.string(),
  name: z.string(),
  settings: z.string(),
  paused_at: z.number().nullable(),
})

export interface StoredProject {
  readonly id: string
  readonly name: string
  readonly paused: boolean
  readonly settings: ChosenSettings
  /** The settings as they are written in the row, to see whether somebody changed them since. */
  readonly settingsText: string
}

const idRow = z.object({ id: z.string() })
const anObject = z.record(z.string(), z.unknown())

const readSettings = (text: string): ChosenSettings => {
  try {
    return anObject.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

const fromRow = (row: z.infer<typeof projectRow>): StoredProject => ({
  id: row.id,
  name: row.name,
  paused: row.paused_at !== null,
  settings: readSettings(row.settings),
  settingsText: row.settings,
})

const ID = /^[0-9a-f]{24}$/i
const LONGEST_NAME = 64

/** Whether a text can be printed in one line as it is. */
export const isOneLine = (text: string): boolean => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)

const checkName = (name: string): void => {
  if (name.trim() !== name || name === '' || name.length > LONGEST_NAME || !isOneLine(name)) {
    throw new Failure(
      `A project's name is 1 to ${LONGEST_NAME} characters in one line, without space around it.`,
    )
  }
  if (ID.test(name)) throw new Failure('A name may not look like an id: choose another one.')
  if (name === 'local') {
    throw new Failure('The name local is that of the project of npm start: choose another one.')
  }
}

export async function listProjects(place: Place): Promise<readonly StoredProject[]> {
  const rows = await query(
    place,
    projectRow,
    sql`SELECT id, name, settings, paused_at FROM projects ORDER BY created_at, id`,
  )
  return rows.map(fromRow)
}

/** Finds a project by id or name. */
export async function findProject(place: Place, idOrName: string): Promise<StoredProject> {
  const [row] = await query(
    place,
    projectRow,
    sql`SELECT id, name, settings, paused_at FROM projects
        WHERE id = ${idOrName.toLowerCase()} OR name = ${idOrName}`,
  )
  if (row !== undefined) return fromRow(row)
  const flag = place.remote ? ' --remote' : ''
  throw new Failure(
    `There is no project ${idOrName}: npm run project -- list${flag} shows the ones there are.`,
  )
}

/** Adds a project and gives its new id. */
export async function addProject(
  place: Place,
  name: string,
  settings: ChosenSettings,
): Promise<string> {
  checkName(name)
  const id = randomBytes(12).toString('hex')
  const added = await query(
    place,
    idRow,
    sql`INSERT INTO projects (id, name, settings, created_at)
        VALUES (${id}, ${name}, ${JSON.stringify(settings)}, ${Date.now()})
        ON CONFLICT (name) DO NOTHING RETURNING id`,
  )
  if (added.length > 0) return id
  throw new Failure(`There is already a project ${name}: choose another name, or use that one.`)
}

/** Replaces the settings, unless they are no longer those that were read. */
export async function saveSettings(
  place: Place,
  project: StoredProject,
  settings: ChosenSettings,
): Promise<void> {
  const changed = await query(
    place,
    idRow,
    sql`UPDATE projects SET settings = ${JSON.stringify(settings)}
        WHERE id = ${project.id} AND settings = ${project.settingsText} RETURNING id`,
  )
  if (changed.length === 0) {
    throw new Failure('Somebody else changed the settings at the same time: run this again.')
  }
}

/** Pauses or resumes a project; false when it already was so. */
export async function setPaused(place: Place, id: string, paused: boolean): Promise<boolean> {
  const statement = paused
    ? sql`UPDATE projects SET paused_at = ${Date.now()}
          WHERE id = ${id} AND paused_at IS NULL RETURNING id`
    : sql`UPDATE projects SET paused_at = NULL
          WHERE id = ${id} AND paused_at IS NOT NULL RETURNING id`
  return (await query(place, idRow, statement)).length > 0
}
