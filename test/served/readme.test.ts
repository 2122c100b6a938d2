import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProvider, type Provider } from '../bench/provider.ts'
import {
  buildOtpost,
  ORIGIN,
  PROJECT,
  PUBLISHABLE,
  SECRET,
  startOtpost,
  type Served,
} from '../bench/workers.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

let folder: string
let provider: Provider
let served: Served

/** Writes a script of the README, which says its name in its first line, as it stands there. */
function writeScript(name: string): void {
  const blocks = README.matchAll(/^```js\n(.*?)^```$/gms)
  const [script, ...others] = [...blocks].flatMap(([, block = '']) =>
    block.startsWith(`// ${name}\n`) ? [block] : [],
  )
  if (script === undefined || others.length > 0) throw new Error(`The README has no one ${name}`)
  writeFileSync(join(folder, name), script)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpost-readme-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeScript('prove.mjs')
  writeScript('trade.mjs')
  provider = await startProvider()
  served = await startOtpost(await buildOtpost(join(folder, 'build')), provider.baseUrl)
})

afterAll(async () => {
  await served.close()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script of the README as its reader does. */
async function run(script: string, args: readonly string[], changes: object = {}): Promise<Ran> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    OTPOST_URL: served.url.origin,
    OTPOST_PROJECT: PROJECT,
    OTPOST_SECRET_KEY: SECRET,
    ...changes,
  }
  const running = promisify(execFile)(process.execPath, [script, ...args], { cwd: folder, env })
  return running.catch((error: unknown) => ({ stdout: '', stderr: (error as Ran).stderr }))
}

let numbers = 0

/** What a page is given for the right code. */
async function prove(session: string | undefined) {
  numbers += 1
  const number = `+120255502${String(numbers).padStart(2, '0')}`
  const post = async (path: string, fields: object) => {
    const response = await fetch(new URL(`/v1/verifications${path}`, served.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${PUBLISHABLE}`,
        origin: ORIGIN,
        'content-type': 'application/json',
      },
      body: JSON.stringify(fields),
    })
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as { id: string; proof: string }
  }
  const { id } = await post('', { phoneNumber: number })
  const { proof } = await post('/check', { id, code: provider.codeOf(number), session })
  return { number, id, proof }
}

describe('prove.mjs of the README', () => {
  it('verifies a proof by the published keys', async () => {
    const { number, id, proof } = await prove('visit-1')
    const { stdout, stderr } = await run('prove.mjs', [proof, 'visit-1'])
    expect(stderr).toBe('')
    for (const line of [`sub: '${number}'`, `vid: '${id}'`, "mode: 'live'", "nonce: 'visit-1'"]) {
      expect(stdout).toContain(line)
    }
  })

  it.each([
    ['another session', 'visit-2', {}, 'This proof is of another session'],
    ['no session', undefined, {}, 'This proof is of another session'],
    ['another mode', 'visit-1', { OTPOST_MODE: 'test' }, 'This proof is of mode live'],
    ['another project', 'visit-1', { OTPOST_PROJECT: 'f'.repeat(24) }, '"aud"'],
  ])('refuses one of %s', async (_, session, changes, message) => {
    const { proof } = await prove('visit-1')
    const { stdout, stderr } = await run(
      'prove.mjs',
      [proof, ...(session ? [session] : [])],
      changes,
    )
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('refuses one without a session, and one that was changed', async () => {
    const { proof } = await prove(undefined)
    expect((await run('prove.mjs', [proof])).stderr).toContain('"nonce"')
    const [header, body, signature = ''] = (await prove('visit-1')).proof.split('.')
    const forged = [header, body, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))]
    expect((await run('prove.mjs', [forged.join('.'), 'visit-1'])).stderr).toContain(
      'signature verification failed',
    )
  })
})

describe('trade.mjs of the README', () => {
  it('trades a proof once', async () => {
    const { number, id, proof } = await prove('visit-1')
    expect((await run('trade.mjs', [proof, 'visit-2'])).stderr).toContain('other_session')
    expect((await run('trade.mjs', [proof])).stderr).toContain('Which session?')
    const { stdout, stderr } = await run('trade.mjs', [proof, 'visit-1'])
    expect(stderr).toBe('')
    expect(stdout).toContain(`phoneNumber: '${number}'`)
    expect(stdout).toContain(`verificationId: '${id}'`)
    expect((await run('trade.mjs', [proof, 'visit-1'])).stderr).toContain(
      'This proof is not taken: used',
    )
  })

  it('says when the key is none', async () => {
    const { proof } = await prove('visit-1')
    const refused = await run('trade.mjs', [proof, 'visit-1'], { OTPOST_SECRET_KEY: 'sk_live_no' })
    expect(refused.stderr).toContain('otpost answered 401')
  })
})
