import { describe, expect, it } from 'vitest'
import client from '../../src/widget/generated/client.js.txt'
import widget from '../../src/widget/generated/widget.js.txt'

async function packedSize(text: string): Promise<number> {
  const packed = new Response(text).body?.pipeThrough(new CompressionStream('gzip')) ?? null
  return (await new Response(packed).arrayBuffer()).byteLength
}

describe('the built scripts', () => {
  it('are small enough to wait for: at most 25 KB and 2 KB gzip', async () => {
    expect(await packedSize(widget)).toBeLessThan(25 * 1024)
    expect(await packedSize(client)).toBeLessThan(2 * 1024)
  })

  it.each([
    ['cookies', /\.cookie\b/],
    ['storage', /localStorage|sessionStorage|indexedDB/],
    ['markup from text', /innerHTML|outerHTML|insertAdjacentHTML|document\.write/],
    ['code from text', /\beval\(|new Function\b/],
    ['other hosts', /https?:\/\/(?!challenges\.cloudflare\.com\/|www\.w3\.org\/2000\/svg)/],
  ])('use no %s', (_, pattern) => {
    expect(widget).not.toMatch(pattern)
    expect(client).not.toMatch(pattern)
  })
})
