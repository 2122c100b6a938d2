import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundleBrowser, describeParts, packTexts, renderTypes } from '../../src/cli/widget-parts.ts'
import { writeChanged } from '../../src/cli/write-changed.ts'

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'otpost-parts-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('writeChanged', () => {
  it('touches only what changes, and removes what is not written any more', async () => {
    const place = folder()
    const at = (name: string) => join(place, name)
    await writeChanged(
      place,
      new Map([
        ['a.txt', 'one'],
        ['b.txt', 'two'],
        ['c.txt', ''],
      ]),
    )
    for (const name of ['a.txt', 'b.txt']) utimesSync(at(name), 1000, 1000)
    writeFileSync(at('notes.md'), 'kept')
    await writeChanged(
      place,
      new Map([
        ['a.txt', 'one'],
        ['b.txt', 'three'],
      ]),
    )
    expect(readdirSync(place).toSorted()).toEqual(['a.txt', 'b.txt', 'notes.md'])
    expect(readFileSync(at('b.txt'), 'utf8')).toBe('three')
    expect(statSync(at('a.txt')).mtimeMs).toBe(1_000_000)
    expect(statSync(at('b.txt')).mtimeMs).toBeGreaterThan(1_000_000)
  })

  it('may run several times at once', async () => {
    const place = folder()
    const files = new Map([['a.txt', 'x'.repeat(100_000)]])
    await Promise.all(Array.from({ length: 5 }, () => writeChanged(place, files)))
    expect(readdirSync(place)).toEqual(['a.txt'])
  })
})

describe('describeParts', () => {
  const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(40 * 1024))).toString('base64')

  it('tells the size of each part', () => {
    expect(describeParts({ 'a.js': 'x'.repeat(2048), 'b.js': noise })).toMatch(
      /^a\.js: 2\.0 KB, 0\.0 KB gzip\nb\.js: 53\.\d KB, 4\d\.\d KB gzip$/,
    )
  })

  it('refuses a widget of more than 25 KB', () => {
    expect(() => describeParts({ 'widget.js': noise })).toThrow(/KB gzip: at most 25\./)
  })
})

describe('the parts', () => {
  it('are what the Worker imports', async () => {
    const bundles = Object.keys(await bundleBrowser()).toSorted()
    expect(bundles).toEqual(['client.js', 'demo.css', 'demo.html', 'demo.js', 'widget.js'])
    const types = await renderTypes()
    expect(types['client.d.ts']).toContain('export declare class Otpost ')
    expect(types['client.d.ts']).not.toMatch(/^import/m)
    expect(types['widget.d.ts']).toContain("'otpost-verify': OtpostVerifyElement")
    expect(types['widget.d.ts']).not.toMatch(/^import/m)
    expect(Object.keys(JSON.parse(await packTexts()) as object)).toHaveLength(41)
  })
})
