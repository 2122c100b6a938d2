import { make } from '../elements.ts'

/** A request of the widget and its answer, as they travelled. */
interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly answered: Promise<{ readonly status: number; readonly text: string } | undefined>
}

/** Tells of every call to the API from now on. */
export function watchFetch(seen: (exchange: Exchange) => void): void {
  const { fetch: send } = globalThis
  globalThis.fetch = (input, init) => {
    const answer = send(input, init)
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href)
    if (!pathname.startsWith('/v1/')) return answer
    seen({
      method: init?.method ?? 'GET',
      path: pathname,
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: typeof init?.body === 'string' ? init.body : undefined,
      answered: answer.then(
        async (response) => ({ status: response.status, text: await response.clone().text() }),
        () => undefined,
      ),
    })
    return answer
  }
}

/** Draws an exchange on top of a list, and its answer when it has come. */
export function showExchange(list: HTMLElement, exchange: Exchange): void {
  const { method, path, headers, body, answered } = exchange
  const item = make('li')
  item.append(
    make('p', { class: 'head' }, make('code', {}, `${method} ${shorten(path)}`)),
    make('pre', { class: 'name-of' }, `authorization: ${headers['authorization'] ?? ''}`),
    ...(body === undefined ? [] : [make('pre', {}, indent(body))]),
  )
  list.prepend(item)
  list.scrollTop = 0
  void answered.then((answer) => item.append(answerOf(answer)))
}

function answerOf(answer: Awaited<Exchange['answered']>): HTMLElement {
  const status = answer?.status ?? 0
  const good = status >= 200 && status < 300
  const said = answer === undefined ? 'no answer' : String(status)
  const head = make('p', { class: 'head' }, make('code', { class: good ? 'good' : 'bad' }, said))
  return make('div', { class: 'answer' }, head, make('pre', {}, indent(answer?.text ?? '')))
}

/** Ids and proofs are long, and every one looks like the next: so much of them fits a line of a phone. */
const MOST_CHARACTERS = 20

const shorten = (path: string): string => path.replace(/(ver_[0-9a-f]{6})[0-9a-f]+/, '$1…')

function indent(text: string): string {
  try {
    return JSON.stringify(
      JSON.parse(text),
      (_, value: unknown) =>
        typeof value === 'string' && value.length > MOST_CHARACTERS && !value.includes(' ')
          ? `${value.slice(0, MOST_CHARACTERS)}…`
          : value,
      2,
    )
  } catch {
    return text
  }
}
