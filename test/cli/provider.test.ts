import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryProject } from './support/temporary-project.ts'

const TOKEN = 'token-of-the-test-account'
const VARIABLES = {
  TWILIO_ACCOUNT_SID: 'AC00112233445566778899aabbccddeeff',
  TWILIO_AUTH_TOKEN: TOKEN,
  TWILIO_FROM: 'Acme,US=+12025550100',
} as const
const SID = 'SM00112233445566778899aabbccddeeff'

/** A vendor on this machine, which answers all messages alike and keeps them. */
async function vendor(status: number, answer: object) {
  const messages: { readonly authorization: string | undefined; readonly form: URLSearchParams }[] =
    []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void text(request).then((body) => {
      const { authorization } = request.headers
      messages.push({ authorization, form: new URLSearchParams(body) })
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { messages, url: `http://127.0.0.1:${port}` }
}

const setUp = (variables: Readonly<Record<string, string>> = VARIABLES) => {
  const { run } = temporaryProject()
  return (...args: readonly string[]) => run('provider', args, { env: variables })
}

describe('npm run provider -- test', () => {
  it('sends one real message, and says what the provider answered and what the phone shows', async () => {
    const { messages, url } = await vendor(201, { sid: SID, status: 'queued', num_segments: '1' })
    const run = setUp()
    const args = ['test', 'twilio', '+372 5555 1234', '--var', `TWILIO_BASE_URL:${url}`]
    const { code, stdout, stderr } = await run(...args, '--locale', 'en')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(messages).toHaveLength(1)
    const [sent] = messages
    expect(sent?.form.get('To')).toBe('+37255551234')
    expect(sent?.form.get('From')).toBe('Acme')
    expect(sent?.form.has('StatusCallback')).toBe(false)
    const shown = /^(\d{6}) is your otpost code/.exec(sent?.form.get('Body') ?? '')?.[1]
    expect(stdout).toBe(
      `twilio took the message as ${SID}. The phone should show the code ${shown}.\n`,
    )
  })

  it('says what to do when the provider refuses, and never a secret', async () => {
    const { url } = await vendor(401, { code: 20003, message: `Bad token ${TOKEN}` })
    const run = setUp()
    const ended = await run('test', 'twilio', '+12025550123', '--var', `TWILIO_BASE_URL:${url}`)
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'twilio did not confirm it: misconfigured: HTTP 401, Twilio error 20003. Correct credentials, ' +
        'sender or template: the code of the error is explained in its documentation.\n',
    })
  })

  it.each([
    [['test', 'pigeon', '+12025550123'], /^There is no provider pigeon: there are twilio, vonage/],
    [['test', 'twilio'], /^Write npm run provider -- test NAME NUMBER/],
    [['test', 'twilio', '+372', '5555'], /^Write npm run provider -- test NAME NUMBER/],
    [['test', 'twilio', '12'], /^This is not a valid phone number/],
    [
      ['test', 'twilio', '+12025550123', '--channel', 'whatsapp'],
      /^twilio is set up for sms, not for whatsapp: choose with --channel/,
    ],
    [['test', 'telnyx', '+12025550123'], /^Set this first:\n {2}TELNYX_API_KEY is missing\.\n/],
    [
      ['test', 'twilio', '+12025550123', '--var', 'NAME'],
      /^Number 1 of --var is no variable: write --var/,
    ],
    [['send'], /^There is no command send/],
    [[], /^A command is missing/],
  ])('%j says what to do', async (args, stderr) => {
    const ended = await setUp()(...args)
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) as string })
  })

  it('says which country has no sender', async () => {
    const run = setUp({ ...VARIABLES, TWILIO_FROM: 'Acme' })
    const { stderr } = await run('test', 'twilio', '+12025550123')
    expect(stderr).toBe(
      'twilio has no sender for US: add one to its _FROM variable, as in US=+….\n',
    )
  })
})

describe('npm run provider -- list', () => {
  it('says of each provider what it can do or what is missing', async () => {
    const { code, stdout } = await setUp()('list')
    expect(code).toBe(0)
    expect(stdout).toContain('twilio: ready for sms\n')
    expect(stdout).toContain('telnyx: TELNYX_API_KEY is missing.')
    expect(stdout).not.toContain(TOKEN)
  })
})
