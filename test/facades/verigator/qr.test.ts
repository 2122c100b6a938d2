import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import { enrolled } from '../../../src/facades/verigator/wire.ts'
import { makeTotpSecret, totpUri } from '../../../src/core/totp.ts'

const SCALE = 4

/** Reads which modules an SVG draws: its path is a list of squares of one module each. */
function modulesOf(svg: string) {
  const size = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1])
  const dark = new Set<number>()
  const path = /<path d="([^"]+)"/.exec(svg)?.[1] ?? ''
  let [x, y] = [0, 0]
  for (const square of path.matchAll(/([Mm])([\d-]+)[ ,]?(-?\d+)h1v1[Hh]-?\d+Z/g)) {
    const [right, down] = [Number(square[2]), Number(square[3])]
    ;[x, y] = square[1] === 'M' ? [right, down] : [x + right, y + down]
    dark.add(y * size + x)
  }
  return { size, dark }
}

function readQr(svg: string): string | undefined {
  const { size, dark } = modulesOf(svg)
  const width = size * SCALE
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255)
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!dark.has(Math.floor(y / SCALE) * size + Math.floor(x / SCALE))) continue
      pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return jsQR(pixels, width, width)?.data
}

describe('the QR code of an enrolment', () => {
  it.each([
    ['Example', 'john'],
    ['Läden & Co: Süd', 'jörg@example.com?x=1'],
    ['😀'.repeat(255), '𝒴'.repeat(255)],
  ])('says the URI of %s and %s', (issuer, account) => {
    const secret = makeTotpSecret()
    const uri = totpUri(secret, issuer, account)
    const { qr } = enrolled({ secret, uri })
    expect(qr).toMatch(/^data:image\/svg\+xml;base64,/)
    const svg = atob(qr.slice(qr.indexOf(',') + 1))
    expect(readQr(svg)).toBe(uri)
  })
})
