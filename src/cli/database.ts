import { resolve } from 'node:path'
import * as z from 'zod'
import { Failure } from './command.ts'
import { DATABASE, type Outcome, runWrangler, wordsOf } from './wrangler.ts'

/** Which database is meant: the deployed one, or a local one and where its files are. */
export interface Place {
  readonly remote: boolean
  /** An absolute path; undefined for the one of `npm start`. */
  readonly persistTo: string | undefined
}

declare const checked: unique symbol
/** SQL in which every value is a quoted literal; only `sql` and `together` make it. */
export type Statement = string & { readonly [checked]: true }

type Value = string | number | null

export const placeFlags = {
  remote: { type: 'boolean' },
  'persist-to': { type: 'string' },
} as const

interface PlaceFlags {
  readonly remote?: boolean | undefined
  readonly 'persist-to'?: string | undefined
}

/** Reads `--remote` and `--persist-to`, which is relative to the current folder. */
export function placeOf(flags: PlaceFlags): Place {
  const folder = flags['persist-to']
  if (flags.remote && folder !== undefined) {
    throw new Failure(
      '--persist-to is for the local database: leave it out, or leave out --remote.',
    )
  }
  return {
    remote: flags.remote ?? false,
    persistTo: folder === undefined ? undefined : resolve(folder),
  }
}

/** Says to wrangler which database is meant. */
export const placeArguments = (place: Place): readonly string[] => {
  if (place.remote) return ['--remote']
  return ['--local', ...(place.persistTo === undefined ? [] : ['--persist-to', place.persistTo])]
}

/** Writes a value as an SQL literal. */
export function quote(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Failure(`${value} is no whole number.`)
    return String(value)
  }
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new Failure('A text may not hold NUL or half a character: write it without.')
  }
  // wrangler strips transactions from SQL even inside literals (src/d1/trimmer.ts).
  if (/BEGIN TRANSACTION/i.test(value)) {
    return `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`
  }
  return `'${value.replaceAll("'", "''")}'`
}

/** Writes a statement, with each value in it quoted. */
export const sql = (parts: TemplateStringsArray, ...values: readonly Value[]): Statement =>
  String.raw({ raw: parts }, ...values.map(quote)) as Statement

/** Joins statements that are run in one transaction. */
export const together = (...statements: readonly Statement[]): Statement =>
  statements.join(';\n') as Statement

const answers = z.array(z.object({ results: z.array(z.unknown()) }))
const failures = z.object({ error: z.object({ text: z.string() }) })

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const NO_TABLES =
  'The database lacks tables or columns: apply the migrations first, with npm start (local, once) ' +
  'or npm run setup (--remote).'
const SIGNED_OUT = 'You are not signed in to Cloudflare: run npx wrangler login first.'
const NO_DATABASE = 'The account has no such database: run npm run setup first.'

const explain = (outcome: Outcome, place: Place): string => {
  const told = failures.safeParse(parseJson(outcome.stdout))
  const words = told.success ? told.data.error.text : wordsOf(outcome)
  if (/no such (?:table|column)/i.test(words)) return NO_TABLES
  if (
    place.remote &&
    /CLOUDFLARE_API_TOKEN|not logged in|code: 10000|Authentication/i.test(words)
  ) {
    return SIGNED_OUT
  }
  if (place.remote && /code: 7404|Couldn't find.*(?:DB|database)/i.test(words)) return NO_DATABASE
  const where = place.remote ? '--remote' : '--local'
  return (
    `wrangler could not run the query: ${words}\n` +
    `Try it by hand: npx wrangler d1 execute ${DATABASE} ${where} --command "SELECT 1"`
  )
}

/** Runs SQL by `wrangler d1 execute` and gives the rows of all its statements. */
export async function query<Row>(
  place: Place,
  row: z.ZodType<Row>,
  statement: Statement,
): Promise<readonly Row[]> {
  const where = placeArguments(place)
  const outcome = await runWrangler([
    'd1',
    'execute',
    DATABASE,
    ...where,
    '--json',
    '--command',
    statement,
  ])
  const answer = answers.safeParse(parseJson(outcome.stdout))
  if (outcome.code !== 0 || !answer.success) throw new Failure(explain(outcome, place))
  const rows = z.array(row).safeParse(answer.data.flatMap(({ results }) => results))
  if (!rows.success) {
    throw new Failure(
      `The database holds rows of another form (${z.prettifyError(rows.error)}): ` +
        'apply the migrations that belong to this version.',
    )
  }
  return rows.data
}
