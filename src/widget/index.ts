import { Hono } from 'hono'
import { Refusal } from '../core/refusal.ts'
import type { FacadeEnv } from '../http/facade.ts'
import { answerFile, type StaticFile } from './static-file.ts'
import client from './generated/client.js.txt'
import clientTypes from './generated/client.d.ts.txt'
import texts from './generated/texts.json.txt'
import widget from './generated/widget.js.txt'
import widgetTypes from './generated/widget.d.ts.txt'

/** A correction reaches every page within five minutes. */
const SOON = 'public, max-age=300, stale-while-revalidate=3600'
/** Asked for once a day: what has its version in its path changes in nothing that a page relies on. */
const DAILY = 'public, max-age=86400, stale-while-revalidate=604800'

const SCRIPT = 'text/javascript; charset=utf-8'
const TYPES = 'text/plain; charset=utf-8'
const JSON_TEXT = 'application/json; charset=utf-8'

const FILES: Readonly<Record<string, StaticFile>> = {
  '/widget.js': { body: widget, type: SCRIPT, caching: SOON },
  '/widget@1.js': { body: widget, type: SCRIPT, caching: DAILY },
  '/client.js': { body: client, type: SCRIPT, caching: SOON },
  '/client@1.js': { body: client, type: SCRIPT, caching: DAILY },
  '/client.d.ts': { body: clientTypes, type: TYPES, caching: SOON },
  '/widget.d.ts': { body: widgetTypes, type: TYPES, caching: SOON },
}

/** What a web page loads: the widget, the client, their types, and the widget's texts. */
export function widgetFiles(): Hono<FacadeEnv> {
  const app = new Hono<FacadeEnv>()
  for (const [path, file] of Object.entries(FILES)) {
    app.get(path, (c) => answerFile(c, file))
    app.all(path, refuseMethod)
  }
  app.get('/widget/texts/:name{[A-Za-z-]+\\.json}', (c) => {
    const body = textsOf(c.req.param('name').slice(0, -'.json'.length))
    if (body === undefined) throw new Refusal('route_not_found')
    return answerFile(c, { body, type: JSON_TEXT, caching: DAILY })
  })
  app.all('/widget/texts/:name{[A-Za-z-]+\\.json}', refuseMethod)
  return app
}

const refuseMethod = (): never => {
  throw new Refusal('method_not_allowed', { allow: 'GET, HEAD' })
}

let bodies: ReadonlyMap<string, string> | undefined

/** The texts of a language as JSON; all are read when the first is asked for. */
function textsOf(tag: string): string | undefined {
  bodies ??= new Map(
    Object.entries(JSON.parse(texts) as Record<string, unknown>).map(([language, table]) => [
      language,
      JSON.stringify(table),
    ]),
  )
  return bodies.get(tag)
}
