import { readdirSync, readFileSync } from 'node:fs'

/** Ids of the processes that a process has started, and of those that they have. */
export function descendantsOf(ancestor: number): readonly number[] {
  const parents = new Map(readdirSync('/proc').filter(isNumber).flatMap(withParent))
  const found = new Set([ancestor])
  for (let before = 0; before !== found.size;) {
    before = found.size
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child)
  }
  found.delete(ancestor)
  return [...found]
}

/** Kills a process and all that it has started, these first, so that it can't start them again. */
export function killTree(ancestor: number): void {
  const tree = [...descendantsOf(ancestor), ancestor]
  const isRuntime = (pid: number) => nameOf(pid).startsWith('workerd')
  for (const pid of [...tree.filter(isRuntime), ...tree]) kill(pid)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** `pid (name) state parent …`, where the name may hold spaces and brackets. */
function stat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

const nameOf = (pid: number): string => /\((.*)\)/s.exec(stat(pid))?.[1] ?? ''

function withParent(entry: string): readonly (readonly [child: number, parent: number])[] {
  const parent = /^.*\) \S (\d+)/s.exec(stat(Number(entry)))?.[1]
  return parent === undefined ? [] : [[Number(entry), Number(parent)]]
}
