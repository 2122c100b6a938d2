import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Says what is wrong and what to do next; it is printed without a stack. */
export class Failure extends Error {}

/** Whether an error's message is enough: it is a `Failure`, or the system's word about a file. */
export const isExplained = (error: unknown): error is Error =>
  error instanceof Failure || (error instanceof Error && 'syscall' in error)

/** Runs a command to its end: what is explained becomes its message on standard error and exit code 1. */
export async function runCommand(command: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await command()) ?? 0
  } catch (error) {
    if (!isExplained(error)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Reads flags strictly; what is wrong with them is a `Failure` that names the command's help. */
export function readFlags<Options extends NonNullable<ParseArgsConfig['options']>>(
  name: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const problem = error.message.split(/\.(?:\s|$)/, 1)[0]
    throw new Failure(`${problem}. ${helpOf(name)}`)
  }
}

/** Names the help of a command, as the end of a message. */
export const helpOf = (name: string) => `npm run ${name} -- --help shows how it is written.`
