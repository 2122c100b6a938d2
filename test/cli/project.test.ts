import { describe, expect, it } from 'vitest'
import { temporaryProject } from './support/temporary-project.ts'

const migrated = () => {
  const project = temporaryProject()
  project.migrate()
  return (...args: readonly string[]) => project.run('project', [...args, '--remote'])
}

const failure = (stderr: string | RegExp) => ({
  code: 1,
  stdout: '',
  stderr: typeof stderr === 'string' ? `${stderr}\n` : expect.stringMatching(stderr),
})

describe('npm run project -- create', () => {
  it('prints the new id, and finds the project by it and by its name', async () => {
    const run = migrated()
    const { code, stdout } = await run('create', 'shop', '--countries', 'ee, FI,EE')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[0-9a-f]{24}\n$/)
    const id = stdout.trim()
    for (const name of [id, id.toUpperCase(), 'shop']) {
      expect((await run('settings', name)).stdout).toContain('countries=["EE","FI"]\n')
    }
    expect((await run('list')).stdout).toBe(`${id}  shop\n`)
  })

  it('keeps every name as it is', async () => {
    const names = [
      `O'Neil's "shop"`,
      `x'); DROP TABLE projects; --`,
      `'; UPDATE projects SET settings = '{}'; SELECT '`,
      'Õun ☎ 電話 🍎',
      "a\\'b",
      'BEGIN TRANSACTION; COMMIT; /* */ $$',
    ]
    const run = migrated()
    for (const name of names) {
      expect(await run('create', name, '--countries', '*')).toMatchObject({ code: 0, stderr: '' })
      expect((await run('settings', name)).stdout).toContain('countries="*"\n')
    }
    const lines = (await run('list')).stdout.split('\n').slice(0, -1)
    expect(lines.map((line) => line.slice(26)).toSorted()).toEqual(names.toSorted())
  })

  it('refuses a name that is taken', async () => {
    const run = migrated()
    await run('create', 'shop', '--countries', 'EE')
    expect(await run('create', 'shop', '--countries', 'FI')).toEqual(
      failure('There is already a project shop: choose another name, or use that one.'),
    )
  })

  it.each([
    [['create', 'shop'], /^Say to which countries it may send: --countries EE,FI/],
    [['create', 'shop', '--countries', 'EE,XX,UK'], /^No country has the code XX, UK: write/],
    [['create', 'shop', '--countries', 'EST'], /^No country has the code EST/],
    [['create', 'shop', '--countries', ','], /^No country is named/],
    [['create', '--countries', 'EE'], /^The name of the new project is missing/],
    [['create', 'my', 'shop', '--countries', 'EE'], /^shop is too much: quote a name/],
    [['create', 'local', '--countries', 'EE'], /^The name local is that of/],
    [['create', 'a\nb', '--countries', 'EE'], /in one line/],
    [['create', '0123456789abcdef01234567', '--countries', 'EE'], /may not look like an id/],
    [['list', '--countries', 'EE'], /^--countries goes with create/],
    [['list', '--persist-to', 'x'], /^--persist-to is for the local database/],
    [['list', '--colour'], /^Unknown option '--colour'\. npm run project -- --help/],
    [['drop', 'shop'], /^There is no command drop\. npm run project -- --help/],
    [[], /^A command is missing/],
  ])('refuses %j and says what to do', async (args, stderr) => {
    const project = temporaryProject()
    expect(await project.run('project', [...args, '--remote'])).toEqual(failure(stderr))
    expect(project.calls()).toEqual([])
  })
})

describe('npm run project -- settings', () => {
  it('changes, removes and keeps settings', async () => {
    const run = migrated()
    await run('create', 'shop', '--countries', 'EE')
    await run('settings', 'shop', 'codeLength=8', 'brand=My shop', 'countries=LV,LT')
    const shown = (await run('settings', 'shop')).stdout.split('\n')
    expect(shown).toEqual(expect.arrayContaining(['codeLength=8', 'brand="My shop"']))
    expect(shown).toContain('countries=["LV","LT"]')
    expect(shown).toContain('resend="same"  (default)')
    const { stdout } = await run('settings', 'shop', 'codeLength=')
    expect(stdout).toContain('codeLength=6  (default)\n')
    expect(stdout).toContain('brand="My shop"\n')
  })

  it('changes nothing when one of them is wrong, and names each problem', async () => {
    const run = migrated()
    await run('create', 'shop', '--countries', 'EE')
    const before = (await run('settings', 'shop')).stdout
    const { code, stderr } = await run(
      'settings',
      'shop',
      'resend=new',
      'codeLength=99',
      'color=red',
      'countries=["XX"]',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Nothing was changed/)
    expect(stderr).toMatch(/^ {2}codeLength: /m)
    expect(stderr).toMatch(/^ {2}color: is no setting; there are brand, countries, /m)
    expect((await run('settings', 'shop')).stdout).toBe(before)
  })
})

describe('npm run project -- pause and resume', () => {
  it('says what the state is, also when it was so already', async () => {
    const run = migrated()
    await run('create', 'shop', '--countries', 'EE')
    expect((await run('pause', 'shop')).stdout).toMatch(/^shop is paused; every server knows/)
    expect((await run('pause', 'shop')).stdout).toBe('shop is paused already.\n')
    expect((await run('list')).stdout).toMatch(/ {2}shop {2}\(paused\)\n$/)
    expect((await run('resume', 'shop')).stdout).toMatch(/^shop is running; /)
    expect((await run('list')).stdout).toMatch(/ {2}shop\n$/)
  })
})

describe('npm run project', () => {
  it('says which projects there are when one is not found', async () => {
    const run = migrated()
    expect(await run('pause', 'shpo')).toEqual(
      failure(
        'There is no project shpo: npm run project -- list --remote shows the ones there are.',
      ),
    )
  })

  it('says to apply the migrations first', async () => {
    const project = temporaryProject()
    expect(await project.run('project', ['list'])).toEqual(failure(/apply the migrations first/))
  })

  it("shows wrangler's words, and a command to try, when something else is wrong", async () => {
    const project = temporaryProject()
    const env = { STAND_IN_FAIL: 'd1 execute' }
    const { code, stderr } = await project.run('project', ['list'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('[code: 10013]')
    expect(stderr).toContain('npx wrangler d1 execute otpost --local')
  })

  it('prints usage', async () => {
    const { code, stdout } = await temporaryProject().run('project', ['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('create NAME --countries EE,FI')
  })
})
