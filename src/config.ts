import * as z from 'zod'

const PLACEHOLDER = /change.?me|placeholder|your.?secret|example|^(.)\1*$|^<.*>$|xxxx|0123456789/i
const ROOT_SECRET_CHARACTERS = 32

const rootSecret = z
  .string('is missing')
  .min(ROOT_SECRET_CHARACTERS, `is shorter than ${ROOT_SECRET_CHARACTERS} characters`)
  .refine((text) => !PLACEHOLDER.test(text), 'is a placeholder')
  .refine((text) => new Set(text).size >= 10, 'has too few different characters to be random')

const list = z.string('is missing').transform((text) => text.split(',').map((item) => item.trim()))

const baseUrl = z
  .url('is no URL')
  .refine((text) => /^https?:\/\//.test(text), 'is no http or https URL')
  .transform((text) => text.replace(/\/+$/, ''))

const development = (environment: unknown) => environment === 'development'

const variables = z
  .object({
    ENVIRONMENT: z
      .enum(['development', 'production'], 'is neither development nor production')
      .default('production'),
    OTPOST_NUMBER_KEY: rootSecret,
    OTPOST_SECRET: list.pipe(z.array(rootSecret)),
    PROVIDERS: list
      .pipe(z.array(z.enum(['inbox', 'twilio'], 'names a provider that otpost does not know')))
      .optional(),
    TWILIO_ACCOUNT_SID: z
      .string()
      .regex(/^AC[0-9a-zA-Z]+$/, 'does not begin with AC')
      .optional(),
    TWILIO_AUTH_TOKEN: z.string().min(1, 'is empty').optional(),
    TWILIO_FROM: z.string().min(1, 'is empty').optional(),
    TWILIO_MESSAGING_SERVICE_SID: z
      .string()
      .regex(/^MG[0-9a-zA-Z]+$/, 'does not begin with MG')
      .optional(),
    TWILIO_BASE_URL: baseUrl.prefault('https://api.twilio.com'),
  })
  .superRefine((value, issues) => {
    const need = (name: string, message: string) =>
      issues.addIssue({ code: 'custom', path: [name], message })
    if (value.PROVIDERS?.includes('inbox') && !development(value.ENVIRONMENT)) {
      need('PROVIDERS', 'names inbox, which delivers to no phone, outside development')
    }
    if (!value.PROVIDERS?.includes('twilio')) return
    if (value.TWILIO_ACCOUNT_SID === undefined) need('TWILIO_ACCOUNT_SID', 'is missing')
    if (value.TWILIO_AUTH_TOKEN === undefined) need('TWILIO_AUTH_TOKEN', 'is missing')
    if (value.TWILIO_FROM === undefined && value.TWILIO_MESSAGING_SERVICE_SID === undefined) {
      need('TWILIO_FROM', 'is missing, and so is TWILIO_MESSAGING_SERVICE_SID: set one of them')
    }
  })

type Variables = z.infer<typeof variables>

export interface TwilioConfig {
  readonly accountSid: string
  readonly authToken: string
  readonly sender: { readonly From: string } | { readonly MessagingServiceSid: string }
  readonly baseUrl: string
}

export type ProviderConfig =
  | { readonly name: 'inbox' }
  | { readonly name: 'twilio'; readonly twilio: TwilioConfig }

export interface Config {
  readonly development: boolean
  readonly numberKey: string
  /** Root secrets for codes and sealing: the first mints, all verify. */
  readonly secrets: readonly string[]
  /** In the order in which they are tried; none: live keys cannot send. */
  readonly providers: readonly ProviderConfig[]
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** One sentence per variable, naming it and never its value. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly development: boolean }

function twilioConfig(value: Variables): TwilioConfig {
  const service = value.TWILIO_MESSAGING_SERVICE_SID
  return {
    accountSid: value.TWILIO_ACCOUNT_SID ?? '',
    authToken: value.TWILIO_AUTH_TOKEN ?? '',
    sender:
      service === undefined ? { From: value.TWILIO_FROM ?? '' } : { MessagingServiceSid: service },
    baseUrl: value.TWILIO_BASE_URL,
  }
}

/** Reads the environment; nothing runs on a missing, short or placeholder secret. */
export function readConfig(environment: object): ConfigResult {
  const result = variables.safeParse(environment)
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${String(issue.path[0])} ${issue.message}.`,
    )
    return {
      ok: false,
      problems: [...new Set(problems)],
      development: 'ENVIRONMENT' in environment && development(environment.ENVIRONMENT),
    }
  }
  const value = result.data
  const names = value.PROVIDERS ?? (development(value.ENVIRONMENT) ? (['inbox'] as const) : [])
  return {
    ok: true,
    config: {
      development: development(value.ENVIRONMENT),
      numberKey: value.OTPOST_NUMBER_KEY,
      secrets: value.OTPOST_SECRET,
      providers: names.map((name) =>
        name === 'twilio' ? { name, twilio: twilioConfig(value) } : { name },
      ),
    },
  }
}
