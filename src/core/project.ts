import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import * as z from 'zod'
import { LANGUAGES } from './languages.ts'
import type { Restrictions } from './restrictions.ts'
import { fillIn } from './texts.ts'

/** A test key's verifications never reach a provider and have lines of their own. */
export type Mode = 'live' | 'test'
export type KeyKind = 'secret' | 'publishable'

export const CHANNELS = ['sms', 'call', 'whatsapp'] as const
/** A way in which a message reaches a phone. */
export type Channel = (typeof CHANNELS)[number]

/** What a caller may ask for: `auto` leaves it to the project. */
export type AskedChannel = Channel | 'auto'

const HOUR = 3600
const DAY = 24 * HOUR

/** Scripts that set no spaces between words, or none between a number and its ending (Hangul). */
const UNSPACED = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`
const LETTER = String.raw`(?!${UNSPACED})[\p{L}\p{M}]`
const UNSPACED_LETTER = String.raw`(?=${UNSPACED})\p{L}`

const LINK = new RegExp(
  String.raw`:\/\/|https?:|\bwww\.|[\p{L}\p{M}\p{N}\p{S}]\.(?:\p{Nd}|(?:${LETTER}){2}|(?:${UNSPACED_LETTER}){2})`,
  'iu',
)
/** Domains may have it for a dot; before a word without spaces it ends a sentence. */
const IDEOGRAPHIC_DOT = new RegExp(`。(?!${UNSPACED})`, 'gu')

/** Recognises what phones make a link of, in any script: a scheme, www, a domain, an address. */
export const isLink = (text: string): boolean =>
  LINK.test(text.normalize('NFKC').replaceAll(IDEOGRAPHIC_DOT, '.'))

/** Tells whether a text shows all that it holds, in one line. */
export const isOneLineText = (text: string): boolean =>
  !/[\p{C}\p{DI}\p{Zl}\p{Zp}\u2800]/u.test(text)

const LONGEST_BRAND = 20

/** A name that may stand in a message: short, of one line, no link, nothing like a code. */
export const brand = z
  .string()
  // "Acme Inc." would make a link of a word that follows without a space.
  .overwrite((text) => text.trim().replace(/\.$/, '').trimEnd())
  .min(1)
  .max(LONGEST_BRAND)
  .refine(isOneLineText, 'may not hold line breaks or invisible characters')
  .refine(
    // Whatever a template writes around it.
    (text) => ![`:/${text}//`, `${text}.`, `${text}:`, `中中${text}中中`].some(isLink),
    'may not look like a link, or like a part of one',
  )
  .refine(
    (text) => !/\p{N}{4}/u.test(text.normalize('NFKC')),
    'may not hold four digits in a row, which look like a code',
  )
  .refine((text) => !/[{}]/.test(text.normalize('NFKC')), 'may not hold { or }')
  .refine(
    (text) => !/^\p{M}/u.test(text.normalize('NFKC')),
    'may not begin with a mark that joins what stands before',
  )

const GLUED = new RegExp(
  String.raw`\}\{|\}\}\p{M}|(?:\p{N}|${LETTER})\{\{(?:code|brand)\}\}|\{\{(?:code|brand)\}\}(?:\p{N}|${LETTER})`,
  'u',
)
const LONGEST = { code: '0'.repeat(10), brand: 'a'.repeat(LONGEST_BRAND), minutes: '10' }
/** Three parts in UCS-2; each holds 67 units, or 66 when the last would split a character. */
const LONGEST_TEXT = 3 * 66

const template = z
  .string()
  .max(140)
  .refine((text) => text.split('{{code}}').length === 2, 'must hold {{code}} exactly once')
  .refine(
    (text) =>
      !/[{}]/.test(text.replaceAll(/\{\{(?:code|brand|minutes)\}\}/g, '').normalize('NFKC')),
    'may use {{code}}, {{brand}} and {{minutes}} only',
  )
  .refine(isOneLineText, 'may not hold line breaks or invisible characters')
  .refine(
    // Names of both kinds of script.
    (text) => !['aa', '中中'].some((name) => isLink(fillIn(text, { ...LONGEST, brand: name }))),
    'may not hold a link or a domain, nor make one of a value',
  )
  .refine(
    // Also those in circles, which no normal form writes as digits.
    (text) => !/\p{N}/u.test(text.normalize('NFKC')),
    'may not hold digits, which look like a code',
  )
  .refine(
    (text) => !GLUED.test(text.normalize('NFKC')),
    'must set values apart from each other, and {{code}} and {{brand}} from words',
  )
  .refine(
    (text) => fillIn(text, LONGEST).length <= LONGEST_TEXT,
    'may not need more than three text messages',
  )

/** A text that a caller sends along: a template of which only the code is filled in. */
export const customText = template.refine(
  (text) => !/\{\{(?:brand|minutes)\}\}/.test(text),
  'may use {{code}} only',
)

/** One text for all languages, or one each for some. */
const templateTexts = z.union([
  template,
  z
    .partialRecord(z.enum(LANGUAGES), template)
    .refine((texts) => Object.keys(texts).length > 0, 'must hold a text'),
])

const sendWindow = z.strictObject({
  limit: z.int().min(1).max(100),
  seconds: z.int().min(60).max(DAY),
})

export const sendWindows = z
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

export const isSet = (items: readonly unknown[]): boolean => new Set(items).size === items.length

export const countryList = z.array(
  z.string().regex(/^[A-Z]{2}$/, 'is written in two capital letters'),
)

export const templateName = z.string().regex(/^[a-z0-9_-]{1,32}$/)

const route = z.strictObject({
  channel: z.enum(CHANNELS),
  /** All when absent. */
  countries: countryList.min(1).optional(),
  /** Names of providers, in the order in which they are tried. */
  providers: z
    .array(z.string().regex(/^[a-z]{1,32}$/))
    .min(1)
    .max(10)
    .refine(isSet, 'may name a provider once only'),
  /** Instead of the deployment's own: a number, a name, or the id that the provider gave it. */
  sender: z
    .string()
    .regex(/^[+A-Za-z0-9][A-Za-z0-9 ._&+-]{0,63}$/, 'is a number, a name or an id')
    .optional(),
})

const dailyCap = z.int().min(0).max(10_000_000).nullable()

/** What the owner of a project can change; the defaults are those of `docs/limits.md`. */
export const projectSettings = z.strictObject({
  /** Named in messages; the project's name when absent. */
  brand: brand.optional(),
  /** ISO 3166-1 alpha-2 codes to which messages may go, or `*` for all. */
  countries: z.union([z.literal('*'), countryList]).default([]),
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
  /** Numbers a day about which a vendor is asked; null for no cap. */
  lookUpsPerDay: dailyCap.default(10_000),
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
  /** Whether a caller with a secret key may choose the text. */
  customMessages: z.boolean().default(false),
  /** Texts by name, or by name and language, with {{code}}, {{brand}} and {{minutes}}. */
  templates: z.record(templateName, templateTexts).default({}),
  testNumbers: z.array(testNumber).max(50).default([]),
  /** What channel "auto" tries, in order. */
  autoChannels: z
    .array(z.enum(CHANNELS))
    .min(1)
    .refine(isSet, 'may name a channel once only')
    .default(['whatsapp', 'sms']),
  /** Providers for a channel and some countries; of those that match, the first counts. */
  routes: z.array(route).max(100).default([]),
  /** Whether text messages end in a sentence that warns of sharing the code. */
  neverShareSentence: z.boolean().default(false),
  /** Digits of a code when a request to Authy's API names no `code_length`. */
  authyCodeLength: z.int().min(4).max(10).default(6),
  /** Whether Authy's API takes the key in the query, where logs of proxies may keep it. */
  authyKeyInQuery: z.boolean().default(true),
  /** Seconds for which a page may show that a number was verified. */
  proofLifeSeconds: z.int().min(60).max(3600).default(300),
  /** User name in Verigator's `X-Service-Auth`, beside the project's id. */
  verigatorUsername: z
    .string()
    .regex(/^[^\s:]{1,128}$/, 'has 1 to 128 characters without spaces and colons')
    .optional(),
  /** Status by which Authy's API refuses for a limit: its document has 503, its later pages 429. */
  authyLimitStatus: z.union([z.literal(429), z.literal(503)]).default(429),
})

export type ProjectSettings = z.infer<typeof projectSettings>
export type SendWindow = z.infer<typeof sendWindow>
export type Route = z.infer<typeof route>
export type TestNumber = z.infer<typeof testNumber>

export interface Project {
  /** 24 hex digits. */
  readonly id: string
  readonly name: string
  readonly paused: boolean
  readonly settings: ProjectSettings
}

export const channelsOf = (asked: AskedChannel, settings: ProjectSettings): readonly Channel[] =>
  asked === 'auto' ? settings.autoChannels : [asked]

/** Whose data a call may touch: one project's, of one mode. */
export interface Scope {
  readonly projectId: string
  readonly mode: Mode
}

/** Characters of a key; longer ones are not looked up. */
export const LONGEST_KEY = 512

interface KeyHolder {
  readonly project: Project
  readonly mode: Mode
}

/** A project's server, which may do everything within it. */
export interface SecretCaller extends KeyHolder {
  readonly kind: 'secret'
}

/** Anybody who has a project's web page, or has taken the key out of it. */
export interface PublishableCaller extends KeyHolder {
  readonly kind: 'publishable'
  /** SHA-256 of the key, hex: names it without telling it. */
  readonly keyHash: string
  readonly restrictions: Restrictions
}

/** Who asks: a project, by one of its API keys. */
export type Caller = SecretCaller | PublishableCaller
