import { Failure } from './command.ts'
import { DATABASE } from './wrangler.ts'

/** What stands in `wrangler.toml` before a database is made. */
const NO_DATABASE_ID = '00000000-0000-0000-0000-000000000000'

const ID_LINE = /^(\s*database_id\s*=\s*)(["'])([^"']*)\2(.*)$/s

interface Found {
  readonly lines: readonly string[]
  readonly index: number
  readonly match: RegExpExecArray
}

/** Finds the `database_id` line in the table of the database named otpost. */
const findIdLine = (toml: string): Found => {
  const lines = toml.split('\n')
  const starts = lines.flatMap((line, index) => (/^\s*\[/.test(line) ? [index] : []))
  for (const [at, start] of starts.entries()) {
    if (!/^\s*\[\[\s*d1_databases\s*\]\]/.test(lines[start] ?? '')) continue
    const end = starts[at + 1] ?? lines.length
    const named = new RegExp(`^\\s*database_name\\s*=\\s*["']${DATABASE}["']`)
    const table = lines.slice(start, end)
    if (!table.some((line) => named.test(line))) continue
    const offset = table.findIndex((line) => ID_LINE.test(line))
    const match = ID_LINE.exec(table[offset] ?? '')
    if (match !== null) return { lines, index: start + offset, match }
  }
  throw new Failure(
    `wrangler.toml has no database_id for the database ${DATABASE}: write under ` +
      `[[d1_databases]] the line database_id = "${NO_DATABASE_ID}".`,
  )
}

/** The id of the database in `wrangler.toml`; undefined while the placeholder stands there. */
export function databaseIdOf(toml: string): string | undefined {
  const id = findIdLine(toml).match[3] ?? ''
  return id === NO_DATABASE_ID || id === '' ? undefined : id
}

/** Gives `wrangler.toml` with another database id; every other line stays as it is. */
export function withDatabaseId(toml: string, id: string): string {
  const { lines, index, match } = findIdLine(toml)
  const [, before = '', mark = '"', , after = ''] = match
  return lines.with(index, `${before}${mark}${id}${mark}${after}`).join('\n')
}
