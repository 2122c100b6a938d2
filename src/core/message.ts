import { brand, type Project } from './project.ts'

/** What a caller may ask of a message's text; remembered, so that a resend looks the same. */
export interface MessageOptions {
  /** Name of a template in the project's settings. */
  readonly template?: string | undefined
  /** Host to which browsers bind the code (https://wicg.github.io/sms-one-time-codes/). */
  readonly domain?: string | undefined
  /** 11 characters by which Android hands the message to one app (SMS Retriever API). */
  readonly appHash?: string | undefined
}

export interface MessageFacts extends Omit<MessageOptions, 'template'> {
  /** Text of the project's own with {{code}}, {{brand}}, {{minutes}}. */
  readonly template?: string | undefined
  readonly brand: string
  readonly code: string
  readonly minutes: number
}

const ENGLISH = '{{code}} is your {{brand}} code. It is valid for {{minutes}} min.'

/** The name that messages carry; a project's own name only when it could be a brand. */
export const brandOf = (project: Project): string =>
  project.settings.brand ?? brand.safeParse(project.name).data ?? 'verification'

/** Writes the text of a message. The app hash and the origin-bound line must stand last. */
export function renderText(facts: MessageFacts): string {
  const values: Readonly<Record<string, string>> = {
    code: facts.code,
    brand: facts.brand,
    minutes: String(facts.minutes),
  }
  const text = (facts.template ?? ENGLISH).replaceAll(
    /\{\{(code|brand|minutes)\}\}/g,
    (_, name: string) => values[name] ?? '',
  )
  const lines = [text]
  if (facts.appHash !== undefined) lines.push(facts.appHash)
  if (facts.domain !== undefined) lines.push('', `@${facts.domain} #${facts.code}`)
  return lines.join('\n')
}
