import { callingCodeOf } from './calling-codes.ts'
import { make, mark, write } from './elements.ts'
import type { Situation } from './flow.ts'
import { layOut, type Layout } from './layout.ts'
import { masked } from './phone-number.ts'
import { explain } from './problems.ts'
import { countIn, directionOf, fill, type Words } from './words.ts'

/** Everything that the look depends on. */
export interface Model {
  readonly words: Words
  readonly situation: Situation
  /** ISO 3166-1 alpha-2 codes. */
  readonly countries: readonly string[]
  readonly country: string
  readonly codeLength: number
  readonly disabled: boolean
  /** Whether a call can be asked for instead. */
  readonly offersCall: boolean
}

/** Regional indicators: fonts draw two of them as a flag. */
const flagOf = (country: string): string =>
  country.replaceAll(/[A-Z]/g, (letter) => String.fromCodePoint(0x1f1a5 + letter.charCodeAt(0)))

/** What a person sees, drawn anew from a model. */
export class View {
  readonly layout: Layout = layOut()
  #step: Situation['step'] = 'number'
  #listed = ''

  render(model: Model): void {
    const { layout } = this
    const { situation, words } = model
    const { activeElement } = layout.root.getRootNode() as ShadowRoot
    layout.root.lang = words.language
    layout.root.dir = directionOf(words.language)
    layout.fields.disabled = model.disabled
    this.#label(model)
    this.#renderNumber(model)
    this.#renderCode(model)
    layout.numberForm.hidden = situation.step !== 'number'
    layout.codeForm.hidden = situation.step !== 'code'
    layout.done.hidden = situation.step !== 'done'
    if (situation.step === this.#step) return
    this.#step = situation.step
    if (activeElement !== null) this.focus()
  }

  /** Moves the focus to what is to be done now. */
  focus(): void {
    const { number, code, done } = this.layout
    const target = { number, code, done }[this.#step]
    target.focus()
  }

  /** The same, unless the person is elsewhere in the page. */
  focusIfInside(): void {
    if ((this.layout.root.getRootNode() as ShadowRoot).activeElement !== null) this.focus()
  }

  /** Shows how long to wait for the next message; nothing when it is admitted. */
  showWait(seconds: number): void {
    const { resend, call, timer } = this.layout
    const waiting = seconds > 0
    for (const button of [resend, call]) {
      mark(button, 'aria-disabled', waiting ? 'true' : undefined)
    }
    const minutes = Math.floor(seconds / 60)
    const clock = `${minutes}:${String(seconds % 60).padStart(2, '0')}`
    write(timer, waiting && minutes < 60 ? clock : '')
  }

  /** Draws the cell where the next digit goes, and those that it replaces. */
  showPlace(): void {
    const { cells, code } = this.layout
    const start = code.selectionStart ?? code.value.length
    const end = code.selectionEnd ?? start
    const place = Math.min(start, cells.children.length - 1)
    for (const [at, cell] of [...cells.children].entries()) {
      cell.classList.toggle('here', at === place)
      cell.classList.toggle('picked', at >= start && at < end)
    }
  }

  /** Tells screen readers. */
  announce(text: string): void {
    write(this.layout.status, text)
  }

  #label({ words: { texts } }: Model): void {
    const { layout } = this
    write(layout.numberLabel, texts.number)
    layout.country.setAttribute('aria-label', texts.country)
    write(layout.send.firstElementChild ?? layout.send, texts.send)
    write(layout.codeLabel, texts.code)
    write(layout.change, texts.change)
    write(layout.again, texts.change)
    write(layout.check.firstElementChild ?? layout.check, texts.verify)
    write(layout.resendText, texts.resend)
    write(layout.call, texts.call)
    write(layout.doneText, texts.verified)
  }

  #renderNumber({ words, situation, countries, country }: Model): void {
    const { layout } = this
    this.#list(countries, words)
    layout.country.value = country
    layout.countryBox.hidden = country === ''
    layout.countryBox.classList.toggle('only', countries.length < 2)
    write(layout.flag, country === '' ? '' : flagOf(country))
    write(layout.prefix, `+${callingCodeOf(country)}`)
    show(situation, 'number', words, layout.number, layout.numberError)
    showBusy(layout.send, situation.busy)
    layout.number.readOnly = situation.busy
  }

  #renderCode({ words, situation, codeLength, offersCall }: Model): void {
    const { layout } = this
    const { verification } = situation
    const number = verification === undefined ? '' : masked(verification.phoneNumber)
    const said = verification?.channel === 'call' ? words.texts.calling : words.texts.sent
    write(layout.sent, fill(said, { number }))
    write(layout.doneNumber, number)
    if (layout.cells.children.length !== codeLength) {
      const cells = Array.from({ length: codeLength }, () => make('span', { part: 'cell' }))
      layout.cells.replaceChildren(...cells)
      layout.root.style.setProperty('--length', String(codeLength))
      layout.code.maxLength = codeLength
    }
    show(situation, 'code', words, layout.code, layout.codeError)
    showBusy(layout.check, situation.busy)
    layout.code.readOnly = situation.busy
    layout.call.hidden = !offersCall
    this.showPlace()
  }

  /** Lists countries by name; 245 of them are not listed anew for nothing. */
  #list(countries: readonly string[], { language }: Words): void {
    const listed = `${language} ${countries.join()}`
    if (listed === this.#listed) return
    this.#listed = listed
    const names = new Intl.DisplayNames([language], { type: 'region' })
    const { compare } = new Intl.Collator(language)
    const options = countries
      .map((country) => ({ country, name: names.of(country) ?? country }))
      .toSorted((one, other) => compare(one.name, other.name))
      .map(({ country, name }) =>
        make('option', { value: country }, `${name} \u2066+${callingCodeOf(country)}\u2069`),
      )
    this.layout.country.replaceChildren(...options)
  }
}

/** Shows what is wrong beside the field of its step, and nothing beside the others. */
function show(
  { step, problem }: Situation,
  here: Situation['step'],
  words: Words,
  input: HTMLInputElement,
  error: HTMLElement,
): void {
  const shown = step === here ? problem : undefined
  const count = countIn(words.language, shown?.attemptsLeft ?? 0)
  mark(input, 'aria-invalid', shown === undefined ? undefined : 'true')
  write(error, shown === undefined ? '' : fill(explain(shown, words), { count }))
}

/** A busy button keeps the focus, and says so; pressing it again does nothing. */
function showBusy(button: HTMLElement, busy: boolean): void {
  button.classList.toggle('busy', busy)
  mark(button, 'aria-disabled', busy ? 'true' : undefined)
}
