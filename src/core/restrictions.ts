import * as z from 'zod'
import {
  CHANNELS,
  countryList,
  isSet,
  sendWindows,
  templateName,
  type Caller,
  type Channel,
  type Mode,
} from './project.ts'

/** Stands for every origin of this machine, by http too; with test keys only. */
export const LOCALHOST = 'localhost'

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/
const MOST_ORIGINS = 50

/** Whether a text is the origin of a web page exactly as a browser writes it, which none other is. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text
}

/** The host of an origin, without its port. */
export const hostOf = (origin: string): string => new URL(origin).hostname

/** Whether a key may name an origin; a star, a final dot and letters of other scripts name no host. */
function isNameable(origin: string, mode: Mode): boolean {
  if (mode === 'test' && origin === LOCALHOST) return true
  if (!isOrigin(origin) || !HOST.test(hostOf(origin))) return false
  const isTestPage = mode === 'test' && hostOf(origin) === 'localhost'
  return origin.startsWith('https:') || isTestPage
}

/** What a publishable key of a mode may do, as it is stored with the key; more is misconfigured. */
export const restrictionsOf = (mode: Mode) =>
  z.strictObject({
    /** Of the pages that may use it; without any it is of no use. */
    origins: z
      .array(z.string().refine((origin) => isNameable(origin, mode), 'is no origin for this key'))
      .max(MOST_ORIGINS)
      .refine(isSet, 'may name an origin once only')
      .default([]),
    /** Of those to which its project sends; all of them when absent. */
    countries: countryList.min(1).optional(),
    /** All when absent. */
    channels: z
      .array(z.enum(CHANNELS))
      .min(1)
      .refine(isSet, 'may name a channel once only')
      .optional(),
    /** The project's template that its messages use. */
    template: templateName.optional(),
    sendsPerDay: z.int().min(0).max(10_000_000).default(1000),
    /** Instead of the project's. */
    startsPerIp: sendWindows.optional(),
    /** Whether a start needs a Turnstile token. */
    turnstile: z.boolean().default(mode === 'live'),
  })

export type Restrictions = z.infer<ReturnType<typeof restrictionsOf>>

/** Whether pages of an origin may use a key: compared whole, never by a part of it. */
export const allowsOrigin = ({ origins }: Restrictions, origin: string): boolean =>
  isOrigin(origin) &&
  (origins.includes(origin) || (origins.includes(LOCALHOST) && LOCAL_HOSTS.has(hostOf(origin))))

/** Hosts of the pages that may use a key. */
export const hostsOf = ({ origins }: Restrictions): readonly string[] =>
  origins.flatMap((origin) => (origin === LOCALHOST ? [...LOCAL_HOSTS] : [hostOf(origin)]))

/** What a caller's key leaves of some channels, in their order. */
export const channelsOfKey = (caller: Caller, channels: readonly Channel[]): readonly Channel[] => {
  const own = caller.kind === 'publishable' ? caller.restrictions.channels : undefined
  return own === undefined ? channels : channels.filter((channel) => own.includes(channel))
}

/** The countries to which both project and key send; to a test key the project's are all. */
export function countriesOf(caller: Caller): '*' | readonly string[] {
  const ofProject = caller.mode === 'test' ? '*' : caller.project.settings.countries
  const ofKey = caller.kind === 'publishable' ? caller.restrictions.countries : undefined
  if (ofKey === undefined) return ofProject
  return ofProject === '*' ? ofKey : ofKey.filter((country) => ofProject.includes(country))
}
