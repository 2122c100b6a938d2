import type * as z from 'zod'
import { projectSettings } from '../core/project.ts'
import { VENDORS } from '../providers/catalog.ts'
import { readCountries, unknownCountries } from './countries.ts'
import { Failure } from './command.ts'

/** What the owner has chosen, as it is stored; what is absent has its default. */
export type ChosenSettings = Readonly<Record<string, unknown>>

const NAMES = Object.keys(projectSettings.shape)

const valueOf = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return name === 'countries' ? readCountries(text) : text
  }
}

const unknownName = (name: string) => `${name}: is no setting; there are ${NAMES.join(', ')}`

const problemOf = (issue: z.core.$ZodIssue): readonly string[] => {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map(unknownName)
  }
  const hint = issue.path[0] === 'countries' ? '; write countries=EE,FI or countries="*"' : ''
  return [`${issue.path.join('.')}: ${issue.message}${hint}`]
}

/** Says what is wrong with settings, each problem with its setting's name. */
export function problemsOf(settings: ChosenSettings): readonly string[] {
  const result = projectSettings.safeParse(settings)
  if (!result.success) return result.error.issues.flatMap(problemOf)
  const { countries, routes } = result.data
  const named = routes.flatMap((route) => route.countries ?? [])
  const wrong = unknownCountries([...(countries === '*' ? [] : countries), ...named])
  const known = ['inbox', ...VENDORS.map(({ name }) => name)]
  const providers = new Set(routes.flatMap((route) => route.providers))
  return [
    ...wrong.map((code) => `countries: ${code} is no country; write two letters such as EE`),
    ...[...providers]
      .filter((name) => !known.includes(name))
      .map((name) => `routes: ${name} is no provider; there are ${known.join(', ')}`),
  ]
}

/** Applies `name=value`, or `name=` to go back to the default; the result is valid or a `Failure`. */
export function changeSettings(
  settings: ChosenSettings,
  assignments: readonly string[],
): ChosenSettings {
  const chosen = new Map(Object.entries(settings))
  const unknown: string[] = []
  for (const assignment of assignments) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? []
    if (name === undefined || text === undefined) {
      throw new Failure(`${assignment} is no setting: write name=value, or name= to remove.`)
    }
    if (text === '') chosen.delete(name)
    else if (NAMES.includes(name)) chosen.set(name, valueOf(name, text))
    else unknown.push(unknownName(name))
  }
  const changed = Object.fromEntries(chosen)
  const problems = [...unknown, ...problemsOf(changed)]
  if (problems.length === 0) return changed
  throw new Failure(`Nothing was changed. Correct this and try again:\n  ${problems.join('\n  ')}`)
}

/** Writes every setting as `name=value`, as it can be typed, and says which ones are defaults. */
export function describeSettings(settings: ChosenSettings): readonly string[] {
  const result = projectSettings.safeParse(settings)
  if (!result.success) {
    const problems = result.error.issues.flatMap(problemOf)
    return [`The stored settings are not valid: ${problems.join('; ')}. Set them anew:`].concat(
      Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    )
  }
  return Object.entries(result.data)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${JSON.stringify(value)}${Object.hasOwn(settings, name) ? '' : '  (default)'}`,
    )
}
