import { join } from 'node:path'
import { print, runCommand } from './command.ts'
import { bundleBrowser, describeParts, packTexts, renderTypes } from './widget-parts.ts'
import { ROOT } from './wrangler.ts'
import { writeChanged } from './write-changed.ts'

/** Writes what browsers load as text modules, which the Worker imports. */
async function buildWidget(): Promise<void> {
  const parts = {
    ...(await bundleBrowser()),
    ...(await renderTypes()),
    'texts.json': await packTexts(),
  }
  await writeChanged(
    join(ROOT, 'src/widget/generated'),
    new Map(Object.entries(parts).map(([name, text]) => [`${name}.txt`, text])),
  )
  print(describeParts(parts))
}

await runCommand(buildWidget)
