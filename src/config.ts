import * as z from 'zod'
import { tokenKeySet, type TokenKeySet } from './core/token-keys.ts'
import type { TurnstileOptions } from './challenges/turnstile.ts'
import { VENDORS } from './providers/catalog.ts'
import { lookupVariables, type TwilioLookupOptions } from './providers/twilio-lookup.ts'
import { baseUrl, required } from './providers/variables.ts'
import type { Vendor } from './providers/vendor.ts'

const PLACEHOLDER = /change.?me|placeholder|your.?secret|example|^(.)\1*$|^<.*>$|xxxx|0123456789/i
const ROOT_SECRET_CHARACTERS = 32

const rootSecret = z
  .string('is missing')
  .min(ROOT_SECRET_CHARACTERS, `is shorter than ${ROOT_SECRET_CHARACTERS} characters`)
  .refine((text) => !PLACEHOLDER.test(text), 'is a placeholder')
  .refine((text) => new Set(text).size >= 10, 'has too few different characters to be random')

const list = z.string('is missing').transform((text) => text.split(',').map((item) => item.trim()))

const development = (environment: unknown) => environment === 'development'

const vendorOf = (name: string): Vendor | undefined =>
  VENDORS.find((vendor) => vendor.name === name)

const NAMES = ['inbox', ...VENDORS.map(({ name }) => name)]

const providerNames = list
  .refine(
    (names) => names.every((name) => NAMES.includes(name)),
    `names a provider that otpost does not know: there are ${NAMES.join(', ')}`,
  )
  .refine((names) => new Set(names).size === names.length, 'names a provider twice')

const variables = z
  .object({
    ENVIRONMENT: z
      .enum(['development', 'production'], 'is neither development nor production')
      .default('production'),
    OTPOST_NUMBER_KEY: rootSecret,
    OTPOST_SECRET: list.pipe(z.array(rootSecret)),
    OTPOST_TOKEN_KEYS: tokenKeySet.optional(),
    PROVIDERS: providerNames.optional(),
    LOOKUP: z.enum(['offline', 'twilio'], 'is neither offline nor twilio').default('offline'),
    PUBLIC_URL: baseUrl
      .refine((url) => url.startsWith('https:') || isLoopback(url), 'is no https URL')
      .optional(),
  })
  .refine((value) => !value.PROVIDERS?.includes('inbox') || development(value.ENVIRONMENT), {
    path: ['PROVIDERS'],
    message: 'names inbox, which delivers to no phone, outside development',
  })

/** A secret without its site key, or the other way round, tells no person from a program. */
const turnstileVariables = z
  .object({
    TURNSTILE_SECRET: required,
    TURNSTILE_SITE_KEY: required,
    TURNSTILE_BASE_URL: baseUrl.prefault('https://challenges.cloudflare.com/turnstile/v0'),
  })
  .transform((value): TurnstileOptions => ({
    secret: value.TURNSTILE_SECRET,
    siteKey: value.TURNSTILE_SITE_KEY,
    baseUrl: value.TURNSTILE_BASE_URL,
  }))

/** A provider of this deployment; the inbox has no vendor. */
export interface ProviderConfig {
  readonly name: string
  readonly vendor: Vendor | undefined
  readonly options: unknown
  /** Where its vendor reaches this deployment; undefined when it cannot. */
  readonly publicUrl: string | undefined
}

export interface Config {
  readonly development: boolean
  readonly numberKey: string
  /** Root secrets for codes and sealing: the first mints, all verify. */
  readonly secrets: readonly string[]
  /** By which tokens are signed and verified; undefined: there are none. */
  readonly tokenKeys: TokenKeySet | undefined
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined
  /** In the order in which they are tried; none: live keys cannot send. */
  readonly providers: readonly ProviderConfig[]
  /** The account by which numbers are looked up; undefined: nobody is asked. */
  readonly lookup: TwilioLookupOptions | undefined
  /** Undefined: keys that require Turnstile are of no use. */
  readonly turnstile: TurnstileOptions | undefined
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** One sentence per variable, naming it and never its value. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly development: boolean }

/** Reads the environment; nothing runs on a missing, short or placeholder secret. */
export function readConfig(environment: object): ConfigResult {
  const result = variables.safeParse(environment)
  const isDevelopment = 'ENVIRONMENT' in environment && development(environment.ENVIRONMENT)
  const names = namesOf(environment, isDevelopment)
  const vendors = names.flatMap((name) => vendorOf(name) ?? [])
  const asksTwilio = 'LOOKUP' in environment && environment.LOOKUP === 'twilio'
  const lookup = asksTwilio ? lookupVariables.safeParse(environment) : undefined
  const turnstile = hasTurnstile(environment)
    ? turnstileVariables.safeParse(environment)
    : undefined
  const problems = [
    ...problemsOf(result),
    ...vendors.flatMap((vendor) => problemsOfVendor(vendor, environment)),
    ...(lookup === undefined ? [] : problemsOf(lookup)),
    ...(turnstile === undefined ? [] : problemsOf(turnstile)),
  ]
  if (!result.success || problems.length > 0) {
    return { ok: false, problems: [...new Set(problems)], development: isDevelopment }
  }
  const value = result.data
  return {
    ok: true,
    config: {
      development: isDevelopment,
      numberKey: value.OTPOST_NUMBER_KEY,
      secrets: value.OTPOST_SECRET,
      tokenKeys: value.OTPOST_TOKEN_KEYS,
      publicUrl: value.PUBLIC_URL,
      providers: names.map((name) => providerConfig(name, environment)),
      lookup: lookup?.data,
      turnstile: turnstile?.data,
    },
  }
}

/** Says what is wrong with the variables of one vendor, each problem with its variable's name. */
export function problemsOfVendor(vendor: Vendor, environment: object): readonly string[] {
  return problemsOf(vendor.variables.safeParse(environmentOf(vendor.name, environment)))
}

const problemsOf = ({ error }: { readonly error?: z.ZodError | undefined }): readonly string[] =>
  error?.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`) ?? []

const hasTurnstile = (environment: object): boolean =>
  Object.entries(environment).some(
    ([name, value]) =>
      ['TURNSTILE_SECRET', 'TURNSTILE_SITE_KEY'].includes(name) && value !== undefined,
  )

function namesOf(environment: object, isDevelopment: boolean): readonly string[] {
  const given = 'PROVIDERS' in environment ? environment.PROVIDERS : undefined
  const names = given === undefined ? undefined : providerNames.safeParse(given)
  return names?.data ?? (isDevelopment && given === undefined ? ['inbox'] : [])
}

function providerConfig(name: string, environment: object): ProviderConfig {
  const vendor = vendorOf(name)
  const own = environmentOf(name, environment)
  const { PUBLIC_URL: publicUrl } = own
  return {
    name,
    vendor,
    options: vendor?.variables.parse(own),
    publicUrl: variables.shape.PUBLIC_URL.parse(publicUrl),
  }
}

/**
 * The environment as it is for one provider: its vendor, outside, cannot call this machine, and some
 * refuse a message for such a URL.
 */
function environmentOf(name: string, environment: object): Readonly<Record<string, unknown>> {
  const own: Readonly<Record<string, unknown>> = { ...environment }
  const api = own[`${name.toUpperCase()}_BASE_URL`] ?? own[`${name.toUpperCase()}_URL`]
  const isOutside = typeof api !== 'string' || !isLoopback(api)
  const isHere = typeof own['PUBLIC_URL'] === 'string' && isLoopback(own['PUBLIC_URL'])
  return isHere && isOutside ? { ...own, PUBLIC_URL: undefined } : own
}

/** Whether a URL is of this machine, where plain http is safe. */
export function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(?:\.[0-9]+){3}$/.test(host)
  )
}
