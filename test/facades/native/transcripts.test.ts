import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, ask, wrong } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { importKey } from './support.ts'

interface Transcript {
  readonly source: string
  readonly exchanges: readonly {
    readonly request: {
      readonly method: string
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
      readonly body?: string
    }
    readonly response: {
      readonly status: number
      readonly contentType: string
      /** Whether the answer has no other members. */
      readonly exact?: boolean
      readonly body: Readonly<Record<string, unknown>>
    }
  }[]
}

declare global {
  interface ImportMeta {
    glob<T>(pattern: string, options: { eager: true; import: 'default' }): Record<string, T>
  }
}

const transcripts = Object.values(
  import.meta.glob<Transcript>('./transcripts/*.json', { eager: true, import: 'default' }),
)

/** What a placeholder of an expected answer stands for. */
const patterns: Readonly<Record<string, unknown>> = {
  '{{id}}': expect.stringMatching(/^ver_[0-9a-f]{32}$/),
  '{{delivery}}': expect.stringMatching(/^del_[0-9a-f]{32}$/),
  '{{unix}}': expect.toSatisfy(
    (at: unknown) => Number.isInteger(at) && Math.abs(Number(at) - Date.now() / 1000 - 600) < 60,
  ),
}

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder)

const expected = (body: object, values: Readonly<Record<string, string>>): object =>
  JSON.parse(JSON.stringify(body), (_, value: unknown) => {
    if (typeof value !== 'string') return value
    const filled = fill(value, values)
    return patterns[filled] ?? filled
  }) as object

const sameMembers = (a: object, b: object): boolean =>
  Object.keys(a).toSorted().join() === Object.keys(b).toSorted().join()

describe('the documented exchanges', () => {
  it.each(transcripts)('answers as in $source', async ({ exchanges }) => {
    const provider = fakeProvider()
    const environment = { ...env }
    const { projectId } = await account({ settings: { customCodes: true } })
    await importKey(projectId, 'YOUR_SECRET_KEY')
    const values: Record<string, string> = {}
    for (const { request, response } of exchanges) {
      const { method, path, headers, body } = request
      const answer = await ask(
        new Request(`http://localhost${fill(path, values)}`, {
          method,
          headers,
          body: body === undefined ? null : fill(body, values),
        }),
        environment,
      )
      expect(answer).toMatchObject({ status: response.status })
      expect(answer.headers.get('content-type')).toBe(response.contentType)
      const shape = expected(response.body, values)
      expect(answer.body).toMatchObject(shape)
      expect(response.exact !== true || sameMembers(answer.body, shape)).toBe(true)
      const code = provider.messages.at(-1)?.code ?? ''
      values['id'] ??= answer.body['id'] as string
      values['code'] = code
      values['wrong'] = wrong(code || '000000')
    }
  })
})

describe('an API key', () => {
  it.each([
    ['that the document shows', 'YOUR_SECRET_KEY'],
    ['of the service that is replaced', 'sk_7b19ddcc6402fd0cd28ade60246ca60c'],
    ['with every kind of punctuation', 'k!"#$%&\'()*+,-./;<=>?@[\\]^_`{|}~'],
    ['of one character', 'k'],
    ['as long as an import allows', 'k9'.repeat(256)],
  ])('%s works as Basic user name and as Bearer token', async (_, secret) => {
    fakeProvider()
    const { projectId } = await account()
    await importKey(projectId, secret)
    for (const authorization of [
      `Basic ${btoa(`${secret}:`)}`,
      `basic ${btoa(`${secret}:ignored`)}`,
      `Bearer ${secret}`,
      `BEARER  ${secret}`,
    ]) {
      const request = new Request('http://localhost/v1/verifications', {
        headers: { authorization },
      })
      expect({ authorization, status: (await ask(request)).status }).toEqual({
        authorization,
        status: 200,
      })
    }
  })
})
