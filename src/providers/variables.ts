import * as z from 'zod'

/** A base URL without a slash at its end. */
export const baseUrl = z
  .url('is no URL')
  .refine((text) => /^https?:\/\/[^?#]+$/.test(text), 'is no http or https URL without ? and #')
  .transform((text) => text.replace(/\/+$/, ''))

/** Text that must be there. */
export const required = z.string('is missing').trim().min(1, 'is empty')

/** Values by country or language, and one for all others. */
export interface Choice {
  readonly other: string | undefined
  readonly byKey: ReadonlyMap<string, string>
}

/** Reads `Acme,US=+12025550100,CA=+14165550100`: at most one value without a key, for all others. */
export const choice = (key: RegExp, keyName: string) =>
  z.string('is missing').transform((text, context): Choice => {
    const byKey = new Map<string, string>()
    let other: string | undefined
    for (const item of text.split(',').map((part) => part.trim())) {
      const [, name, value] = /^([^=]*?) *= *(.*)$/.exec(item) ?? []
      if (item === '' || value === '') context.addIssue('holds an empty value')
      else if (name === undefined || value === undefined) {
        if (other !== undefined) context.addIssue(`holds two values without a ${keyName}`)
        other = item
      } else if (!key.test(name))
        context.addIssue(`has something else than a ${keyName} before a =`)
      else if (byKey.has(name)) context.addIssue(`names a ${keyName} twice`)
      else byKey.set(name, value)
    }
    return { other, byKey }
  })

/** Senders: one for all countries, others for some. */
export const senders = choice(/^[A-Z]{2}$/, 'country').superRefine(({ byKey }, context) => {
  for (const [country, sender] of byKey) {
    if (!acceptsNames(country) && isName(sender)) {
      context.addIssue(`gives ${country} a name, but phones there take messages from numbers only`)
    }
  }
})

/** North America takes messages from numbers only, never from names. */
const NUMBERS_ONLY: ReadonlySet<string> = new Set(['US', 'CA', 'PR', 'GU', 'VI', 'AS', 'MP'])

const acceptsNames = (country: string): boolean => !NUMBERS_ONLY.has(country)

export const isName = (sender: string): boolean =>
  /[A-Za-z]/.test(sender) && !/^MG[0-9a-f]{32}$/i.test(sender)

/** The sender for a country; undefined when there is none that its phones would take. */
export function senderFor({ other, byKey }: Choice, country: string): string | undefined {
  const own = byKey.get(country)
  if (own !== undefined) return own
  return other === undefined || (isName(other) && !acceptsNames(country)) ? undefined : other
}
