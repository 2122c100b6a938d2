import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeSize } from './bundle-size.ts'
import { Failure, print, runCommand } from './command.ts'
import { ROOT, runWrangler, wordsOf } from './wrangler.ts'

async function build(): Promise<void> {
  const folder = join(ROOT, 'dist')
  await rm(folder, { recursive: true, force: true })
  const outcome = await runWrangler(['deploy', '--dry-run', '--minify', '--outdir', 'dist'])
  if (outcome.code !== 0) {
    throw new Failure(
      `${wordsOf(outcome)}\n\nThe Worker was not built: correct what is said above.`,
    )
  }
  const read = (name: string) => readFile(join(folder, name))
  const texts = (await readdir(folder)).filter((name) => name.endsWith('.txt'))
  print(describeSize(await read('index.js'), await Promise.all(texts.map(read))))
}

await runCommand(build)
