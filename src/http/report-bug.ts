import { Refusal } from '../core/refusal.ts'

/** Writes an error into the log, by its name and message: neither holds a code, a number or a key. */
export function report(error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  console.error(
    JSON.stringify({ level: 'error', error: name, message: redact(message), stack: frames(stack) }),
  )
}

/** Logs a bug, and turns it into the refusal that tells a caller no more than that it is one. */
export function reportBug(error: unknown): Refusal {
  report(error)
  return new Refusal('internal')
}

/** What an error of a library may quote: any run of four digits and more. */
const redact = (text: string): string => text.replaceAll(/\d{4,}/g, '…').slice(0, 500)

const frames = (stack: string | undefined): readonly string[] =>
  (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
