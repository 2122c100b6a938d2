/** Seconds left at which screen readers hear of it. */
const TOLD: ReadonlySet<number> = new Set([60, 30, 10])

export interface CountdownHooks {
  show(seconds: number): void
  tell(seconds: number): void
}

/** Counts down to a time, once a second, and stops by itself. */
export class Countdown {
  readonly #hooks: CountdownHooks
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(hooks: CountdownHooks) {
    this.#hooks = hooks
  }

  /** Counts to a time in milliseconds since 1970. */
  to(end: number): void {
    this.stop()
    const left = end - Date.now()
    const seconds = Math.max(0, Math.ceil(left / 1000))
    this.#hooks.show(seconds)
    if (TOLD.has(seconds)) this.#hooks.tell(seconds)
    if (seconds > 0) this.#timer = setTimeout(() => this.to(end), left % 1000 || 1000)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
