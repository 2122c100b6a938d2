import type { Language } from '../../core/languages.ts'
import { Conversation } from './conversation.ts'
import type { OtpostVerifyElement } from './element-types.ts'
import { FormControl } from './form-control.ts'
import { styleSheet } from './style-sheet.ts'
import { View } from './view.ts'
import { firstLanguage } from './words.ts'

/** `<otpost-verify>`: asks for a number, then for the code that was sent to it. */
export class OtpostVerify extends FormControl implements OtpostVerifyElement {
  static readonly observedAttributes = [
    'publishable-key',
    'api',
    'locale',
    'country',
    'required',
    'disabled',
  ]
  readonly type = 'otpost-verify'
  readonly #view = new View()
  readonly #conversation = new Conversation(this.#view, {
    element: this,
    attribute: (name) => this.getAttribute(name) ?? undefined,
    language: () => this.#language,
    api: () => this.#api,
    take: (value) => this.take(value),
    validate: (message, anchor) => this.validate(message, anchor),
    emit: (name, detail) =>
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })),
  })
  /** Ends what runs only while the element stands in the page; undefined before it ever did. */
  #standing: AbortController | undefined

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true })
    root.adoptedStyleSheets = [styleSheet()]
    root.append(this.#view.layout.root)
    root.addEventListener('focusin', () => this.#conversation.prepareChallenge())
  }

  connectedCallback(): void {
    this.#standing = new AbortController()
    const { signal } = this.#standing
    document.addEventListener('visibilitychange', () => this.#conversation.lookAtProof(), {
      signal,
    })
    this.#conversation.resume()
  }

  disconnectedCallback(): void {
    this.#standing?.abort()
    this.#conversation.pause()
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    // The attributes that it begins with are read when it is connected.
    if (this.#standing === undefined || before === now) return
    if (name === 'publishable-key' || name === 'api') this.#conversation.connect()
    else if (name === 'locale') void this.#conversation.translate()
    else if (name === 'country') this.#conversation.wish(now ?? '')
    else this.#conversation.render()
  }

  formDisabledCallback(): void {
    this.#conversation.render()
  }

  formResetCallback(): void {
    this.reset()
  }

  reset(): void {
    this.#view.layout.number.value = ''
    this.#conversation.begin()
  }

  get #api(): string {
    const { origin } = new URL(import.meta.url)
    return URL.parse(this.getAttribute('api') ?? origin, location.href)?.origin ?? origin
  }

  get #language(): Language | undefined {
    const wished = [this.getAttribute('locale'), languageAround(this)]
    return firstLanguage([...wished, ...navigator.languages])
  }
}

/** The closest `lang` attribute, across shadow roots as CSS inherits. */
function languageAround(element: Element): string | undefined {
  const { lang } = element.closest<HTMLElement>('[lang]') ?? {}
  const root = element.getRootNode()
  return lang ?? (root instanceof ShadowRoot ? languageAround(root.host) : undefined)
}
