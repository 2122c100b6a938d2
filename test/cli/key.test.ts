import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { temporaryProject } from './support/temporary-project.ts'

const SECRET = '9f86d081884c7d659a2feaa0c55ad015'

const withShop = async () => {
  const project = temporaryProject()
  project.migrate()
  await project.run('project', ['create', 'shop', '--countries', 'EE', '--remote'])
  const run = (args: readonly string[], input?: string) =>
    project.run('key', [...args, '--remote'], input === undefined ? {} : { input })
  return { project, run }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('npm run key -- create', () => {
  it.each([
    ['--secret', '--live', /^sk_live_[0-9A-Za-z]{32}\n$/],
    ['--secret', '--test', /^sk_test_[0-9A-Za-z]{32}\n$/],
    ['--publishable', '--live', /^pk_live_[0-9A-Za-z]{32}\n$/],
    ['--publishable', '--test', /^pk_test_[0-9A-Za-z]{32}\n$/],
  ])('prints a %s %s key once and stores its hash', async (kind, mode, form) => {
    const { project, run } = await withShop()
    const origin = kind === '--publishable' ? ['--origin', 'https://shop.example'] : []
    const args = ['create', 'shop', kind, mode, ...origin, '--label', "Bob's; key"]
    const { code, stdout } = await run(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(form)
    const secret = stdout.trim()
    const listed = (await run(['list', 'shop'])).stdout
    expect(listed).toContain(sha256(secret).slice(0, 12))
    expect(listed).toContain(`  ${kind.slice(2)} ${mode.slice(2)}  …${secret.slice(-4)}  shop`)
    expect(listed).toContain("Bob's; key")
    expect(listed).not.toContain(secret)
    expect(JSON.stringify(project.calls())).not.toContain(secret)
    expect(JSON.stringify(project.calls())).toContain(sha256(secret))
  })

  it.each([
    [['create', 'shop', '--live'], /^Write either --secret or --publishable/],
    [['create', 'shop', '--secret', '--publishable', '--live'], /^Write either --secret or/],
    [['create', 'shop', '--secret'], /^Write either --live or --test/],
    [['create', '--secret', '--live'], /^The project is missing/],
    [['create', 'shop', '--secret', '--live', '--label', 'a\nb'], /^A label is one line/],
    [['create', 'shop', '--secret', '--live', '--country', 'EE'], /^--country does not go/],
    [['import', 'shop', '--publishable', '--live'], /^--publishable does not go/],
    [['import', 'shop', '--live', '--origin', 'https://a.example'], /^--origin does not go/],
    [['revoke', 'abcd', '--template', 'x'], /^--template does not go/],
    [['restrict', 'abcd', '--live', '--origin', 'https://a.example'], /^--live does not go/],
    [['restrict', 'abcd'], /^Say what to change, such as --origin/],
    [['restrict', '--origin', 'https://a.example'], /^The key is missing/],
    [['list', 'shop', '--live'], /^--live does not go with this command/],
    [['revoke', 'abc'], /^Name the key by its last 4 characters/],
    [['revoke'], /^The key is missing/],
    [['rotate'], /^There is no such command\. npm run key -- --help/],
  ])('refuses %j and says what to do', async (args, stderr) => {
    const project = temporaryProject()
    const ended = await project.run('key', [...args, '--remote'])
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) })
    expect(project.calls()).toEqual([])
  })
})

describe('npm run key -- import', () => {
  it('takes a secret from standard input, without its line end', async () => {
    const { project, run } = await withShop()
    const { code, stdout } = await run(
      ['import', 'shop', '--live', '--label', 'old'],
      `${SECRET}\n`,
    )
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'The secret that ends in d015 is now a key of shop.\n',
    })
    const listed = (await run(['list', 'shop'])).stdout
    expect(listed).toContain(`${sha256(SECRET).slice(0, 12)}  secret live  …d015`)
    expect(JSON.stringify(project.calls())).not.toContain(SECRET)
  })

  it('refuses a secret that is a key already', async () => {
    const { run } = await withShop()
    await run(['import', 'shop', '--live'], SECRET)
    const { code, stderr } = await run(['import', 'shop', '--test'], SECRET)
    expect(code).toBe(1)
    expect(stderr).toContain('is a key already')
  })

  it('refuses a secret among the arguments and does not repeat it', async () => {
    const { code, stderr } = await temporaryProject().run('key', [
      'import',
      'shop',
      SECRET,
      '--live',
    ])
    expect(code).toBe(1)
    expect(stderr).not.toContain(SECRET)
  })

  it('refuses a weak secret before it asks the database', async () => {
    const project = temporaryProject()
    const { code, stderr } = await project.run('key', ['import', 'shop', '--live'], {
      input: 'hunter2',
    })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The secret is too weak/),
    })
    expect(project.calls()).toEqual([])
  })
})

describe('npm run key -- revoke', () => {
  it('revokes by the last four characters or by the hash, once', async () => {
    const { run } = await withShop()
    const first = (await run(['create', 'shop', '--secret', '--live'])).stdout.trim()
    const second = (await run(['create', 'shop', '--secret', '--live'])).stdout.trim()
    expect((await run(['revoke', first.slice(-4)])).stdout).toContain(sha256(first).slice(0, 12))
    const byHash = await run(['revoke', sha256(second).slice(0, 10).toUpperCase()])
    expect(byHash.stdout).toContain(`…${second.slice(-4)}`)
    expect((await run(['list', 'shop'])).stdout.match(/revoked \d{4}-/g)).toHaveLength(2)
    const again = await run(['revoke', first.slice(-4)])
    expect(again.code).toBe(1)
    expect(again.stderr).toMatch(/revoked already/)
  })

  it('revokes none of several candidates and lists them', async () => {
    const { run } = await withShop()
    const other = `7c3b9e21fa0458d6e1b2c4a79035${SECRET.slice(-4)}`
    await run(['import', 'shop', '--live'], SECRET)
    await run(['import', 'shop', '--test'], other)
    const { code, stderr } = await run(['revoke', 'd015'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^d015 names 2 keys: revoke one by its first column/)
    expect(stderr).toContain(sha256(SECRET).slice(0, 12))
    expect(stderr).toContain(sha256(other).slice(0, 12))
    expect((await run(['list', 'shop'])).stdout).not.toContain('revoked')
    expect((await run(['revoke', sha256(other).slice(0, 12)])).code).toBe(0)
    expect((await run(['revoke', 'd015'])).stdout).toContain(sha256(SECRET).slice(0, 12))
  })

  it.each(["x' OR '1'='1", '%%%%', '____'])('finds no key by %s', async (reference) => {
    const { run } = await withShop()
    await run(['create', 'shop', '--secret', '--live'])
    const { code, stderr } = await run(['revoke', reference])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^No key has the hash or the end/)
  })
})

describe('npm run key: what a publishable key may do', () => {
  const create = (...args: readonly string[]) => ['create', 'shop', '--publishable', ...args]
  const ORIGIN = ['--origin', 'https://shop.example'] as const

  const shown = async (run: (args: readonly string[]) => Promise<{ stdout: string }>) =>
    (await run(['list', 'shop'])).stdout.split('\n')[1]?.trim()

  it('is created by flags and listed as such', async () => {
    const { run } = await withShop()
    const args = [
      '--country',
      'ee',
      '--channel',
      'sms',
      '--channel',
      'call',
      '--sends-per-day',
      '50',
    ]
    expect((await run(create('--live', ...ORIGIN, ...args))).code).toBe(0)
    expect(await shown(run)).toBe(
      '--origin https://shop.example --country EE --channel sms --channel call --sends-per-day 50 --with-turnstile',
    )
  })

  it('is refused without an origin, and no key is made', async () => {
    const { run } = await withShop()
    const ended = await run(create('--live'))
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^A publishable key needs/),
    })
    expect((await run(['list', 'shop'])).stdout).toMatch(/^shop has no key yet/)
  })

  it('is changed by restrict: what is given, and nothing else', async () => {
    const { project, run } = await withShop()
    await project.run('project', ['settings', 'shop', 'templates={"login":"{{code}}"}', '--remote'])
    const secret = (await run(create('--live', ...ORIGIN, '--sends-per-day', '5'))).stdout.trim()
    const restrict = (...args: readonly string[]) => run(['restrict', secret.slice(-4), ...args])
    const { code, stdout } = await restrict('--country', 'EE', '--template', 'login')
    const flags =
      '--origin https://shop.example --country EE --template login --sends-per-day 5 --with-turnstile'
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(flags) })
    expect(await shown(run)).toBe(flags)
    await restrict('--origin', 'https://b.example', '--country', '*', '--template', '')
    await restrict('--without-turnstile', '--starts-per-ip', 'none')
    expect(await shown(run)).toBe(
      '--origin https://b.example --sends-per-day 5 --starts-per-ip none --without-turnstile',
    )
    expect((await restrict('--origin', 'http://b.example')).code).toBe(1)
    expect(await shown(run)).toContain('--origin https://b.example ')
  })

  it('is nothing for a secret key', async () => {
    const { run } = await withShop()
    const secret = (await run(['create', 'shop', '--secret', '--live'])).stdout.trim()
    const { code, stderr } = await run(['restrict', secret.slice(-4), ...ORIGIN])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^This is a secret/),
    })
    expect((await run(['list', 'shop'])).stdout.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['{}', 'no origin, so it is of no use: give it one with restrict'],
    ['{"origins":["*"]}', 'restrictions that are not valid: set them with restrict'],
    ['{', 'restrictions that are not valid: set them with restrict'],
  ])('is set anew where the database holds %s', async (stored, described) => {
    const { project, run } = await withShop()
    const secret = (await run(create('--live', ...ORIGIN))).stdout.trim()
    project.change('remote', `UPDATE api_keys SET restrictions = '${stored}'`)
    expect(await shown(run)).toBe(described)
    expect((await run(['restrict', secret.slice(-4), ...ORIGIN])).code).toBe(0)
    expect(await shown(run)).toBe(
      '--origin https://shop.example --sends-per-day 1000 --with-turnstile',
    )
  })
})
