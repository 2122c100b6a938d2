/** A message that would have gone to a phone. */
export interface Message {
  readonly channel: string
  readonly body: string
  readonly code: string
  readonly verificationId: string
  readonly at: string
}

const POLL_MILLISECONDS = 1000

/** Looks into the inbox of the local run; tells of it when something has come or gone. */
export function watchInbox(show: (messages: readonly Message[]) => void): void {
  let seen = ''
  const look = async () => {
    // A tab that nobody looks at asks nothing.
    if (document.hidden) return
    const response = await fetch('/dev/inbox.json')
    const messages = (await response.json()) as readonly Message[]
    const now = messages.map(({ verificationId, at }) => verificationId + at).join()
    if (now === seen) return
    seen = now
    show(messages)
  }
  // A server that is being restarted answers again soon.
  const poll = () => look().catch(() => {})
  void poll()
  setInterval(() => void poll(), POLL_MILLISECONDS)
}
