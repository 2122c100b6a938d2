import { OtpostError } from './client.ts'

/** The part of Turnstile's interface that is used here: https://developers.cloudflare.com/turnstile/ */
interface Turnstile {
  render(place: HTMLElement, options: Readonly<Record<string, unknown>>): string | undefined
  reset(id: string): void
  remove(id: string): void
}

declare global {
  interface Window {
    turnstile?: Turnstile
  }
}

const SOURCE = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit'
/** The server takes tokens of this action only. */
const ACTION = 'otp'

export interface ChallengeOptions {
  readonly siteKey: string
  readonly theme: string
  readonly language: string
}

/** Tells people from programs. */
export interface Challenge {
  /** Gives a token that no start has used yet, as soon as there is one. */
  token(): Promise<string>
  remove(): void
}

let loading: Promise<Turnstile> | undefined

function load(): Promise<Turnstile> {
  if (window.turnstile !== undefined) return Promise.resolve(window.turnstile)
  loading ??= new Promise<Turnstile>((resolve, reject) => {
    const script = document.createElement('script')
    const fail = () => {
      loading = undefined
      script.remove()
      reject(unavailable())
    }
    script.src = SOURCE
    script.async = true
    script.addEventListener('error', fail)
    script.addEventListener('load', () =>
      window.turnstile === undefined ? fail() : resolve(window.turnstile),
    )
    document.head.append(script)
  })
  return loading
}

const unavailable = () =>
  new OtpostError({
    code: 'challenge_unavailable',
    status: 0,
    detail: 'The script of Turnstile could not be loaded: see the Content-Security-Policy.',
  })

const failed = () =>
  new OtpostError({ code: 'challenge_failed', status: 0, detail: 'Turnstile gave no token.' })

/** Draws Turnstile into the light DOM of a host, since it fails inside a shadow root. */
export function challenge(host: HTMLElement, options: ChallengeOptions): Challenge {
  const place = document.createElement('div')
  place.slot = 'turnstile'
  host.append(place)
  let drawn: { readonly api: Turnstile; readonly id: string | undefined } | undefined
  let answer = Promise.withResolvers<string>()
  answer.promise.catch(() => {})
  const settle = (token: string | undefined) =>
    token === undefined ? answer.reject(failed()) : answer.resolve(token)
  const renew = () => {
    answer = Promise.withResolvers()
    answer.promise.catch(() => {})
    if (drawn?.id !== undefined && place.isConnected) drawn.api.reset(drawn.id)
  }
  const draw = async () => {
    const api = await load()
    if (!place.isConnected) return
    const id = api.render(place, {
      sitekey: options.siteKey,
      action: ACTION,
      appearance: 'interaction-only',
      size: 'flexible',
      'response-field': false,
      theme: options.theme,
      language: options.language,
      callback: settle,
      'expired-callback': renew,
      // What is handled here is no error of the page: true keeps it off the console.
      'error-callback': () => (settle(undefined), true),
      'unsupported-callback': () => settle(undefined),
    })
    drawn = { api, id }
  }
  let drawing = draw()
  drawing.catch(() => {})
  return {
    token: async () => {
      if (drawn === undefined) {
        drawing = drawing.catch(draw)
        await drawing
      }
      try {
        return await answer.promise
      } finally {
        renew()
      }
    },
    remove: () => {
      if (drawn?.id !== undefined) drawn.api.remove(drawn.id)
      place.remove()
      // Who still waits for a token waits no longer.
      settle(undefined)
    },
  }
}
