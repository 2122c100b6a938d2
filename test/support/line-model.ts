/**
 * What the service promises about one number, written from the design and not from the code: the
 * reference of the model-based test. Times are milliseconds.
 */
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface ModelVerification {
  readonly id: string
  readonly code: string
  readonly expiresAt: number
  attempts: number
  status: string
  endedAt: number
}

export class ModelProject {
  readonly verifications: ModelVerification[] = []
  sends: number[] = []
  failures: number[] = []
  inARow = 0
}

export interface ExpectedStart {
  readonly status: 201 | 429
  readonly code?: string
}

export class LineModel {
  now: number
  readonly projects = [new ModelProject(), new ModelProject()] as const

  constructor(now: number) {
    this.now = now
  }

  project(index: number): ModelProject {
    return this.projects[index === 0 ? 0 : 1]
  }

  advance(milliseconds: number): void {
    this.now += milliseconds
    for (const verification of this.projects.flatMap((project) => project.verifications)) {
      if (verification.status === 'pending' && this.now >= verification.expiresAt) {
        this.#end(verification, 'expired', verification.expiresAt)
      }
    }
  }

  pending(project: ModelProject): ModelVerification | undefined {
    return project.verifications.find(({ status }) => status === 'pending')
  }

  /** Five messages in ten minutes and ten a day for a project, fifteen a day for all. */
  expectStart(project: ModelProject): ExpectedStart {
    const expiresAt = this.pending(project)?.expiresAt ?? this.now + 10 * MINUTE
    if (this.#lockedUntil(project) >= expiresAt) return refused('too_many_failed_checks')
    const all = this.projects.flatMap(({ sends }) => sends)
    const full =
      this.#within(project.sends, 10 * MINUTE) >= 5 ||
      this.#within(project.sends, DAY) >= 10 ||
      this.#within(all, DAY) >= 15
    return full ? refused('too_many_sends') : { status: 201 }
  }

  started(project: ModelProject, id: string, code: string): void {
    project.sends.push(this.now)
    if (this.pending(project) !== undefined) return
    project.verifications.push({
      id,
      code,
      expiresAt: this.now + 10 * MINUTE,
      attempts: 0,
      status: 'pending',
      endedAt: Infinity,
    })
  }

  /** Five checks a verification, fifteen failures an hour, fifty a day, a hundred in a row. */
  check(project: ModelProject, verification: ModelVerification, right: boolean) {
    if (verification.status !== 'pending') {
      const status = verification.status === 'approved' ? 'used' : verification.status
      return { status: 200, body: { verified: false, status, attemptsLeft: 0 } }
    }
    if (this.#lockedUntil(project) > this.now) return { status: 429, body: {} }
    verification.attempts += 1
    if (right) {
      project.inARow = 0
      this.#end(verification, 'approved')
      return { status: 200, body: { verified: true, status: 'approved', attemptsLeft: 0 } }
    }
    project.failures.push(this.now)
    project.inARow += 1
    if (verification.attempts === 5) this.#end(verification, 'max_attempts')
    const left = 5 - verification.attempts
    return {
      status: 200,
      body: { verified: false, status: verification.status, attemptsLeft: left },
    }
  }

  cancel(verification: ModelVerification): number {
    if (verification.status !== 'pending') return 409
    this.#end(verification, 'canceled')
    return 200
  }

  /** A line forgets a verification 24 hours after its end, at its next wake-up. */
  mayHaveForgotten({ endedAt }: ModelVerification): boolean {
    return this.now >= endedAt + DAY
  }

  #end(verification: ModelVerification, status: string, at = this.now): void {
    verification.status = status
    verification.endedAt = at
  }

  #within(times: readonly number[], window: number): number {
    return times.filter((time) => time > this.now - window).length
  }

  #lockedUntil(project: ModelProject): number {
    const full = (limit: number, window: number) => {
      const counted = project.failures.filter((time) => time > this.now - window)
      const blocking = counted[counted.length - limit]
      return blocking === undefined ? 0 : blocking + window
    }
    const last = project.failures.at(-1) ?? 0
    return Math.max(full(15, HOUR), full(50, DAY), project.inARow >= 100 ? last + DAY : 0)
  }
}

const refused = (code: string): ExpectedStart => ({ status: 429, code })
