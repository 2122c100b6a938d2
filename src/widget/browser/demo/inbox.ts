/** A message that would have gone to a phone. */
export interface Message {
  readonly to: string
  readonly channel: string
  readonly body: string
  readonly code: string
  readonly verificationId: string
  readonly at: string
}

const POLL_MILLISECONDS = 1000

/** Looks into the inbox of the local run; tells what came to a phone since now, newest first. */
export function watchInbox(
  phone: () => string | undefined,
  show: (messages: readonly Message[]) => void,
): void {
  const since = Date.now()
  let seen = ''
  const look = async () => {
    // A tab that nobody looks at asks nothing.
    if (document.hidden) return
    const number = phone()
    if (number === undefined) return
    const response = await fetch(`/dev/inbox.json?to=${encodeURIComponent(number)}`)
    const all = (await response.json()) as readonly Message[]
    const messages = all.filter(({ at }) => Date.parse(at) >= since)
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
