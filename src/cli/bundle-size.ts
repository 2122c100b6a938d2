import { gzipSync } from 'node:zlib'
import { Failure } from './command.ts'

const KB = 1024
const MOST_GZIP_KB = 250

const inKb = (bytes: number) => (bytes / KB).toFixed(1)

/** Says how big the Worker is, and refuses one whose size makes it start slowly. */
export function describeSize(code: Uint8Array, texts: readonly Uint8Array[] = []): string {
  const own = packedSize(code)
  const whole = texts.reduce((sum, text) => sum + packedSize(text), own)
  const withTexts = texts.length === 0 ? '' : `, with its text modules ${inKb(whole)} KB gzip`
  const size = `dist/index.js: ${inKb(code.length)} KB, ${inKb(own)} KB gzip${withTexts}`
  if (whole <= MOST_GZIP_KB * KB) return size
  throw new Failure(
    `${size}, which is more than ${MOST_GZIP_KB} KB gzip: find what grew (npx wrangler deploy ` +
      '--dry-run --outdir dist --metafile) and import less of it.',
  )
}

const packedSize = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length
