import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { account, ask } from '../../support/api.ts'
import { importTestKey } from '../authy/support.ts'
import { stopClock } from '../native/support.ts'
import { appCode } from './support.ts'

interface Transcript {
  readonly source: string
  readonly exchanges: readonly {
    readonly request: {
      readonly method: string
      /** With values that earlier answers gave, by name in braces; the body has them too. */
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
      /** What is otherwise here; docs/compat/verigator.md says why. */
      readonly differs?: Readonly<Record<string, unknown>>
      /** Members of the answer that later requests send, by name. */
      readonly keep?: Readonly<Record<string, string>>
    }
  }[]
}

const transcripts = Object.values(
  import.meta.glob<Transcript>('./transcripts/*.json', { eager: true, import: 'default' }),
)

/** Characters of the documents' own examples; a password as weak as theirs could not be imported. */
const PASSWORD = 'messente-api-password-0123456789'
const SETTINGS = {
  verigatorUsername: 'messente-api-username',
  testNumbers: [{ number: '+3725555555', code: '123456', until: '2099-01-01T00:00:00Z' }],
}

describe('the documented exchanges', () => {
  it.each(transcripts)('answers as in $source', async ({ exchanges }) => {
    stopClock()
    const { projectId } = await account({ settings: SETTINGS })
    await importTestKey(projectId, PASSWORD)
    const kept: Record<string, string> = {}
    const valueOf = (name: string) => {
      if (name === 'code') return appCode(kept['secret'] ?? '')
      return name === 'code before' ? appCode(kept['secret'] ?? '', -1) : kept[name]
    }
    const fill = (text: string) =>
      text.replaceAll(/\{([a-z_ ]+)\}/g, (_, name: string) => valueOf(name) ?? `no ${name}`)
    for (const { request, response } of exchanges) {
      const { method, path, headers, body } = request
      const answer = await ask(
        new Request(`http://localhost${fill(path)}`, {
          method,
          headers,
          body: body === undefined ? null : fill(body),
        }),
        { ...env },
      )
      const expected = { ...response.body, ...response.differs }
      const { status } = answer
      expect({ method, path, status, body: answer.body }).toMatchObject({
        method,
        path,
        status: response.status,
        body: expected,
      })
      expect(answer.headers.get('content-type')).toBe('application/json')
      if (status >= 400) expect(answer).toBeVerigatorError(status)
      if (response.exact === true) expect(answer.body).toEqual(expected)
      for (const [name, member] of Object.entries(response.keep ?? {})) {
        kept[name] = String(answer.body[member])
      }
    }
  })
})
