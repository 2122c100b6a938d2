import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { unstable_getVarsForDev } from 'wrangler'
import { storeDeployedKeys } from '../../src/cli/deployed-token-keys.ts'
import { writeDevVars } from '../../src/cli/dev-vars.ts'
import { missingSecrets, SECRET_NAMES, storeSecrets } from '../../src/cli/setup-steps.ts'
import { migrateLocally, seedLocally } from '../../src/cli/local-project.ts'
import { makeTokenKey } from '../../src/cli/token-key-sets.ts'
import { readTokenKeys } from '../../src/core/token-keys.ts'
import { temporaryProject } from './support/temporary-project.ts'

const NO_WORKER = [404, 10_007, 'workers.api.error.script_not_found'] as const

/** Answers as Cloudflare's API does, at an address of this machine, and keeps what it was asked. */
const cloudflare = async (...answers: readonly (readonly [number, number, string] | null)[]) => {
  const asked: { method: string; url: string; body: string }[] = []
  const left = [...answers]
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request
    asked.push({ method, url, body: await text(request) })
    const [status, code, message] = left.shift() ?? [200, 0, '']
    const errors = status === 200 ? [] : [{ code, message }]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ success: status === 200, errors, messages: [], result: [] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  vi.stubEnv('OTPOST_WRANGLER', undefined)
  vi.stubEnv('CLOUDFLARE_API_BASE_URL', `http://127.0.0.1:${port}/client/v4`)
  vi.stubEnv('CLOUDFLARE_API_TOKEN', 'token-of-the-test')
  vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', 'account')
  return asked
}

afterEach(() => void vi.unstubAllEnvs())

describe('missingSecrets, with the wrangler of this project', () => {
  it('takes a Worker that does not exist yet for one without secrets', async () => {
    await cloudflare(NO_WORKER)
    expect(await missingSecrets()).toEqual(SECRET_NAMES)
  })

  it.each([
    [403, 10_000, 'Authentication error'],
    [404, 7003, 'Could not route to the account'],
    [400, 10_013, 'An unknown error has occurred'],
  ] as const)('stops at %i %i %s', async (...answer) => {
    await cloudflare(...Array.from({ length: 5 }, () => answer))
    await expect(missingSecrets()).rejects.toThrow(/could not be listed, so none was touched/)
  })
})

describe('storeSecrets, with the wrangler of this project', () => {
  it('stores all in one request, also when the Worker must be made first', async () => {
    const asked = await cloudflare(NO_WORKER)
    const made = await storeSecrets(['OTPOST_SECRET', 'OTPOST_TOKEN_KEYS'])
    expect(asked.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`)).toEqual([
      'PATCH /client/v4/accounts/account/workers/scripts/otpost/secrets-bulk',
      'PUT /client/v4/accounts/account/workers/scripts/otpost',
      'PATCH /client/v4/accounts/account/workers/scripts/otpost/secrets-bulk',
    ])
    const { secrets } = JSON.parse(asked[2]?.body ?? '{}')
    expect(Object.keys(secrets)).toEqual(['OTPOST_SECRET', 'OTPOST_TOKEN_KEYS'])
    expect(secrets.OTPOST_SECRET.text).toBe(made.OTPOST_SECRET)
    expect(secrets.OTPOST_TOKEN_KEYS.text).toBe(made.OTPOST_TOKEN_KEYS)
  })
})

describe('storeDeployedKeys, with the wrangler of this project', () => {
  it('puts the set into a request as it is, and nowhere else', async () => {
    const asked = await cloudflare()
    const set = { keys: [await makeTokenKey()] } as const
    await storeDeployedKeys(set)
    expect(asked.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`)).toEqual([
      'PUT /client/v4/accounts/account/workers/scripts/otpost/secrets',
    ])
    const { name, text: stored } = JSON.parse(asked[0]?.body ?? '{}')
    expect({ name, stored }).toEqual({ name: 'OTPOST_TOKEN_KEYS', stored: JSON.stringify(set) })
  })

  it('says what wrangler says when it fails', async () => {
    await cloudflare([403, 10_000, 'Authentication error'])
    const set = { keys: [await makeTokenKey()] } as const
    await expect(storeDeployedKeys(set)).rejects.toThrow(/Authentication error[^]*list --remote/)
  })
})

describe('.dev.vars, with the wrangler of this project', () => {
  it('gives the Worker the token keys as they were made', async () => {
    const { root } = temporaryProject()
    const file = join(root, '.dev.vars')
    await writeDevVars(file)
    const [, written = ''] = /^OTPOST_TOKEN_KEYS=(.*)$/m.exec(readFileSync(file, 'utf8')) ?? []
    const config = join(root, 'wrangler.toml')
    const vars = unstable_getVarsForDev(config, undefined, {}, undefined, true)
    expect(vars['OTPOST_TOKEN_KEYS']).toMatchObject({ value: written })
    expect(readTokenKeys(written).keys).toHaveLength(1)
  })
})

describe('the local database, with the wrangler of this project', () => {
  it('is migrated, seeded and used by the commands', async () => {
    vi.stubEnv('OTPOST_WRANGLER', undefined)
    const { folder, run } = temporaryProject()
    const place = { remote: false, persistTo: `${folder}/db` }
    await migrateLocally(place)
    await seedLocally(place)
    await seedLocally(place)
    const name = `O'Neil; "x"; -- BEGIN TRANSACTION; COMMIT; 電話`
    const real = `${import.meta.dirname}/../../node_modules/wrangler/bin/wrangler.js`
    const options = { env: { OTPOST_WRANGLER: real } }
    const where = ['--persist-to', 'db']
    const created = await run('project', ['create', name, '--countries', 'EE', ...where], options)
    expect(created).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^[0-9a-f]{24}\n$/),
    })
    const listed = await run('project', ['list', ...where], options)
    expect(listed.stdout).toBe(
      `000000000000000000000001  local\n${created.stdout.trim()}  ${name}\n`,
    )
    const revoked = await run('key', ['revoke', 'ocal', ...where], options)
    expect(revoked.stderr).toContain('ocal names 3 keys')
  })

  it('says what is missing before it is migrated', async () => {
    const { folder, run } = temporaryProject()
    const real = `${import.meta.dirname}/../../node_modules/wrangler/bin/wrangler.js`
    const { code, stderr } = await run('key', ['list', 'local', '--persist-to', `${folder}/db`], {
      env: { OTPOST_WRANGLER: real },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('apply the migrations first, with npm start')
  })
})
