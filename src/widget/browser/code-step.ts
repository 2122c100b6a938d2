import type { Layout } from './layout.ts'
import { codeIn, typedDigits } from './one-time-code.ts'
import { receiveCode } from './web-otp.ts'

interface Hooks {
  length(): number
  /** The caret moved. */
  changed(): void
  /** The digits changed. */
  edited(): void
  /** A whole code stands in the field. */
  complete(code: string): void
  /** Part of a code was to be checked. */
  incomplete(): void
}

/** The field for the code. */
export class CodeStep {
  readonly #layout: Layout
  readonly #hooks: Hooks
  #receiving: AbortController | undefined
  /** What was already refused is not asked again: it would cost an attempt. */
  #wrong = ''

  constructor(layout: Layout, hooks: Hooks) {
    this.#layout = layout
    this.#hooks = hooks
    const { code } = layout
    code.addEventListener('input', () => this.#typed(typedDigits(code.value, hooks.length())))
    code.addEventListener('paste', (event) => {
      event.preventDefault()
      if (code.readOnly) return
      this.#typed(codeIn(event.clipboardData?.getData('text') ?? '', hooks.length()))
    })
    for (const name of ['keyup', 'click', 'focus', 'select']) {
      code.addEventListener(name, () => hooks.changed())
    }
  }

  /** Checks what stands in the field. */
  submit(): void {
    const { value } = this.#layout.code
    if (value.length < this.#hooks.length()) this.#hooks.incomplete()
    else if (value === this.#wrong) this.#layout.code.select()
    else this.#hooks.complete(value)
  }

  /** Marks the code for typing over it. */
  refuse(): void {
    this.#wrong = this.#layout.code.value
    this.#layout.code.select()
  }

  clear(): void {
    this.#wrong = ''
    this.#layout.code.value = ''
  }

  /** Waits for the message itself, where the browser hands it over. */
  async receive(): Promise<void> {
    this.stopReceiving()
    const { signal } = (this.#receiving = new AbortController())
    const text = await receiveCode(signal)
    if (text !== undefined && !signal.aborted) this.#typed(codeIn(text, this.#hooks.length()))
  }

  stopReceiving(): void {
    this.#receiving?.abort()
  }

  #typed(digits: string): void {
    const { code } = this.#layout
    if (code.value !== digits) code.value = digits
    this.#hooks.edited()
    if (digits.length === this.#hooks.length()) this.submit()
  }
}
