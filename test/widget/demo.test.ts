import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../../src/index.ts'

const ask = (path: string, environment: Env = env) =>
  worker.fetch(
    new Request(`https://otpost.test${path}`) as Parameters<typeof worker.fetch>[0],
    environment,
    createExecutionContext(),
  )

describe('GET /demo', () => {
  it('shows a page of scripts and styles of this server only', async () => {
    const { headers, status } = await ask('/demo')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=UTF-8')
    expect(headers.get('cache-control')).toBe('no-store')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it('has nothing inline that its policy forbids', async () => {
    const page = await (await ask('/demo')).text()
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc="\/)/)
  })

  it.each([
    ['/demo.js', 'text/javascript; charset=utf-8'],
    ['/demo.css', 'text/css; charset=utf-8'],
  ])('finds %s', async (path, type) => {
    const { headers, status } = await ask(path)
    expect([status, headers.get('content-type')]).toEqual([200, type])
  })

  it.each(['/demo', '/demo.js', '/demo.css'])(
    'is not there outside development: %s',
    async (path) => {
      const production = { ...env, ENVIRONMENT: 'production' }
      expect((await ask(path, production)).status).toBe(404)
    },
  )
})
