import type { Core } from '../../core/index.ts'
import type { Caller } from '../../core/project.ts'
import { Refusal } from '../../core/refusal.ts'
import { readBody, readForm, type BodyFields } from '../../http/body.ts'

/** Parameters by name, wherever the request has them; without those that say nothing. */
export type Parameters = ReadonlyMap<string, string>

const NAMES: readonly string[] = [
  'api_key',
  'via',
  'country_code',
  'phone_number',
  'locale',
  'code_length',
  'custom_code',
  'custom_message',
  'verification_code',
  'uuid',
]

/** What a request says, and who says it. */
export interface Asked {
  readonly caller: Caller
  readonly parameters: Parameters
}

/**
 * Reads the parameters of a request from its query, its form or its JSON, whatever its method: the
 * body wins over the query. The key is the header's, else `api_key` among them.
 */
export async function readRequest(core: Core, request: Request): Promise<Asked> {
  const query = textsOf(readForm(new URL(request.url).searchParams))
  const body = textsOf(await readBody(request))
  const header = request.headers.get('x-authy-api-key')?.trim()
  const elsewhere = header || body.get('api_key')
  const caller = await core.authenticate(elsewhere ?? query.get('api_key'))
  if (elsewhere === undefined && !caller.project.settings.authyKeyInQuery) {
    throw new Refusal('unauthenticated')
  }
  if (caller.kind !== 'secret') throw new Refusal('key_not_allowed')
  return { caller, parameters: new Map([...query, ...body]) }
}

/** The known fields as texts: some clients send all as texts, some numbers as numbers. */
function textsOf(fields: BodyFields): Parameters {
  const texts = new Map<string, string>()
  for (const name of NAMES) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new Refusal('invalid_request', { fields: [{ field: name, message: 'is no text' }] })
    }
    const text = String(value).trim()
    // What bytes become that are no UTF-8, also when they were percent-encoded.
    if (text.includes('\uFFFD')) throw new Refusal('unreadable_request', { notUtf8: true })
    if (text !== '') texts.set(name, text)
  }
  return texts
}
