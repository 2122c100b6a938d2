import type { Answer } from '../../support/api.ts'
import { authyAccount, type Told } from './support.ts'

/** What an error says, and how a caller comes to see it. */
export type Recipe = readonly [
  status: number,
  code: string,
  message: string,
  provoke: (told: Told) => Promise<Answer>,
]

export const NOT_CREATED = "Phone verification couldn't be created:"
export const NO_ACCESS = 'Your application is accessing an API call you do not have access to.'
export const NONE_PENDING = 'No pending verifications for +1 202-555-0123 found.'

export const start =
  (form: Readonly<Record<string, string>> = {}, settings: object = {}) =>
  async (told: Told) =>
    (await authyAccount({ settings })).begin(form, told)

export const get =
  (path: string, query: Readonly<Record<string, string>>) =>
  async (told: Told): Promise<Answer> =>
    (await authyAccount()).call('GET', path, { query, ...told })

/** Starts until one is refused. */
export const startsOver =
  (settings: object, forms: readonly Readonly<Record<string, string>>[]) => async (told: Told) => {
    const { begin } = await authyAccount({ settings })
    for (const form of forms.slice(0, -1)) await begin(form, told)
    return begin(forms.at(-1), told)
  }

export const OTHER = { phone_number: '2025550124' }
