import type { Context } from 'hono'
import type { FacadeEnv } from '../http/facade.ts'

export interface StaticFile {
  readonly body: string
  readonly type: string
  /** Value of `Cache-Control`. */
  readonly caching: string
}

const encoder = new TextEncoder()
const tags = new Map<string, string>()

/** Names a body by what it holds, once per isolate. */
async function entityTag(body: string): Promise<string> {
  const known = tags.get(body)
  if (known !== undefined) return known
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(body))
  const tag = `"${new Uint8Array(digest).slice(0, 16).toHex()}"`
  tags.set(body, tag)
  return tag
}

/** Whether one of the tags is ours; compressing proxies make `W/"…"` of it. */
const names = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')))

/** Answers a file that any page may load, or 304 to who has it already. */
export async function answerFile(c: Context<FacadeEnv>, file: StaticFile): Promise<Response> {
  const tag = await entityTag(file.body)
  const headers = {
    'content-type': file.type,
    'cache-control': file.caching,
    etag: tag,
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  }
  if (names(c.req.header('if-none-match') ?? '', tag)) return c.body(null, 304, headers)
  return c.body(file.body, 200, headers)
}
