import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeKeys, makeTokenKey, rotated } from '../../src/cli/token-key-sets.ts'
import { publicHalf, readTokenKeys } from '../../src/core/token-keys.ts'
import { DAY, NAME, retired, seconds } from './support/token-keys.ts'
import { temporaryProject } from './support/temporary-project.ts'

const fourKeys = () => Promise.all([makeTokenKey(), makeTokenKey(), makeTokenKey(), makeTokenKey()])

const local = (text?: string) => {
  const project = temporaryProject()
  const file = join(project.root, '.dev.vars')
  if (text !== undefined) writeFileSync(file, text)
  const read = () => readFileSync(file, 'utf8')
  return {
    file,
    read,
    keys: () => readTokenKeys(new RegExp(`^${NAME}=(.*)$`, 'm').exec(read())?.[1] ?? ''),
    run: (...args: readonly string[]) => project.run('token-keys', args),
  }
}

describe('rotated', () => {
  it('retires what signed, and keeps when others were retired, until they are over', async () => {
    const [key, signed, older, over] = await fourKeys()
    const now = Date.now()
    const at = Math.floor(now / 1000)
    const others = [signed, retired(older, at - DAY), retired(over, at - 31 * DAY)]
    const set = rotated(key, others, now)
    expect(set.keys).toEqual([key, retired(signed, at), retired(older, at - DAY)])
    expect(readTokenKeys(JSON.stringify(set))).toEqual(set)
  })
})

describe('describeKeys', () => {
  it('tells what each key does', async () => {
    const key = await makeTokenKey()
    const at = Date.UTC(2026, 10, 22, 12, 0) / 1000
    const keys = [key, { ...key, kid: 'b' }, { ...retired(key, at), kid: 'c' }]
    expect(describeKeys(keys, at * 1000).split('\n')).toEqual([
      `  ${key.kid}  signs`,
      '  b  verifies',
      '  c  retired 2026-11-22 12:00 UTC, verifies until 2026-12-22 12:10 UTC',
    ])
    expect(describeKeys(keys, (at + 31 * DAY) * 1000)).toContain('UTC, over since 2026-12-22')
  })
})

describe('npm run token-keys, on .dev.vars', () => {
  it('adds, lists and rotates, and shows no private half', async () => {
    const { read, keys, run, file } = local('A=1\n')
    const added = await run('add')
    expect(added).toMatchObject({ code: 0, stderr: '' })
    const first = keys()
    expect(read().startsWith('A=1\n')).toBe(true)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const rotation = await run('rotate')
    const second = keys()
    expect(second.keys).toHaveLength(2)
    expect(second.keys[1]).toEqual({
      ...publicHalf(first.keys[0]),
      retired_at: expect.closeTo(seconds(), -2) as number,
    })
    expect(second.keys[0].kid).not.toBe(first.keys[0].kid)
    const listed = await run('list')
    expect(rotation.stdout).toBe(
      `${listed.stdout}A running npm start takes this up when it is started again.\n`,
    )
    expect(listed.stdout).toMatch(/^ {2}[\w-]{43} {2}signs\n {2}[\w-]{43} {2}retired .*\n$/)
    for (const { stdout } of [added, rotation, listed]) {
      expect(stdout).not.toContain(first.keys[0].d)
      expect(stdout).not.toContain(second.keys[0].d)
    }
  })

  it('writes .dev.vars where there is none, and npm start adds the rest', async () => {
    const { read, run } = local()
    expect((await run('add')).code).toBe(0)
    expect(read()).toMatch(/^# For npm start only[^]*\nOTPOST_TOKEN_KEYS=\{.*\}\n$/)
  })

  it('adds nothing to keys that are there', async () => {
    const { read, run } = local()
    await run('add')
    const before = read()
    const { code, stderr } = await run('add')
    expect(code).toBe(1)
    expect(stderr).toContain('exists, and is kept')
    expect(stderr).toContain('npm run token-keys -- rotate\n')
    expect(read()).toBe(before)
  })

  it.each(['list', 'rotate', 'prune'])(
    'says what to run when %s finds no keys',
    async (command) => {
      const { code, stderr } = await local('A=1\n').run(command)
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: 'OTPOST_TOKEN_KEYS is missing: run npm run token-keys -- add\n',
      })
    },
  )

  it('keeps every other line when it rotates', async () => {
    const key = await makeTokenKey()
    const value = JSON.stringify({ keys: [key] })
    const { read, run, keys } = local(
      `A="x # y"\r\n\n  export ${NAME}='${value}'\r\n# end\nB={"c":1}`,
    )
    expect((await run('rotate')).code).toBe(0)
    const now = read().replace(/KEYS=.*/, 'KEYS=…')
    expect(now).toBe(`A="x # y"\r\n\n  export ${NAME}=…\r\n# end\nB={"c":1}`)
    expect(readTokenKeys(/KEYS=(.*)/.exec(read())?.[1] ?? '').keys[1]?.kid).toBe(key.kid)
    expect(keys).toThrow(Error)
  })

  it('changes nothing when the value stands there twice', async () => {
    const value = JSON.stringify({ keys: [await makeTokenKey()] })
    const { read, run } = local(`${NAME}=${value}\n${NAME}=${value}\n`)
    const before = read()
    const { code, stderr } = await run('rotate')
    expect(code).toBe(1)
    expect(stderr).toContain('write it there once, in one line')
    expect(read()).toBe(before)
  })

  it('says what is wrong with a value, and replaces it only when told so', async () => {
    const { run, keys } = local(`${NAME}=canary\n`)
    for (const command of ['list', 'add', 'rotate', 'prune']) {
      const { code, stderr } = await run(command)
      expect(code).toBe(1)
      expect(stderr).toContain('OTPOST_TOKEN_KEYS is no JSON')
      expect(stderr).toContain('npm run token-keys -- rotate --forget-old')
      expect(stderr).not.toContain('canary')
    }
    expect((await run('rotate', '--forget-old')).code).toBe(0)
    expect(keys().keys).toHaveLength(1)
  })

  it('prunes what is over, and nothing else', async () => {
    const [key, next, old, over] = await fourKeys()
    const kept = [key, next, retired(old, seconds() - DAY)]
    const set = { keys: [...kept, retired(over, seconds() - 31 * DAY)] }
    const { run, keys } = local(`${NAME}=${JSON.stringify(set)}\n`)
    expect((await run('list')).stdout).toContain(', over since ')
    expect((await run('prune')).stdout).toBe('Keys that were over and are gone: 1\n')
    expect(keys()).toEqual({ keys: kept })
    expect((await run('prune')).stdout).toBe('No key is over.\n')
  })
})

describe('npm run token-keys', () => {
  it('prints usage', async () => {
    const { code, stdout } = await local().run('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('npm run token-keys -- COMMAND')
  })

  it.each([
    [[], 'A command is missing.'],
    [['mint'], 'There is no command mint.'],
    [['list', 'all'], 'There is one argument too many.'],
    [['list', '--url', 'https://x'], '--url does not go with this command.'],
    [['add', '--remote', '--url', 'https://x'], '--url does not go with this command.'],
    [['rotate', '--remote', '--forget-old', '--url', 'https://x'], '--url does not go'],
    [['prune', '--forget-old'], '--forget-old does not go with this command.'],
    [['rotate', '--private'], "Unknown option '--private'"],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await local().run(...args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr).toContain('npm run token-keys -- --help')
  })
})
