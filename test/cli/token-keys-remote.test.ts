import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeTokenKey } from '../../src/cli/token-key-sets.ts'
import { publicKeys, readTokenKeys, type TokenKey } from '../../src/core/token-keys.ts'
import { DAY, NAME, retired, seconds } from './support/token-keys.ts'
import { temporaryProject } from './support/temporary-project.ts'

interface Shown {
  readonly status?: number
  readonly body: unknown
}

/** A deployment whose Worker shows what it is told to, at an address of this machine. */
const deployment = async (
  shown: Shown,
  secrets: Record<string, string> | null = { [NAME]: 'old' },
) => {
  const project = temporaryProject({
    secrets: secrets && {
      OTPOST_NUMBER_KEY: 'n',
      OTPOST_SECRET: 's',
      ADMIN_TOKEN: 'a',
      ...secrets,
    },
  })
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.writeHead(shown.status ?? 200, { location: '/elsewhere' })
    response.end(JSON.stringify(shown.body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    project,
    url,
    asked,
    stored: () => project.account().secrets?.[NAME],
    run: (...args: readonly string[]) => project.run('token-keys', [...args, '--remote']),
  }
}

const deployed = async (...old: readonly TokenKey[]) => {
  const key = await makeTokenKey()
  const shown = publicKeys({ keys: [key, ...old] }, Date.now())
  return { key, ...(await deployment({ body: shown })) }
}

describe('npm run token-keys, with --remote', () => {
  it('lists what the deployment shows', async () => {
    const { key, url, asked, run, project } = await deployed(
      retired(await makeTokenKey(), seconds()),
    )
    const { code, stdout } = await run('list', '--url', url)
    expect(code).toBe(0)
    expect(stdout).toContain(`  ${key.kid}  signs\n`)
    expect(stdout).toMatch(/retired .* verifies until/)
    expect(asked).toEqual(['/.well-known/jwks.json'])
    expect(project.calls()).toEqual([])
  })

  it('rotates: a new key signs, and the others stay with the time of their end', async () => {
    const at = seconds() - 3 * DAY
    const old = await makeTokenKey()
    const { key, url, run, stored, project } = await deployed(retired(old, at))
    const { code, stdout, stderr } = await run('rotate', '--url', url)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { keys } = readTokenKeys(stored() ?? '')
    expect(keys.map(({ kid }) => kid)).toEqual([keys[0].kid, key.kid, old.kid])
    expect(keys[0].kid).not.toBe(key.kid)
    expect(keys[1]?.retired_at).toBeGreaterThanOrEqual(seconds() - 60)
    expect(keys[2]).toEqual(retired(old, at))
    const calls = project.calls().map(({ args }) => args.join(' '))
    expect(calls).toEqual(['secret list --format json', `secret put ${NAME}`])
    expect(JSON.stringify(calls) + stdout).not.toContain(keys[0].d)
    expect(stdout).toContain(`  ${keys[0].kid}  signs\n`)
    expect(stdout).toContain('Do not rotate again before list shows it.')
  })

  it('takes the address from wrangler.toml', async () => {
    const { url, run, project, stored } = await deployed()
    project.writeToml(`${project.toml()}\n[vars]\nPUBLIC_URL = "${url}/"\n`)
    expect((await run('rotate')).code).toBe(0)
    expect(readTokenKeys(stored() ?? '').keys).toHaveLength(2)
  })

  const own = { keys: [] }
  it.each<[string, Shown, string]>([
    ['it is misconfigured', { status: 503, body: { detail: 'See.' } }, 'it answers 503: See.'],
    ['it is something else', { body: own }, 'it answers something else than our keys'],
    ['it shows other keys', { body: { keys: [{ kty: 'RSA' }] } }, 'something else than our keys'],
    ['it shows no JSON', { body: undefined }, 'it answers something else than our keys'],
    ['it leads elsewhere', { status: 302, body: own }, 'redirect'],
  ])('does not rotate when %s', async (_, shown, reason) => {
    const { url, run, stored, project } = await deployment(shown)
    const { code, stderr } = await run('rotate', '--url', url)
    expect(code).toBe(1)
    expect(stderr).toContain(`could not be read from ${url}/.well-known/jwks.json`)
    expect(stderr).toContain(reason)
    expect(stderr).toContain('Nothing was changed')
    expect(stderr).toContain('add --forget-old')
    expect(stored()).toBe('old')
    expect(project.calls().map(({ args }) => args[1])).toEqual(['list'])
  })

  it('does not rotate when nobody answers', async () => {
    const { run, stored } = await deployed()
    const { code, stderr } = await run('rotate', '--url', 'http://127.0.0.1:1')
    expect(code).toBe(1)
    expect(stderr).toContain('Nothing was changed')
    expect(stored()).toBe('old')
  })

  it('forgets the old keys on purpose, and asks nobody for them', async () => {
    const { run, stored, asked } = await deployed()
    expect((await run('rotate', '--forget-old')).code).toBe(0)
    expect(readTokenKeys(stored() ?? '').keys).toHaveLength(1)
    expect(asked).toEqual([])
  })

  it.each([
    ['--url', 'http://otp.example.com'],
    ['--url', 'otp.example.com'],
    ['--url', 'https://otp.example.com/?a'],
  ])('takes no keys from %s %s', async (...flags) => {
    const { run, project } = await deployed()
    const { code, stderr } = await run('rotate', ...flags)
    expect(code).toBe(1)
    expect(stderr).toContain('--url is no https URL without ? and #')
    expect(project.calls()).toEqual([])
  })

  it('asks for the address when it is not known', async () => {
    const { run, project } = await deployed()
    const { code, stderr } = await run('list')
    expect(code).toBe(1)
    expect(stderr).toContain('add --url https://YOUR-HOST, or set PUBLIC_URL')
    project.writeToml(`${project.toml()}\n[vars]\nPUBLIC_URL = "http://otp.example.com"\n`)
    expect((await run('list')).stderr).toContain('PUBLIC_URL of wrangler.toml is no https URL')
  })

  it('adds a set where the Worker has none, and keeps one that it has', async () => {
    const { run, stored, asked } = await deployment({ body: {} }, {})
    expect((await run('add')).code).toBe(0)
    const first = stored() ?? ''
    expect(readTokenKeys(first).keys).toHaveLength(1)
    const again = await run('add')
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('npm run token-keys -- rotate --remote')
    expect(stored()).toBe(first)
    expect(asked).toEqual([])
  })

  it('sends who has no Worker to setup, and who has no keys to add', async () => {
    const none = await deployment({ body: {} }, null)
    expect((await none.run('add')).stderr).toContain('run npm run setup, which makes')
    const bare = await deployment({ body: {} }, {})
    const { code, stderr } = await bare.run('rotate', '--url', bare.url)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'OTPOST_TOKEN_KEYS is missing: run npm run token-keys -- add --remote\n',
    })
  })

  it('stores no set that is larger than a secret', async () => {
    const old = await Promise.all(
      Array.from({ length: 25 }, async () => retired(await makeTokenKey(), seconds())),
    )
    const { url, run, stored } = await deployed(...old)
    const { code, stderr } = await run('rotate', '--url', url)
    expect(code).toBe(1)
    expect(stderr).toContain('27 keys are more than a secret can hold')
    expect(stored()).toBe('old')
  })

  it('says that it may have been stored when the answer was lost', async () => {
    const { project, url } = await deployed()
    const { code, stderr } = await project.run('token-keys', ['rotate', '--remote', '--url', url], {
      env: { STAND_IN_FAIL: 'after secret put' },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('The answer to secret put was lost.')
    expect(stderr).toContain('See npm run token-keys -- list --remote')
  })

  it('needs no pruning', async () => {
    const { run, project } = await deployed()
    const { code, stdout } = await run('prune')
    expect(code).toBe(0)
    expect(stdout).toContain('the next rotate leaves it out')
    expect(project.calls()).toEqual([])
  })
})
