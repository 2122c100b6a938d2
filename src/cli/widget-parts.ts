import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, transform, type Plugin } from 'esbuild'
import { LANGUAGES } from '../core/languages.ts'
import { Failure } from './command.ts'
import { ROOT } from './wrangler.ts'

const BROWSER = join(ROOT, 'src/widget/browser')
const TEXTS = join(ROOT, 'src/widget/texts')

/** Browsers of the last two and a half years: what the widget's styles need, too. */
const TARGET = ['chrome123', 'firefox120', 'safari17.5']

/** What a page that embeds the widget may have to load. */
export const MOST_WIDGET_GZIP_KB = 25

/** Hands style sheets to scripts as minified text. */
const styleText: Plugin = {
  name: 'style-text',
  setup: (bundling) => {
    bundling.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const options = { loader: 'css', minify: true, target: TARGET } as const
      return { contents: (await transform(source, options)).code, loader: 'text' }
    })
  },
}

const shared = {
  bundle: true,
  minify: true,
  write: false,
  target: TARGET,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
  outdir: BROWSER,
} as const

/** Bundles every script and style sheet that a browser loads by a name of its own. */
export async function bundleBrowser(): Promise<Readonly<Record<string, string>>> {
  const scripts = await build({
    ...shared,
    format: 'esm',
    plugins: [styleText],
    entryPoints: {
      widget: entry('widget.ts'),
      client: entry('client.ts'),
      demo: entry('demo/demo.ts'),
    },
  })
  const styles = await build({ ...shared, entryPoints: { demo: entry('demo/demo.css') } })
  const files = [...scripts.outputFiles, ...styles.outputFiles]
  const bundles = files.map(({ path, text }) => [path.slice(BROWSER.length + 1), text] as const)
  return {
    ...Object.fromEntries(bundles),
    'demo.html': await readFile(entry('demo/demo.html'), 'utf8'),
  }
}

const entry = (name: string) => join(BROWSER, name)

/** Derives the declarations of what a page may import from the sources themselves. */
export async function renderTypes(): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'otpost-types-'))
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const options = ['-p', BROWSER, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly']
    const places = ['--rootDir', join(ROOT, 'src'), '--outDir', folder]
    await promisify(execFile)(process.execPath, [tsc, ...options, ...places])
    const read = (name: string) => readFile(join(folder, 'widget/browser', name), 'utf8')
    return {
      'client.d.ts': await read('client.d.ts'),
      'widget.d.ts': await read('element-types.d.ts'),
    }
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    throw new Failure(`${said}\nThe declarations were not written: correct the types first.`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Joins the texts of all languages into one module; the Worker hands them out one by one. */
export async function packTexts(): Promise<string> {
  const read = async (tag: string): Promise<unknown> =>
    JSON.parse(await readFile(join(TEXTS, `${tag}.json`), 'utf8'))
  const texts = await Promise.all(
    LANGUAGES.map(async (tag) => [tag, await read(tag === 'zh' ? 'zh-CN' : tag)] as const),
  )
  return JSON.stringify(Object.fromEntries(texts))
}

const KB = 1024
const inKb = (bytes: number) => (bytes / KB).toFixed(1)

/** Says how big each part is, and refuses a widget that takes a page too long to load. */
export function describeParts(parts: Readonly<Record<string, string>>): string {
  const sizes = Object.entries(parts).map(([name, text]) => {
    const bytes = Buffer.from(text)
    const packed = gzipSync(bytes, { level: 9 }).length
    if (name === 'widget.js' && packed > MOST_WIDGET_GZIP_KB * KB) {
      throw new Failure(`The widget has ${inKb(packed)} KB gzip: at most ${MOST_WIDGET_GZIP_KB}.`)
    }
    return `${name}: ${inKb(bytes.length)} KB, ${inKb(packed)} KB gzip`
  })
  return sizes.join('\n')
}
