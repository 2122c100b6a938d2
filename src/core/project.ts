import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import * as z from 'zod'

/** A test key's verifications never reach a provider and have lines of their own. */
export type Mode = 'live' | 'test'
export type KeyKind = 'secret' | 'publishable'

export const CHANNELS = ['sms', 'call', 'whatsapp'] as const
/** A way in which a message reaches a phone. */
export type Channel = (typeof CHANNELS)[number]

const HOUR = 3600
const DAY = 24 * HOUR

/** What phones make a link of, in any script: a scheme, www, a domain, an address. */
const isLink = (text: string): boolean =>
  /:\/\/|\bwww\.|[\p{L}\p{N}]\.(?:\p{L}{2,}|\p{Nd})/iu.test(
    text.normalize('NFKC').replaceAll(/[。｡]/g, '.'),
  )
const isOneLineText = (text: string): boolean =>
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0]/u.test(text) && text.isWellFormed()

/** A name that may stand in a message: short, of one line, no link, nothing like a code. */
export const brand = z
  .string()
  .trim()
  .min(1)
  .max(20)
  .refine(isOneLineText, 'may not hold line breaks or invisible characters')
  .refine((text) => !isLink(text), 'may not look like a link')
  .refine(
    (text) => !/\p{Nd}{4}/u.test(text),
    'may not hold four digits in a row, which look like a code',
  )
  .refine((text) => !/[{}]/.test(text), 'may not hold { or }')

const template = z
  .string()
  .max(140)
  .refine((text) => text.split('{{code}}').length === 2, 'must hold {{code}} exactly once')
  .refine(
    (text) => !/[{}]/.test(text.replaceAll(/\{\{(?:code|brand|minutes)\}\}/g, '')),
    'may use {{code}}, {{brand}} and {{minutes}} only',
  )
  .refine(isOneLineText, 'may not hold line breaks or invisible characters')
  .refine((text) => !isLink(text), 'may not hold a link or a domain')
  .refine((text) => !/\p{Nd}/u.test(text), 'may not hold digits, which look like a code')
  .refine(
    (text) => !/\}\{|[\p{L}\p{N}]\{\{code\}\}|\{\{code\}\}[\p{L}\p{N}]/u.test(text),
    'must set values apart from each other, and {{code}} from words',
  )

const sendWindow = z.strictObject({
  limit: z.int().min(1).max(100),
  seconds: z.int().min(60).max(DAY),
})

const sendWindows = z
  .array(sendWindow)
  .max(4)
  .refine(
    (windows) => new Set(windows.map(({ seconds }) => seconds)).size === windows.length,
    'may name a span of seconds once only',
  )

const isE164 = (number: string): boolean =>
  (parsePhoneNumberFromString(number, { extract: false })?.number ?? number) === number

const testNumber = z.strictObject({
  number: z
    .string()
    .regex(/^\+[0-9]{4,15}$/, 'is written as + and digits')
    .refine(isE164, 'is not in its E.164 form'),
  code: z.string().regex(/^[0-9]{4,10}$/, 'is 4 to 10 digits'),
  until: z.iso.datetime({ offset: true }),
})

const dailyCap = z.int().min(0).max(10_000_000).nullable()

/** What the owner of a project can change; the defaults are those of `docs/limits.md`. */
export const projectSettings = z.strictObject({
  /** Named in messages; the project's name when absent. */
  brand: brand.optional(),
  /** ISO 3166-1 alpha-2 codes to which messages may go, or `*` for all. */
  countries: z.union([z.literal('*'), z.array(z.string().regex(/^[A-Z]{2}$/))]).default([]),
  codeLength: z.int().min(4).max(10).default(6),
  /** Seconds; NIST SP 800-63B-4 allows at most ten minutes. */
  codeLifeSeconds: z.int().min(60).max(600).default(600),
  checksPerVerification: z.int().min(1).max(10).default(5),
  sendsPerNumber: sendWindows.min(1).default([
    { limit: 5, seconds: 600 },
    { limit: 10, seconds: DAY },
  ]),
  /** Seconds between two messages to one number. */
  secondsBetweenSends: z
    .strictObject({
      secret: z.int().min(0).max(600).default(0),
      publishable: z.int().min(0).max(600).default(30),
    })
    .prefault({}),
  /** What a start does while a verification is pending: the same code again, or a new one. */
  resend: z.enum(['same', 'new']).default('same'),
  /** Messages a day with live keys; null for no cap. */
  sendsPerDay: dailyCap.default(10_000),
  sendsPerCountryPerDay: dailyCap.default(2000),
  /** Objects over which the project's meter is spread: one counts some hundred starts a second. */
  meterShards: z.int().min(1).max(64).default(1),
  /** For starts that name the end user's IP address. */
  startsPerIp: sendWindows.default([
    { limit: 10, seconds: 600 },
    { limit: 30, seconds: DAY },
  ]),
  /** Whether text messages may go to fixed lines. */
  smsToFixedLines: z.boolean().default(false),
  /** Whether a caller with a secret key may choose the code. */
  customCodes: z.boolean().default(false),
  /** Texts by name, with {{code}}, {{brand}} and {{minutes}}. */
  templates: z.record(z.string().regex(/^[a-z0-9_-]{1,32}$/), template).default({}),
  testNumbers: z.array(testNumber).max(50).default([]),
})

export type ProjectSettings = z.infer<typeof projectSettings>
export type SendWindow = z.infer<typeof sendWindow>
export type TestNumber = z.infer<typeof testNumber>

export interface Project {
  /** 24 hex digits. */
  readonly id: string
  readonly name: string
  readonly paused: boolean
  readonly settings: ProjectSettings
}

/** Characters of a key; longer ones are not looked up. */
export const LONGEST_KEY = 512

/** Who asks: a project, by one of its API keys. */
export interface Caller {
  readonly project: Project
  readonly mode: Mode
  readonly kind: KeyKind
}
