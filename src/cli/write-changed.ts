import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes a folder hold these files and no others. A file that stays the same is not touched, and no
 * reader ever sees half of one: several builds may run at a time.
 */
export async function writeChanged(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of files) {
    const path = join(folder, name)
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) continue
    const draft = `${path}.${randomUUID()}`
    await writeFile(draft, text)
    await rename(draft, path)
  }
  for (const name of await readdir(folder)) {
    if (name.endsWith('.txt') && !files.has(name)) await rm(join(folder, name), { force: true })
  }
}
