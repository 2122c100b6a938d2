import type { Language } from './languages.ts'
import { brand, type Project } from './project.ts'
import { fillIn, TEXTS } from './texts.ts'

/** What a caller may ask of a message's text; remembered, so that a resend looks the same. */
export interface MessageOptions {
  /** Name of a template in the project's settings. */
  readonly template?: string | undefined
  /** The caller's own, with {{code}} only; instead of a template. */
  readonly text?: string | undefined
  /** Host to which browsers bind the code (https://wicg.github.io/sms-one-time-codes/). */
  readonly domain?: string | undefined
  /** 11 characters by which Android hands the message to one app (SMS Retriever API). */
  readonly appHash?: string | undefined
}

export interface MessageFacts extends Omit<MessageOptions, 'template' | 'text'> {
  readonly language: Language
  /** Text of the project's or the caller's own with {{code}}, {{brand}}, {{minutes}}, instead of the default one. */
  readonly template?: string | undefined
  /** Whether a sentence in the language that warns of sharing the code follows the text. */
  readonly neverShare: boolean
  readonly brand: string
  readonly code: string
  readonly minutes: number
}

/** The name that messages carry; a project's own name only when it could be a brand. */
export const brandOf = (project: Project): string =>
  project.settings.brand ?? brand.safeParse(project.name).data ?? 'verification'

/** Writes the text of a message. The app hash and the origin-bound line must stand last. */
export function renderText(facts: MessageFacts): string {
  const { code, brand: name, minutes } = facts
  const { message, neverShare } = TEXTS[facts.language]
  const values = { code, brand: name, minutes: String(minutes) }
  const text = fillIn(facts.template ?? message, values)
  const lines = [facts.neverShare ? `${text} ${neverShare}` : text]
  if (facts.appHash !== undefined) lines.push(facts.appHash)
  if (facts.domain !== undefined) lines.push('', `@${facts.domain} #${code}`)
  return lines.join('\n')
}
