import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { endOf, temporaryProject } from './support/temporary-project.ts'

const listen = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => new Promise<void>((done) => void server.close(() => done()))
  return { port: (server.address() as AddressInfo).port, close }
}

const freePort = async () => {
  const { port, close } = await listen()
  await close()
  return port
}

const startAndWait = async (...args: readonly string[]) => {
  const project = temporaryProject()
  const port = await freePort()
  const child = project.start('start', ['--port', String(port), ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = endOf(child)
  let shown = ''
  await new Promise<void>((ready, fail) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
      if (shown.includes('/dev/inbox\n')) ready()
    })
    void ended.then(({ stderr }) => fail(new Error(`ended early: ${stderr}`)))
  })
  return { project, port, child, ended, shown: () => shown }
}

/** What the key for pages of the local run may do. */
const PAGE = '--origin localhost --sends-per-day 10000000 --starts-per-ip none --without-turnstile'

describe('npm start', () => {
  it('prepares database and secrets, serves, and says what to try', async () => {
    const { project, port, child, ended, shown } = await startAndWait('--var', 'A:1')
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    const url = `http://localhost:${port}`
    expect(shown()).toContain(`ready at ${url}`)
    expect(shown()).toContain(`curl -u sk_test_local: ${url}/v1/verifications --data-urlencode`)
    const calls = project.calls().map(({ args }) => args)
    expect(calls.map((args) => args.slice(0, 2).join(' '))).toEqual([
      'd1 migrations',
      'd1 execute',
      'dev --var',
    ])
    expect(calls[2]).toEqual([
      'dev',
      '--var',
      `PUBLIC_URL:${url}`,
      '--port',
      String(port),
      '--var',
      'A:1',
    ])
    const file = join(project.root, '.dev.vars')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain('ENVIRONMENT=development\n')
  })

  it('seeds the local project and its keys, and can be started again', async () => {
    const { project, child, ended } = await startAndWait()
    child.kill('SIGTERM')
    await ended
    const second = project.start('start', ['--port', String(await freePort())], {
      env: { STAND_IN_EXIT: '0' },
    })
    expect(await endOf(second)).toMatchObject({ code: 0, stderr: '' })
    const listed = await project.run('key', ['list', 'local'])
    expect(listed.stdout.split('\n').slice(0, -1).toSorted()).toEqual([
      `    ${PAGE}`,
      expect.stringMatching(/^90c844041747 {2}secret live {2}…ocal/),
      expect.stringMatching(/^9764d1a16fda {2}secret test {2}…ocal/),
      expect.stringMatching(/^f4a141fa859f {2}publishable test {2}…ocal/),
    ])
    const { stdout } = await project.run('project', ['settings', 'local'])
    expect(stdout).toContain('countries="*"\n')
    expect(stdout).toContain('sendsPerDay=null\n')
  })

  it.each([
    ['gives the key for pages what it may do in a database that is older', '{}', PAGE],
    [
      'leaves what somebody has chosen for it',
      '{"origins":["http://localhost:3000"]}',
      '--origin http://localhost:3000 --sends-per-day 1000 --without-turnstile',
    ],
  ])('%s', async (_, stored, expected) => {
    const { project, child, ended } = await startAndWait()
    child.kill('SIGTERM')
    await ended
    project.change('local', `UPDATE api_keys SET restrictions = '${stored}'`)
    const again = project.start('start', ['--port', String(await freePort())], {
      env: { STAND_IN_EXIT: '0' },
    })
    expect(await endOf(again)).toMatchObject({ code: 0, stderr: '' })
    expect((await project.run('key', ['list', 'local'])).stdout).toContain(`\n    ${expected}\n`)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'hands %s on to wrangler and ends cleanly',
    async (signal) => {
      const { project, child, ended } = await startAndWait()
      child.kill(signal)
      expect((await ended).code).toBe(0)
      expect(project.signals()).toEqual([signal])
    },
  )

  it('ends with the code of wrangler', async () => {
    const project = temporaryProject()
    const args = ['--port', String(await freePort())]
    const { code } = await project.run('start', args, { env: { STAND_IN_EXIT: '7' } })
    expect(code).toBe(7)
  })

  it('gives the same absolute folder to all three commands', async () => {
    const { project, child, ended } = await startAndWait('--persist-to', 'here/db')
    child.kill('SIGTERM')
    await ended
    for (const { args } of project.calls()) {
      expect(args[args.indexOf('--persist-to') + 1]).toBe(join(project.folder, 'here/db'))
    }
  })

  it('says that the port is taken, before it touches anything', async () => {
    const { port, close } = await listen()
    onTestFinished(close)
    const project = temporaryProject()
    const { code, stderr } = await project.run('start', ['--port', String(port)])
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port} is in use`)
    expect(stderr).toContain('npm start -- --port 8799')
    expect(project.calls()).toEqual([])
  })

  it('shows what wrangler says when a migration fails, and what to do', async () => {
    const project = temporaryProject()
    const { code, stderr } = await project.run('start', ['--port', String(await freePort())], {
      env: { STAND_IN_FAIL: 'd1 migrations' },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('[code: 10013]')
    expect(stderr).toContain('delete .wrangler/state')
    expect(project.calls()).toHaveLength(1)
  })
})
