import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, ask } from '../../support/api.ts'
import { importTestKey } from './support.ts'

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
      /** As the source has it. */
      readonly body: Readonly<Record<string, unknown>>
      /** Whether the answer has no other members. */
      readonly exact?: boolean
      /** What is otherwise here; docs/compat/authy.md says why. */
      readonly differs?: Readonly<Record<string, unknown>>
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

const SETTINGS = {
  customMessages: true,
  testNumbers: [{ number: '+11111111111', code: '1234', until: '2099-01-01T00:00:00Z' }],
}

describe('the documented exchanges', () => {
  it.each(transcripts)('answers as in $source', async ({ exchanges }) => {
    const { projectId } = await account({ settings: SETTINGS })
    await importTestKey(projectId, 'd57d919d11e6b221c9bf6f7c882028f9')
    for (const { request, response } of exchanges) {
      const { method, path, headers, body } = request
      const url = `http://localhost${path}`
      const answer = await ask(new Request(url, { method, headers, body: body ?? null }), {
        ...env,
      })
      const expected = { ...response.body, ...response.differs }
      expect(answer).toMatchObject({ status: response.status, body: expected })
      expect(answer.headers.get('content-type')).toBe('application/json')
      if (response.exact === true) expect(answer.body).toEqual(expected)
    }
  })
})
