/** A message went out. */
export interface OtpostSentDetail {
  readonly id: string
  readonly channel: 'sms' | 'call' | 'whatsapp'
  /** In E.164 form. */
  readonly phoneNumber: string
  /** When the code expires, in Unix seconds. */
  readonly expires: number
  /** Seconds until another message is admitted. */
  readonly resendAfter: number
}

/** The person has proved to hold the number. */
export interface OtpostVerifiedDetail {
  readonly id: string
  readonly phoneNumber: string
  /** A signed token: send it to your server, which verifies it. */
  readonly proof: string
  /** When the proof expires, in Unix seconds. */
  readonly proofExpires: number
}

/** Something went wrong; the widget tells the person by itself. */
export interface OtpostErrorDetail {
  /** As `country_refused`; `wrong_code`, `expired` or `max_attempts` of a check; `network` when no answer came. */
  readonly code: string
  /** Of the HTTP answer; 0 when none came, 200 when a check was answered. */
  readonly status: number
  /** One sentence for the developer. */
  readonly detail: string
  readonly retryAfterSeconds?: number | undefined
  /** After a wrong code. */
  readonly attemptsLeft?: number | undefined
}

/** The proof ran out; the element has no value any more. */
export interface OtpostExpiredDetail {
  readonly id: string
  readonly phoneNumber: string
}

/** All of them bubble and cross shadow roots. */
export interface OtpostVerifyEventMap {
  'otpost:sent': CustomEvent<OtpostSentDetail>
  'otpost:verified': CustomEvent<OtpostVerifiedDetail>
  'otpost:error': CustomEvent<OtpostErrorDetail>
  'otpost:expired': CustomEvent<OtpostExpiredDetail>
}

/** `<otpost-verify>`: a form control whose value is the proof. */
export interface OtpostVerifyElement extends HTMLElement {
  /** The proof; empty until the number is verified. */
  readonly value: string
  readonly type: 'otpost-verify'
  readonly form: HTMLFormElement | null
  readonly validity: ValidityState
  readonly validationMessage: string
  readonly willValidate: boolean
  name: string
  required: boolean
  disabled: boolean
  checkValidity(): boolean
  reportValidity(): boolean
  /** Forgets number and proof, and begins again. */
  reset(): void
}

/** Attributes of `<otpost-verify>`, for templates that check them. */
export interface OtpostVerifyAttributes {
  /** `pk_live_…` or `pk_test_…`. */
  'publishable-key': string
  /** Origin of the otpost deployment; the one that the script came from unless given. */
  api?: string | undefined
  channel?: 'sms' | 'call' | 'whatsapp' | undefined
  /** BCP 47 tag; else the closest `lang` attribute, else the browser's language. */
  locale?: string | undefined
  /** ISO 3166-1 alpha-2 code of the country that is chosen at first. */
  country?: string | undefined
  /** Comes back as the `nonce` claim of the proof. */
  session?: string | undefined
  theme?: 'light' | 'dark' | 'auto' | undefined
  name?: string | undefined
  required?: boolean | undefined
  disabled?: boolean | undefined
  id?: string | undefined
  class?: string | undefined
  slot?: string | undefined
}

declare global {
  interface HTMLElementTagNameMap {
    'otpost-verify': OtpostVerifyElement
  }
  interface GlobalEventHandlersEventMap {
    'otpost:sent': CustomEvent<OtpostSentDetail>
    'otpost:verified': CustomEvent<OtpostVerifiedDetail>
    'otpost:error': CustomEvent<OtpostErrorDetail>
    'otpost:expired': CustomEvent<OtpostExpiredDetail>
  }
  namespace JSX {
    interface IntrinsicElements {
      'otpost-verify': OtpostVerifyAttributes
    }
  }
}
