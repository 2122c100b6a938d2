import { describe, expect, it } from 'vitest'
import { readTokenKeys } from '../../src/core/token-keys.ts'
import { temporaryProject } from './support/temporary-project.ts'

const ID = '5f3c2a10-7d1e-4b6f-9c55-0a1b2c3d4e5f'
const RANDOM = ['OTPOST_NUMBER_KEY', 'OTPOST_SECRET', 'ADMIN_TOKEN']
const NAMES = RANDOM.toSpliced(2, 0, 'OTPOST_TOKEN_KEYS')

/** `after` means: its work is done, and only the answer is lost. */
const FAILURES = [
  ['whoami', 1, 'Sign-in'],
  ['d1 list', 2, 'The D1 database'],
  ['d1 create', 2, 'The D1 database'],
  ['after d1 create', 2, 'The D1 database'],
  ['d1 migrations', 4, 'The migrations'],
  ['after d1 migrations', 4, 'The migrations'],
  ['secret list', 5, 'Which secrets there are'],
  ['secret bulk', 6, 'The secrets that are missing'],
  ['after secret bulk', 6, 'The secrets that are missing'],
  ['deploy', 7, 'The deployment'],
  ['after deploy', 7, 'The deployment'],
] as const

const commandsOf = (calls: readonly { args: readonly string[] }[]) =>
  calls.map(({ args }) => args.slice(0, 2).join(' '))

describe('npm run setup', () => {
  it('goes through every step of a first deployment, secrets before code', async () => {
    const project = temporaryProject()
    const before = project.toml()
    const { code, stdout, stderr } = await project.run('setup', [])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(commandsOf(project.calls())).toEqual([
      'whoami --json',
      'd1 list',
      'd1 create',
      'd1 list',
      'd1 migrations',
      'secret list',
      'secret bulk',
      'deploy --minify',
    ])
    const { secrets, deployments } = project.account()
    expect(deployments).toBe(1)
    expect(Object.keys(secrets ?? {})).toEqual(NAMES)
    for (const name of RANDOM) expect(secrets?.[name]).toMatch(/^[\w-]{43}$/)
    expect(new Set(Object.values(secrets ?? {})).size).toBe(4)
    const { keys } = readTokenKeys(secrets?.['OTPOST_TOKEN_KEYS'] ?? '')
    expect(keys).toHaveLength(1)
    expect(stdout).toContain(secrets?.['ADMIN_TOKEN'])
    expect(stdout).not.toContain(secrets?.['OTPOST_NUMBER_KEY'])
    expect(stdout).not.toContain(secrets?.['OTPOST_SECRET'])
    expect(stdout).not.toContain(keys[0].d)
    expect(stdout).toContain('Never replace OTPOST_NUMBER_KEY')
    expect(stdout).toContain('curl https://otpost.someone.workers.dev/health')
    const changed = project
      .toml()
      .split('\n')
      .filter((line) => !before.includes(line))
    expect(changed).toEqual([`database_id = "${ID}"`])
  })

  it('puts no secret into the arguments of a process', async () => {
    const project = temporaryProject()
    await project.run('setup', [])
    const written = JSON.stringify(project.calls().map(({ args }) => args))
    for (const secret of Object.values(project.account().secrets ?? {})) {
      expect(written).not.toContain(secret)
    }
  })

  it('changes nothing but the code when it is run again', async () => {
    const project = temporaryProject()
    await project.run('setup', [])
    const first = project.account()
    const toml = project.toml()
    const { code, stdout } = await project.run('setup', [])
    expect(code).toBe(0)
    expect(project.account()).toEqual({ ...first, deployments: 2 })
    expect(project.toml()).toBe(toml)
    expect(stdout).toContain('ADMIN_TOKEN exists: kept')
    expect(stdout).not.toContain(first.secrets?.['ADMIN_TOKEN'])
  })

  it.each(FAILURES)(
    'goes on from there when "%s" failed, step %i: %s',
    async (failure, number, title) => {
      const project = temporaryProject()
      const failed = await project.run('setup', [], { env: { STAND_IN_FAIL: failure } })
      expect(failed.code).toBe(1)
      expect(failed.stderr).toContain(`Step ${number} of 7 failed: ${title}`)
      expect(failed.stderr).toMatch(/\[code: 10013\]|was lost/)
      expect(failed.stderr).toContain('run npm run setup again: it goes on from here')
      const between = project.account().secrets ?? {}
      for (const secret of Object.values(between)) expect(failed.stderr).not.toContain(secret)

      const done = await project.run('setup', [])
      expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' })
      const { databases, secrets } = project.account()
      expect(databases).toEqual([{ uuid: ID, name: 'otpost' }])
      expect(project.toml()).toContain(`database_id = "${ID}"`)
      expect(Object.keys(secrets ?? {}).toSorted()).toEqual(NAMES.toSorted())
      expect(secrets).toMatchObject(between)
      const token = secrets?.['ADMIN_TOKEN'] ?? ''
      const knows = failed.stdout.includes(token) || done.stdout.includes(token)
      expect(knows || done.stdout.includes('wrangler secret put ADMIN_TOKEN')).toBe(true)
    },
  )

  it('adds only the secrets that are missing', async () => {
    const project = temporaryProject({ secrets: { OTPOST_NUMBER_KEY: 'kept', TWILIO_FROM: 'too' } })
    await project.run('setup', [])
    expect(project.account().secrets).toMatchObject({
      OTPOST_NUMBER_KEY: 'kept',
      TWILIO_FROM: 'too',
    })
    const bulk = project.calls().find(({ args }) => args[1] === 'bulk')
    expect(Object.keys(JSON.parse(bulk?.input ?? '{}'))).toEqual([
      'OTPOST_SECRET',
      'OTPOST_TOKEN_KEYS',
      'ADMIN_TOKEN',
    ])
  })

  it('stores nothing when the list of secrets is not understood', async () => {
    const project = temporaryProject({ secrets: { OTPOST_NUMBER_KEY: 'kept' } })
    const { code, stderr } = await project.run('setup', [], { env: { STAND_IN_GARBAGE: '1' } })
    expect(code).toBe(1)
    expect(stderr).toContain('Step 5 of 7 failed')
    expect(stderr).toContain('Welcome!')
    expect(project.account().secrets).toEqual({ OTPOST_NUMBER_KEY: 'kept' })
    expect(commandsOf(project.calls())).not.toContain('secret bulk')
  })

  it('takes the database that is there', async () => {
    const uuid = '11111111-2222-4333-8444-555555555555'
    const project = temporaryProject({ databases: [{ uuid, name: 'otpost' }] })
    await project.run('setup', [])
    expect(commandsOf(project.calls())).not.toContain('d1 create')
    expect(project.toml()).toContain(`database_id = "${uuid}"`)
  })

  it('stops when wrangler.toml names a database of another account', async () => {
    const project = temporaryProject({ databases: [{ uuid: ID, name: 'otpost' }] })
    const other = project.toml().replace(/00000000-0000-0000-0000-0{12}/, `9${ID.slice(1)}`)
    project.writeToml(other)
    const { code, stderr } = await project.run('setup', [])
    expect(code).toBe(1)
    expect(stderr).toContain('which this account does not have')
    expect(project.toml()).toBe(other)
    expect(commandsOf(project.calls())).toEqual(['whoami --json', 'd1 list'])
  })

  it('prints usage and refuses arguments', async () => {
    const project = temporaryProject()
    expect((await project.run('setup', ['--help'])).stdout).toContain('npm run setup')
    const { code, stderr } = await project.run('setup', ['now'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'setup takes no arguments. npm run setup -- --help shows how it is written.\n',
    })
    expect(project.calls()).toEqual([])
  })
})
