/** Absent on a server, where this module may be imported all the same. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement)

/** A custom element that takes part in forms as `<input>` does. */
export abstract class FormControl extends Base {
  static readonly formAssociated = true
  readonly #internals = this.attachInternals()
  #value = ''

  /** What the form submits under the element's name. */
  get value(): string {
    return this.#value
  }

  get form(): HTMLFormElement | null {
    return this.#internals.form
  }

  get validity(): ValidityState {
    return this.#internals.validity
  }

  get validationMessage(): string {
    return this.#internals.validationMessage
  }

  get willValidate(): boolean {
    return this.#internals.willValidate
  }

  get name(): string {
    return this.getAttribute('name') ?? ''
  }

  set name(name: string) {
    this.setAttribute('name', name)
  }

  get required(): boolean {
    return this.hasAttribute('required')
  }

  set required(required: boolean) {
    this.toggleAttribute('required', required)
  }

  get disabled(): boolean {
    return this.hasAttribute('disabled')
  }

  set disabled(disabled: boolean) {
    this.toggleAttribute('disabled', disabled)
  }

  checkValidity(): boolean {
    return this.#internals.checkValidity()
  }

  reportValidity(): boolean {
    return this.#internals.reportValidity()
  }

  protected take(value: string): void {
    this.#value = value
    this.#internals.setFormValue(value === '' ? null : value)
  }

  /** Asks for a value where one is required; the browser points at the anchor. */
  protected validate(message: string, anchor: HTMLElement): void {
    if (this.required && this.#value === '') {
      this.#internals.setValidity({ valueMissing: true }, message, anchor)
    } else {
      this.#internals.setValidity({})
    }
  }
}
