import type { OtpostVerifyElement } from '../element-types.ts'
import { make } from '../elements.ts'
import { watchInbox } from './inbox.ts'
import { showExchange, watchFetch } from './wire.ts'

const find = <Found extends HTMLElement>(id: string): Found => document.getElementById(id) as Found

const widget = document.querySelector('otpost-verify') as OtpostVerifyElement

/** Puts text into a field of the widget as a browser that fills it in does: in one event. */
function fillIn(id: 'number' | 'code', text: string): void {
  const input = widget.shadowRoot?.querySelector<HTMLInputElement>(`#${id}`)
  if (!input || input.closest('[hidden]') !== null) return
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  input.focus()
}

/** Says what a form would send, without sending it anywhere. */
function showSubmission(event: SubmitEvent): void {
  event.preventDefault()
  const start = widget.value.slice(0, 24)
  find('submitted').textContent = `Your server would receive proof=${start}…`
}

/** The number whose phone is drawn: the one that was typed last. */
let phone: string | undefined

const numberIn = (body = '{}'): string | undefined =>
  (JSON.parse(body) as { readonly phoneNumber?: string }).phoneNumber

// Before the widget's own script runs, so that its first request is seen.
watchFetch((exchange) => {
  showExchange(find('wire'), exchange)
  if (exchange.path === '/v1/verifications') phone = numberIn(exchange.body)
})

// As the server writes it; until then, or where it cannot tell what became of the message, as typed.
document.addEventListener('otpost:sent', ({ detail }) => {
  phone = detail.phoneNumber
})

watchInbox(
  () => phone,
  (messages) => {
    find('silence').hidden = messages.length > 0
    find('messages').replaceChildren(
      ...messages.map(({ channel, body, code, at }) => {
        const tap = make('button', { type: 'button' }, `Fill in ${code}`)
        tap.addEventListener('click', () => fillIn('code', code))
        const from =
          channel === 'call' ? 'Incoming call' : channel === 'sms' ? 'Messages' : 'WhatsApp'
        const time = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
        const head = make('div', { class: 'from' }, make('span', {}, from), make('span', {}, time))
        return make('article', { class: 'message' }, head, make('p', {}, body), tap)
      }),
    )
  },
)

find<HTMLFormElement>('form').addEventListener('submit', showSubmission)
document.addEventListener('otpost:expired', () => find('submitted').replaceChildren())
for (const button of document.querySelectorAll<HTMLElement>('.try')) {
  button.addEventListener('click', () => fillIn('number', button.dataset['number'] ?? ''))
}
const showTime = () => {
  find('clock').textContent = new Date().toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
  })
}
showTime()
setInterval(showTime, 10_000)
