import { Refusal } from '../core/refusal.ts'

const LARGEST_BODY = 16 * 1024
/** Of one report, and of a batch for one address; Meta documents batches of up to 3 MB. */
const LARGEST_REPORT = 64 * 1024
const LARGEST_BATCH = 3 * 1024 * 1024
const DEEPEST_NESTING = 16

/** What a caller sent: the members of a JSON object, or the fields of a form (all of them text). */
export type BodyFields = Readonly<Record<string, unknown>>

const unreadable = (detail: string) => new Refusal('unreadable_request', { detail })

/**
 * Reads a JSON or form body of at most 16 KB, whatever its label says: a body that begins with `{`
 * is JSON, since the APIs' own examples send JSON labelled as a form. No body is no fields.
 */
export async function readBody(request: Request): Promise<BodyFields> {
  const text = decode(await readBytes(request, LARGEST_BODY))
  const start = text.trimStart()
  if (start === '') return {}
  if (start.startsWith('{') || start.startsWith('[')) return parseJson(start)
  const label = request.headers.get('content-type') ?? ''
  if (/^multipart\//i.test(label)) {
    throw unreadable('Send the body as JSON or as application/x-www-form-urlencoded.')
  }
  if (/json/i.test(label)) throw unreadable('The body is labelled as JSON, but is no JSON object.')
  return readForm(new URLSearchParams(text))
}

/** The fields of a query or a form; one that is given twice could be read in two ways. */
export function readForm(parameters: URLSearchParams): BodyFields {
  const fields = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (fields.has(name)) throw unreadable(`The field ${name.slice(0, 64)} is given twice.`)
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

/** Reads the raw bytes of a vendor's report, of which signatures are made. */
export const readReport = (
  request: Request,
  size: 'one' | 'batch',
): Promise<Uint8Array<ArrayBuffer>> =>
  readBytes(request, size === 'one' ? LARGEST_REPORT : LARGEST_BATCH)

/** Counts bytes as they come: a `Content-Length` may lie. */
async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = request.body?.getReader()
  try {
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      size += part.value.byteLength
      if (size > limit) {
        throw new Refusal('payload_too_large', {
          detail: `The body is larger than ${limit / 1024} KB.`,
        })
      }
      chunks.push(part.value)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : unreadable('The body broke off.')
  }
  return joined(chunks, size)
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new Refusal('unreadable_request', { detail: 'The body is not UTF-8.', notUtf8: true })
  }
}

function parseJson(text: string): BodyFields {
  if (depthOf(text) > DEEPEST_NESTING) throw unreadable('The body is nested too deeply.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unreadable('The body is not valid JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unreadable('The body is no JSON object.')
  }
  return value as BodyFields
}

/** The deepest nesting of brackets outside strings, found without recursion. */
function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"?|[[{\]}]/gs)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, (depth += 1))
    else if (token === '}' || token === ']') depth -= 1
  }
  return deepest
}
