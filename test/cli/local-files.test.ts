import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeSize } from '../../src/cli/bundle-size.ts'
import { addMissing, writeDevVars } from '../../src/cli/dev-vars.ts'
import { devArguments, readStartArguments } from '../../src/cli/start-arguments.ts'
import { databaseIdOf, withDatabaseId } from '../../src/cli/wrangler-toml.ts'

const temporaryFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpost-vars-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, '.dev.vars')
}

describe('addMissing', () => {
  const variables = new Map([
    ['A', 'new'],
    ['B', '2'],
  ])

  it.each([
    ['', 'A=new\nB=2\n'],
    ['A=old\n', 'A=old\nB=2\n'],
    ['A=old', 'A=old\nB=2\n'],
    ['  export A = "old"\nB=\n', '  export A = "old"\nB=\n'],
    ['#A=old\nAB=1\n', '#A=old\nAB=1\nA=new\nB=2\n'],
    ['X={"a":"b"}\r\nB=1\r\n', 'X={"a":"b"}\r\nB=1\r\nA=new\n'],
  ])('makes %j into %j', (before, after) => {
    expect(addMissing(before, variables)).toBe(after)
  })
})

describe('writeDevVars', () => {
  it('writes plain values that only the owner may read', async () => {
    const file = temporaryFile()
    await writeDevVars(file)
    const written = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(written).toMatch(/^OTPOST_NUMBER_KEY=[\w-]{43}$/m)
    expect(written).toMatch(/^OTPOST_SECRET=[\w-]{43}$/m)
    expect(written).toMatch(/^OTPOST_TOKEN_KEYS=\{"keys":\[\{"kty":"EC",[\w":,-]+\}\]\}$/m)
    expect(written).toMatch(/^ADMIN_TOKEN=admin_local$/m)
    expect(written).toMatch(/^LOGIN_PROJECT=000000000000000000000001$/m)
    expect(written).toMatch(/^ENVIRONMENT=development$/m)
    expect(written).not.toMatch(/PROVIDERS/)
    await writeDevVars(file)
    expect(readFileSync(file, 'utf8')).toBe(written)
  })

  it('keeps what is there and adds the rest', async () => {
    const file = temporaryFile()
    const mine = 'OTPOST_SECRET=mine,older\nJSON={"a": "b # c"}\nENVIRONMENT=production'
    writeFileSync(file, mine)
    await writeDevVars(file)
    const written = readFileSync(file, 'utf8')
    expect(written.startsWith(`${mine}\nOTPOST_NUMBER_KEY=`)).toBe(true)
    expect(written.match(/^OTPOST_SECRET=/gm)).toHaveLength(1)
  })
})

describe('readStartArguments', () => {
  it.each([
    [[], 8787, undefined, []],
    [['--port', '8799'], 8799, undefined, []],
    [['--port=8799', '--var', 'A:1', 'B:2'], 8799, undefined, ['--var', 'A:1', 'B:2']],
    [['--persist-to', 'db', '-l'], 8787, resolve('db'), ['-l']],
    [['--var', 'A:--port', '--persistTo=/x/../db'], 8787, '/db', ['--var', 'A:--port']],
  ])('reads %j', (args, port, persistTo, rest) => {
    expect(readStartArguments(args)).toEqual({ port, persistTo, rest })
  })

  it.each([['--port', '0'], ['--port', 'x'], ['--port=70000'], ['--port'], ['--persist-to', '']])(
    'refuses %s %s',
    (...args) => {
      expect(() => readStartArguments(args.filter((arg) => arg !== undefined))).toThrow(
        /is no port|needs a value/,
      )
    },
  )

  it('lets a variable of the caller come after ours', () => {
    const args = devArguments(readStartArguments(['--var', 'PUBLIC_URL:https://x']))
    expect(args).toEqual([
      'dev',
      '--var',
      'PUBLIC_URL:http://localhost:8787',
      '--port',
      '8787',
      '--var',
      'PUBLIC_URL:https://x',
    ])
  })
})

describe('withDatabaseId', () => {
  const toml = [
    'database_id = "not this"',
    '[[d1_databases]]',
    'database_name = "other"',
    'database_id = "nor this"',
    '[[ d1_databases ]] # ours',
    "  database_id = '00000000-0000-0000-0000-000000000000' # written by setup\r",
    'database_name = "otpost"',
    '[vars]',
    'database_id = "nor this"',
  ]

  it('changes the one line of the database otpost', () => {
    expect(databaseIdOf(toml.join('\n'))).toBeUndefined()
    const changed = withDatabaseId(toml.join('\n'), 'id')
    expect(changed.split('\n')).toEqual(toml.with(5, "  database_id = 'id' # written by setup\r"))
    expect(databaseIdOf(changed)).toBe('id')
  })

  it('says what to write when the line is missing', () => {
    expect(() => databaseIdOf('name = "otpost"')).toThrow(/write under \[\[d1_databases\]\]/)
  })
})

describe('describeSize', () => {
  const noise = (size: number) => {
    let state = 1
    return Uint8Array.from({ length: size }, () => (state = (state * 48_271) % 2_147_483_647) & 255)
  }

  it('gives both sizes', () => {
    expect(describeSize(new Uint8Array(2048))).toMatch(/^dist\/index\.js: 2\.0 KB, 0\.0 KB gzip$/)
  })

  it('refuses more than 250 KB after compression', () => {
    expect(() => describeSize(noise(260 * 1024))).toThrow(/more than 250 KB gzip: find what grew/)
  })
})
