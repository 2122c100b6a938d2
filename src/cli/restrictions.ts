import type * as z from 'zod'
import type { Mode, SendWindow } from '../core/project.ts'
import { LOCALHOST, restrictionsOf } from '../core/restrictions.ts'
import { Failure } from './command.ts'
import { readCountries } from './countries.ts'
import type { StoredProject } from './projects.ts'

/** What the owner has chosen for a publishable key, as it is stored; what is absent has its default. */
export type ChosenRestrictions = Readonly<Record<string, unknown>>

export const restrictionFlags = {
  origin: { type: 'string', multiple: true },
  country: { type: 'string', multiple: true },
  channel: { type: 'string', multiple: true },
  template: { type: 'string' },
  'sends-per-day': { type: 'string' },
  'starts-per-ip': { type: 'string' },
  'with-turnstile': { type: 'boolean' },
  'without-turnstile': { type: 'boolean' },
} as const

export const RESTRICTION_FLAGS = Object.keys(restrictionFlags)

export interface RestrictionFlags {
  readonly origin?: readonly string[] | undefined
  readonly country?: readonly string[] | undefined
  readonly channel?: readonly string[] | undefined
  readonly template?: string | undefined
  readonly 'sends-per-day'?: string | undefined
  readonly 'starts-per-ip'?: string | undefined
  readonly 'with-turnstile'?: boolean | undefined
  readonly 'without-turnstile'?: boolean | undefined
}

const HOW: Readonly<Record<string, string>> = {
  origins:
    'write --origin https://shop.example; with a test key also http://localhost:PORT, or localhost',
  countries: 'write --country EE, or --country "*" for all of the project',
  channels: 'write --channel sms, call or whatsapp, or --channel "*" for all',
  template: 'write --template NAME, or --template "" for none',
  sendsPerDay: 'write --sends-per-day 1000',
  startsPerIp:
    'write --starts-per-ip 10/600,30/86400 (starts/seconds), none, or "" for what the project says',
}

/** Writes an address of a page as browsers name its origin. */
function readOrigin(text: string): string {
  const url = URL.parse(text)
  if (text === LOCALHOST || url === null) return text
  const isOriginOnly = url.pathname === '/' && url.href === `${url.origin}/`
  return isOriginOnly ? url.origin : text
}

const readWindow = (text: string) => {
  const [, limit, seconds] = /^([0-9]+)\/([0-9]+)$/.exec(text.trim()) ?? []
  return limit === undefined || seconds === undefined
    ? text
    : { limit: Number(limit), seconds: Number(seconds) }
}

const readWindows = (text: string) => (text === 'none' ? [] : text.split(',').map(readWindow))

const describeWindows = (windows: readonly SendWindow[]): string =>
  windows.map(({ limit, seconds }) => `${limit}/${seconds}`).join(',') || 'none'

/** The values that flags give; undefined goes back to the default. */
function* readFlagValues(flags: RestrictionFlags): Generator<readonly [string, unknown]> {
  const { origin, country, channel, template } = flags
  if (origin !== undefined) yield ['origins', [...new Set(origin.map(readOrigin))]]
  if (country !== undefined) {
    const lists = country.map(readCountries)
    yield ['countries', lists.includes('*') ? undefined : [...new Set(lists.flat())]]
  }
  if (channel !== undefined) {
    yield ['channels', channel.includes('*') ? undefined : [...new Set(channel)]]
  }
  if (template !== undefined) yield ['template', template === '' ? undefined : template]
  const sends = flags['sends-per-day']
  if (sends !== undefined) yield ['sendsPerDay', sends.trim() === '' ? sends : Number(sends)]
  const starts = flags['starts-per-ip']
  if (starts !== undefined) {
    yield ['startsPerIp', starts === '' ? undefined : readWindows(starts)]
  }
  if (flags['with-turnstile']) yield ['turnstile', true]
  if (flags['without-turnstile']) yield ['turnstile', false]
}

const problemOf = ({ path, message }: z.core.$ZodIssue): string => {
  const [name = ''] = path.map(String)
  return `${name}: ${message}; ${HOW[name] ?? 'leave it out'}`
}

/** Applies flags to restrictions; the result is valid and names an origin, or is a `Failure`. */
export function changeRestrictions(
  stored: ChosenRestrictions,
  flags: RestrictionFlags,
  mode: Mode,
  project: StoredProject,
): ChosenRestrictions {
  if (flags['with-turnstile'] && flags['without-turnstile']) {
    throw new Failure('Write either --with-turnstile or --without-turnstile.')
  }
  const schema = restrictionsOf(mode)
  // What is not valid is of no use to anybody: it is made anew.
  const chosen = new Map(Object.entries(schema.safeParse(stored).success ? stored : {}))
  for (const [name, value] of readFlagValues(flags)) {
    if (value === undefined) chosen.delete(name)
    else chosen.set(name, value)
  }
  const changed = Object.fromEntries(chosen)
  const result = schema.safeParse(changed)
  const problems = result.success
    ? problemsWithProject(result.data, mode, project)
    : result.error.issues.map(problemOf)
  if (problems.length > 0) {
    throw new Failure(
      `Nothing was changed. Correct this and try again:\n  ${problems.join('\n  ')}`,
    )
  }
  if (result.data?.origins.length !== 0) return changed
  throw new Failure(
    'A publishable key needs the origins of its pages: --origin https://shop.example, more than once for several.',
  )
}

function problemsWithProject(
  { countries = [], template }: z.infer<ReturnType<typeof restrictionsOf>>,
  mode: Mode,
  { name, settings }: StoredProject,
): readonly string[] {
  const { countries: served, templates } = settings
  const refused =
    mode === 'live' && Array.isArray(served)
      ? countries.filter((country) => !served.includes(country))
      : []
  const isKnown = template === undefined || Object.hasOwn(Object(templates), template)
  return [
    ...refused.map((country) => `countries: ${name} does not send to ${country}`),
    ...(isKnown ? [] : [`template: ${name} has no template ${template}`]),
  ]
}

/** Writes restrictions as the flags that would make them. */
export function describeRestrictions(stored: ChosenRestrictions, mode: Mode): string {
  const { data } = restrictionsOf(mode).safeParse(stored)
  if (data === undefined) return 'restrictions that are not valid: set them with restrict'
  if (data.origins.length === 0) return 'no origin, so it is of no use: give it one with restrict'
  const { origins, countries = [], channels = [], template, startsPerIp } = data
  return [
    ...origins.map((origin) => `--origin ${origin}`),
    ...countries.map((country) => `--country ${country}`),
    ...channels.map((channel) => `--channel ${channel}`),
    ...(template === undefined ? [] : [`--template ${template}`]),
    `--sends-per-day ${data.sendsPerDay}`,
    ...(startsPerIp === undefined ? [] : [`--starts-per-ip ${describeWindows(startsPerIp)}`]),
    data.turnstile ? '--with-turnstile' : '--without-turnstile',
  ].join(' ')
}
