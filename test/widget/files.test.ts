import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/core/languages.ts'
import english from '../../src/widget/texts/en.json'
import { env } from 'cloudflare:workers'
import { createExecutionContext } from 'cloudflare:test'
import worker from '../../src/index.ts'

const ask = (path: string, init: RequestInit = {}) =>
  worker.fetch(
    new Request(`https://otpost.test${path}`, init) as Parameters<typeof worker.fetch>[0],
    env,
    createExecutionContext(),
  )

const SCRIPT = 'text/javascript; charset=utf-8'

describe.each([
  ['/widget.js', SCRIPT, 300],
  ['/widget@1.js', SCRIPT, 86_400],
  ['/client.js', SCRIPT, 300],
  ['/client@1.js', SCRIPT, 86_400],
  ['/client.d.ts', 'text/plain; charset=utf-8', 300],
  ['/widget.d.ts', 'text/plain; charset=utf-8', 300],
  ['/widget/texts/et.json', 'application/json; charset=utf-8', 86_400],
] as const)('GET %s', (path, type, maxAge) => {
  it('may be loaded and kept by every page', async () => {
    const { status, headers } = await ask(path)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('cache-control')).toContain(`public, max-age=${maxAge},`)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.has('set-cookie')).toBe(false)
  })

  it.each(['', 'W/', '"another", W/'])('answers 304 to who has it: %s', async (before) => {
    const tag = (await ask(path)).headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/)
    const again = await ask(path, { headers: { 'if-none-match': before + tag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect(again.headers.get('etag')).toBe(tag)
    expect(again.headers.get('cache-control')).toContain('public')
  })

  it('answers anew to who has another', async () => {
    const other = await ask(path, { headers: { 'if-none-match': '"00"' } })
    expect(other.status).toBe(200)
    expect((await other.text()).length).toBeGreaterThan(500)
  })

  it('answers HEAD without a body', async () => {
    const head = await ask(path, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-type')).toBe(type)
  })

  it('refuses another method', async () => {
    const refused = await ask(path, { method: 'POST', body: '{}' })
    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe('GET, HEAD')
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(refused.headers.get('cache-control')).toBe('no-store')
  })
})

describe('GET /widget/texts/:language.json', () => {
  it.each(LANGUAGES)('has the texts of %s', async (language) => {
    const table = await (await ask(`/widget/texts/${language}.json`)).json<object>()
    expect(Object.keys(table)).toEqual(Object.keys(english))
  })

  it.each(['xx', 'ET', '__proto__', 'constructor', 'en.json'])('has none of %s', async (name) => {
    expect((await ask(`/widget/texts/${name}.json`)).status).toBe(404)
  })
})

describe('GET /widget.js', () => {
  it.each(['/widget@2.js', '/widget@1.2.js', '/widget', '/client@2.js'])(
    'knows no other version: %s',
    async (path) => {
      // Whatever the native API says to a path without a key, it is no script.
      expect((await ask(path)).status).toBeGreaterThanOrEqual(400)
    },
  )
})
