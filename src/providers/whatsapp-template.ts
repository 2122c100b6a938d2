import * as z from 'zod'
import { closestTag, type Language } from '../core/languages.ts'

/** A template that Meta has approved for a WhatsApp number, in each of the languages. */
export interface ApprovedTemplate {
  readonly name: string
  /** As Meta writes them: `en_US`. */
  readonly languages: readonly string[]
}

const DEFAULT_LANGUAGE = 'en_US'

/** The name of a template; Meta takes no others. */
export const templateName = z
  .string('is missing')
  .regex(
    /^[a-z0-9_]{1,512}$/,
    'is no name of a template, which is of lower-case letters, digits and _',
  )

const LANGUAGE_CODE = /^[a-z]{2,3}(?:_(?:[A-Z]{2}|[0-9]{3}))?$/

/** The languages in which a template is approved: `en_US,et`. */
export const templateLanguages = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .refine(
    (codes) => codes.every((code) => LANGUAGE_CODE.test(code)),
    'holds what is no language code of Meta',
  )
  .prefault(DEFAULT_LANGUAGE)

/** Chooses the language in which somebody reads a template best. */
export const templateLanguage = (template: ApprovedTemplate, language: Language): string =>
  closestTag(template.languages, language) ?? template.languages[0] ?? DEFAULT_LANGUAGE

/**
 * Fills in an authentication template, which holds the code twice: in the text, and for its button
 * (https://developers.facebook.com/docs/whatsapp/business-management-api/authentication-templates).
 */
export function authenticationTemplate(name: string, languageCode: string, code: string) {
  const parameters = [{ type: 'text', text: code }]
  return {
    name,
    language: { code: languageCode },
    components: [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'url', index: '0', parameters },
    ],
  }
}
