import type { Language } from '../../core/languages.ts'
import { OtpostError, type OtpostApproval, type OtpostVerification } from './client.ts'
import type { OtpostChannel, OtpostStart } from './client.ts'
import { CodeStep } from './code-step.ts'
import { Countdown } from './countdown.ts'
import { Deployment, likelyCountry } from './deployment.ts'
import type { OtpostErrorDetail, OtpostVerifyEventMap } from './element-types.ts'
import { Flow } from './flow.ts'
import { NumberStep } from './number-step.ts'
import { isFinal } from './problems.ts'
import { ProofWatch } from './proof.ts'
import { challenge, type Challenge } from './turnstile.ts'
import type { View } from './view.ts'
import { ENGLISH, fill, loadWords, waitIn, type Words } from './words.ts'

const USUAL_CODE_LENGTH = 6

/** The element that all of it happens in. */
export interface Host {
  readonly element: HTMLElement
  attribute(name: string): string | undefined
  /** What the page asks for; undefined when there are no texts in it. */
  language(): Language | undefined
  /** Origin of the deployment. */
  api(): string
  take(proof: string): void
  validate(message: string, anchor: HTMLElement): void
  emit<Name extends keyof OtpostVerifyEventMap>(
    name: Name,
    detail: OtpostVerifyEventMap[Name]['detail'],
  ): void
}

/** Leads a person from a number to a proof: joins what is shown, asked and counted. */
export class Conversation {
  readonly #view: View
  readonly #host: Host
  readonly #flow = new Flow({
    changed: () => this.render(),
    sent: (verification) => this.#sent(verification),
    approved: (approval, verification) => this.#approved(approval, verification),
    failed: (problem) => this.#failed(problem),
  })
  readonly #number: NumberStep
  readonly #code: CodeStep
  readonly #countdown: Countdown
  readonly #proof = new ProofWatch(() => this.#expired())
  #deployment: Deployment | undefined
  #words: Words | undefined
  #challenge: Challenge | undefined

  constructor(view: View, host: Host) {
    const { layout } = view
    this.#view = view
    this.#host = host
    this.#number = new NumberStep(layout, {
      countries: () => this.#deployment?.countries ?? [],
      changed: () => this.#edited(),
      refused: (code) => this.#flow.refuse(code),
    })
    this.#code = new CodeStep(layout, {
      length: () => this.#codeLength,
      changed: () => view.showPlace(),
      edited: () => this.#edited(),
      complete: (code) => this.#check(code),
      incomplete: () => this.#refuse('incomplete'),
    })
    this.#countdown = new Countdown({
      show: (seconds) => view.showWait(seconds),
      tell: (seconds) => this.#tell('wait', seconds),
    })
    onSubmit(layout.numberForm, () => this.#send())
    onSubmit(layout.codeForm, () => this.#code.submit())
    layout.resend.addEventListener('click', () => this.#sendAgain(layout.resend))
    layout.call.addEventListener('click', () => this.#sendAgain(layout.call, 'call'))
    layout.change.addEventListener('click', () => this.begin())
    layout.again.addEventListener('click', () => this.begin())
  }

  /** Goes on where it was, or begins. */
  resume(): void {
    if (this.#deployment === undefined) this.connect()
    // Until the texts have come; a form may be sent before.
    if (this.#words === undefined) {
      this.#host.validate(ENGLISH.texts.required, this.#view.layout.number)
    }
    void this.translate()
    this.#countdown.to(this.#flow.situation.resendAt)
    if (this.#flow.situation.step === 'code') void this.#code.receive()
    this.#proof.look()
  }

  /** Stops what needs a page around it; answers on their way still count. */
  pause(): void {
    this.#countdown.stop()
    this.#code.stopReceiving()
    this.#proof.pause()
    this.#challenge?.remove()
    this.#challenge = undefined
  }

  lookAtProof(): void {
    this.#proof.look()
  }

  /** Forgets what was reached, but for the number in its field. */
  begin(problem?: OtpostErrorDetail): void {
    this.#code.stopReceiving()
    this.#code.clear()
    this.#countdown.to(0)
    this.#proof.forget()
    this.#host.take('')
    this.#flow.begin(problem)
  }

  /** Turns to the deployment and key that the attributes name. */
  connect(): void {
    const publishableKey = this.#host.attribute('publishable-key') ?? ''
    const deployment = new Deployment({ publishableKey, api: this.#host.api() })
    this.#deployment = deployment
    this.#challenge?.remove()
    this.#challenge = undefined
    this.#chooseCountry()
    this.begin()
    this.#flow.forget()
    deployment.configure().then(
      () => {
        this.#number.recheck()
        this.#chooseCountry()
        this.render()
      },
      (error: unknown) => {
        // Nobody has asked for anything yet: only what will not pass by itself is said.
        const final = error instanceof OtpostError && isFinal(error)
        if (final && deployment === this.#deployment) this.#flow.fail(error)
      },
    )
  }

  /** Chooses a country, when the key allows it. */
  wish(country: string): void {
    this.#number.country = ''
    this.#chooseCountry(country)
    this.render()
  }

  async translate(): Promise<void> {
    const language = this.#host.language() ?? 'en'
    const words = await loadWords(language, this.#host.api())
    if (language !== (this.#host.language() ?? 'en')) return
    this.#words = words
    this.render()
  }

  render(): void {
    if (this.#words === undefined || this.#deployment === undefined) return
    const { situation } = this.#flow
    const { channel } = situation.verification ?? {}
    const channels = this.#deployment.configuration?.channels ?? []
    this.#view.render({
      words: this.#words,
      situation,
      countries: this.#deployment.countries,
      country: this.#number.country,
      codeLength: this.#codeLength,
      disabled: this.#host.element.matches(':disabled'),
      offersCall: situation.sends > 1 && channel !== 'call' && channels.includes('call'),
    })
    const { number, code } = this.#view.layout
    this.#host.validate(this.#words.texts.required, situation.step === 'code' ? code : number)
  }

  /** Draws Turnstile where the key asks for it, as soon as somebody turns to the field. */
  prepareChallenge(): Challenge | undefined {
    const siteKey = this.#deployment?.configuration?.turnstileSiteKey ?? null
    if (siteKey === null) return undefined
    this.#challenge ??= challenge(this.#host.element, {
      siteKey,
      theme: this.#host.attribute('theme') ?? 'auto',
      language: this.#host.language() ?? 'auto',
    })
    return this.#challenge
  }

  get #codeLength(): number {
    const { verification } = this.#flow.situation
    const { configuration } = this.#deployment ?? {}
    return verification?.codeLength ?? configuration?.codeLength ?? USUAL_CODE_LENGTH
  }

  #chooseCountry(wished = this.#host.attribute('country') ?? ''): void {
    const countries = this.#deployment?.countries ?? []
    this.#number.country =
      [this.#number.country, wished.toUpperCase()].find((one) => countries.includes(one)) ??
      likelyCountry(navigator.languages, countries)
  }

  #edited(): void {
    this.#flow.forgive()
    this.render()
  }

  #refuse(code: string): void {
    this.#flow.refuse(code)
    this.#view.focus()
  }

  #send(channel?: OtpostChannel): void {
    const read = this.#number.read()
    if (read === undefined) {
      this.#refuse('invalid_phone')
    } else if (this.#flow.situation.step === 'number' && this.#flow.goBack(read.phoneNumber)) {
      this.#countdown.to(this.#flow.situation.resendAt)
      this.#view.announce(this.#view.layout.sent.textContent)
      if (this.#flow.situation.verification?.channel === 'sms') void this.#code.receive()
    } else if (this.#deployment !== undefined) {
      const deployment = this.#deployment
      this.#tell('busy')
      void this.#flow.send(deployment.client, () => this.#prepare(deployment, channel))
    }
  }

  async #prepare(deployment: Deployment, wished?: OtpostChannel): Promise<OtpostStart> {
    const { channels } = await deployment.configure()
    const read = this.#number.read()
    deployment.refuseCountry(read?.country)
    const asked = wished ?? this.#host.attribute('channel')
    const channel = channels.find((one) => one === asked) ?? channels[0] ?? 'sms'
    const turnstileToken = await this.prepareChallenge()?.token()
    return {
      phoneNumber: read?.phoneNumber ?? '',
      channel,
      locale: this.#host.language(),
      domain: channel === 'sms' ? location.hostname || undefined : undefined,
      turnstileToken,
    }
  }

  #sendAgain(button: HTMLElement, channel?: OtpostChannel): void {
    if (button.ariaDisabled === 'true' || this.#deployment === undefined) return
    if (this.#flow.situation.over) {
      this.#send(channel)
      return
    }
    this.#tell('busy')
    void this.#flow.resend(this.#deployment.client, channel)
  }

  #check(code: string): void {
    if (this.#deployment === undefined) return
    this.#code.stopReceiving()
    this.#tell('busy')
    void this.#flow.check(this.#deployment.client, code, this.#host.attribute('session'))
  }

  #sent({ id, channel, phoneNumber, expires, resendAfter }: OtpostVerification): void {
    this.#code.clear()
    this.#countdown.to(this.#flow.situation.resendAt)
    this.#view.announce(this.#view.layout.sent.textContent)
    this.#view.focusIfInside()
    if (channel === 'sms') void this.#code.receive()
    this.#host.emit('otpost:sent', { id, channel, phoneNumber, expires, resendAfter })
  }

  #approved(approval: OtpostApproval, { id, phoneNumber }: OtpostVerification): void {
    const { proof, proofExpires } = approval
    this.#host.take(proof)
    this.#code.clear()
    this.#countdown.to(0)
    this.#proof.begin(approval)
    this.render()
    this.#tell('verified')
    this.#host.emit('otpost:verified', { id, phoneNumber, proof, proofExpires })
  }

  #failed(problem: OtpostErrorDetail): void {
    this.#view.announce('')
    this.#countdown.to(this.#flow.situation.resendAt)
    if (problem.code === 'wrong_code') this.#code.refuse()
    this.#host.emit('otpost:error', problem)
  }

  #expired(): void {
    const { id, phoneNumber } = this.#flow.situation.verification ?? { id: '', phoneNumber: '' }
    this.begin({ code: 'proof_expired', status: 0, detail: 'The proof has expired.' })
    this.#host.emit('otpost:expired', { id, phoneNumber })
  }

  #tell(name: 'busy' | 'verified' | 'wait', seconds = 0): void {
    if (this.#words === undefined) return
    const { language, texts } = this.#words
    this.#view.announce(fill(texts[name], { time: waitIn(language, seconds) }))
  }
}

function onSubmit(form: HTMLFormElement, act: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    act()
  })
}
