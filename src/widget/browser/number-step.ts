import type { Layout } from './layout.ts'
import { countryOf, dialled, nationalPart, readTyped } from './phone-number.ts'

/** Whether a person types bit by bit; what is pasted or filled in comes as a whole. */
const isTyping = (event: Event): boolean =>
  event instanceof InputEvent &&
  /^(insertText|insertCompositionText|delete)/.test(event.inputType) &&
  (event.data ?? '').length < 2

interface Hooks {
  countries(): readonly string[]
  changed(): void
  refused(code: string): void
}

export interface ReadNumber {
  readonly phoneNumber: string
  readonly country: string | undefined
}

/** The field for a phone number and the choice of a country beside it. */
export class NumberStep {
  /** ISO 3166-1 alpha-2; empty while none can be guessed. */
  country = ''
  readonly #layout: Layout
  readonly #hooks: Hooks

  constructor(layout: Layout, hooks: Hooks) {
    this.#layout = layout
    this.#hooks = hooks
    layout.number.addEventListener('input', (event) => {
      this.#typed(!isTyping(event))
    })
    layout.number.addEventListener('change', () => this.#typed(true))
    layout.country.addEventListener('change', () => {
      this.country = layout.country.value
      hooks.changed()
    })
  }

  /** The number in the field; undefined when it can be none. */
  read(): ReadNumber | undefined {
    const typed = readTyped(this.#layout.number.value)
    const phoneNumber = dialled(typed, this.country)
    if (phoneNumber === undefined) return undefined
    const country = typed.international ? this.#countryOf(typed.digits) : this.country
    return { phoneNumber, country }
  }

  /**
   * Looks again when the countries of the key have come: what was typed meanwhile beside another one
   * keeps its calling code.
   */
  recheck(): void {
    const { number } = this.#layout
    if (number.value === '' || this.#hooks.countries().includes(this.country)) return
    number.value = dialled(readTyped(number.value), this.country) ?? number.value
    this.#hooks.refused('country_refused')
  }

  /** An international number chooses its country; one that came whole loses its calling code. */
  #typed(whole: boolean): void {
    const typed = readTyped(this.#layout.number.value)
    const country = typed.international ? this.#countryOf(typed.digits) : undefined
    const allowed = country !== undefined && this.#hooks.countries().includes(country)
    if (allowed) {
      this.country = country
      if (whole) this.#layout.number.value = nationalPart(typed.digits)
    }
    if (whole && country !== undefined && !allowed) this.#hooks.refused('country_refused')
    else this.#hooks.changed()
  }

  #countryOf(digits: string): string | undefined {
    return countryOf(digits, this.#hooks.countries(), this.country)
  }
}
