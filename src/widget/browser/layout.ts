import { icon, make } from './elements.ts'

const CHEVRON = 'M7 10l5 5 5-5'
const CHECK = 'M5 12.5l4.5 4.5L19 7.5'

const error = (id: string) => make('p', { id, class: 'error', part: 'error', role: 'alert' })

const button = () =>
  make('button', { type: 'submit', class: 'button', part: 'button' }, make('span'))

const link = (part: string) =>
  make('button', { type: 'button', class: 'link', part: `link ${part}` })

/** Makes everything that is ever shown; texts come later. */
export function layOut() {
  const country = make('select', { id: 'country', autocomplete: 'off' })
  const flag = make('span', { class: 'flag' })
  const prefix = make('span', { dir: 'ltr' })
  const countryBox = make(
    'div',
    { class: 'country', part: 'country' },
    make(
      'span',
      { class: 'chosen', 'aria-hidden': 'true' },
      flag,
      prefix,
      icon(CHEVRON, 'chevron'),
    ),
    country,
  )
  const number = make('input', {
    id: 'number',
    part: 'input number',
    type: 'tel',
    inputmode: 'tel',
    autocomplete: 'tel',
    dir: 'ltr',
    'aria-describedby': 'number-error',
  })
  const numberLabel = make('label', { for: 'number', part: 'label' })
  const numberError = error('number-error')
  const send = button()
  const numberForm = make(
    'form',
    { novalidate: true, part: 'form' },
    numberLabel,
    make('div', { class: 'field', part: 'field' }, countryBox, number),
    numberError,
    send,
    // Below the button: what appears while it is pressed must not move it away.
    make('slot', { name: 'turnstile' }),
  )

  const sent = make('p', { id: 'sent', class: 'sent', part: 'sent' })
  const change = link('change')
  const cells = make('div', { class: 'cells', 'aria-hidden': 'true' })
  const code = make('input', {
    id: 'code',
    part: 'input code',
    type: 'text',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: '\\d*',
    autocapitalize: 'off',
    autocorrect: 'off',
    spellcheck: 'false',
    'aria-describedby': 'code-error sent',
  })
  const codeLabel = make('label', { for: 'code', part: 'label' })
  const codeError = error('code-error')
  const check = button()
  const resend = link('resend')
  const resendText = make('span')
  const timer = make('span', { class: 'timer', 'aria-hidden': 'true' })
  resend.append(resendText, timer)
  const call = link('call')
  const codeForm = make(
    'form',
    { novalidate: true, part: 'form', hidden: true },
    make('div', { class: 'to' }, sent, change),
    codeLabel,
    make('div', { class: 'code', dir: 'ltr' }, cells, code),
    codeError,
    check,
    make('div', { class: 'more' }, resend, call),
  )

  const doneText = make('p', { part: 'done-text' })
  const doneNumber = make('span', { class: 'done-number', dir: 'ltr' })
  const again = link('change')
  const done = make(
    'div',
    { class: 'done', part: 'done', tabindex: '-1', hidden: true },
    make('span', { class: 'badge' }, icon(CHECK, 'check')),
    make('div', {}, doneText, make('div', { class: 'done-line' }, doneNumber, again)),
  )

  const status = make('p', { class: 'spoken', part: 'status', role: 'status' })
  const fields = make('fieldset', {}, numberForm, codeForm, done)
  const root = make('div', { class: 'root', part: 'root' }, fields, status)
  return {
    root,
    fields,
    numberForm,
    numberLabel,
    country,
    countryBox,
    flag,
    prefix,
    number,
    numberError,
    send,
    codeForm,
    sent,
    change,
    codeLabel,
    cells,
    code,
    codeError,
    check,
    resend,
    resendText,
    timer,
    call,
    done,
    doneText,
    doneNumber,
    again,
    status,
  } as const
}

export type Layout = ReturnType<typeof layOut>
