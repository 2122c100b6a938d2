import { XMLParser } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { postAsTwilio } from '../callbacks/support.ts'
import { account } from '../../support/api.ts'
import { authyAccount } from './support.ts'

const settings = { customMessages: true, customCodes: true }
const OWL = 'Your phone verification pin for Owl Bank is {{code}}'
const SPANISH = 'Su código de verificación para Owl Bank es {{code}}'

const idOf = (uuid: unknown): string => `ver_${String(uuid).replaceAll('-', '')}`

describe('custom_message', () => {
  it.each([
    OWL,
    SPANISH,
    'كلمة المرور الخاصة بك هي {{code}}',
    '您的验证码是{{code}}，请勿泄露。',
    "O'Neil & Sons <you> {{code}}",
    '{{code}}',
  ])('is the text of the message, in any script: %s', async (custom_message) => {
    const { begin, provider } = await authyAccount({ settings })
    expect((await begin({ custom_message, custom_code: '918273' })).status).toBe(200)
    expect(provider.messages[0]?.text).toBe(custom_message.replace('{{code}}', '918273'))
  })

  it('is kept for a resend', async () => {
    const { begin, native, provider } = await authyAccount({ settings })
    const { body } = await begin({ custom_message: OWL })
    const resent = await native.send('POST', `/v1/verifications/${idOf(body['uuid'])}/resend`)
    expect(resent.status).toBe(201)
    expect(provider.messages[1]?.text).toBe(provider.messages[0]?.text)
    expect(provider.messages[1]?.text).toContain('Owl Bank')
  })

  it.each([
    ['no code', 'Owl Bank', 'must hold {{code}} exactly once'],
    ['two codes', '{{code}} or {{code}}', 'must hold {{code}} exactly once'],
    ['a link', 'Owl: {{code}}, owl-bank.com', 'link'],
    ['a link in another script', '{{code}} пример.рф', 'link'],
    ['a scheme', 'https://owl {{code}}', 'link'],
    ['a link made of the code', '{{code}}.com', 'link'],
    ['the name of something else', '{{brand}}: {{code}}', 'may use {{code}} only'],
    ['another brace', '{{code}} {% x %}', 'only'],
    ['digits', 'Owl 4242 {{code}}', 'digits'],
    ['digits in circles', 'Owl ❹❼❶❶❽❷ {{code}}', 'digits'],
    ['digits in double circles', 'Owl ⓵ {{code}}', 'digits'],
    ['Suzhou digits', 'Owl 〡 {{code}}', 'digits'],
    ['a link of a symbol', '🦉.ws {{code}}', 'link'],
    ['a link that ends in a symbol', 'Claim at i❤.ws now: {{code}}', 'link'],
    ['a line break', 'Owl\n{{code}}', 'line breaks'],
    ['a direction mark', 'Owl \u202E{{code}}', 'invisible'],
    ['a zero-width character', 'O\u200Bwl {{code}}', 'invisible'],
    ['more than 140 characters', `${'a'.repeat(133)} {{code}}`, '140'],
  ])('is refused with %s', async (_, custom_message, said) => {
    const { begin, provider } = await authyAccount({ settings })
    const answer = await begin({ custom_message })
    expect(answer).toBeAuthyError(400, '60004')
    expect(answer.body['message']).toMatch(/^Invalid parameter: custom_message - /)
    expect(answer.body['message']).toContain(said)
    expect(provider.messages).toEqual([])
  })

  it('is not spoken by a voice of another language', async () => {
    const { begin, native, provider } = await authyAccount({ settings })
    const { body } = await begin({ custom_message: 'Vaš kod je {{code}}', locale: 'hr' })
    const path = `/v1/verifications/${idOf(body['uuid'])}/resend`
    expect((await native.send('POST', path, { channel: 'call' })).status).toBe(201)
    const twiml = provider.messages[1]?.form.get('Twiml') ?? ''
    const action = /action="([^"]+)"/.exec(twiml)?.[1] ?? ''
    const answer = await postAsTwilio(action, { Digits: '1' })
    expect(answer.text).toContain('Your code is')
    expect(answer.text).not.toContain('kod je')
  })

  it('is refused where the project does not allow it', async () => {
    const { begin, provider } = await authyAccount({ settings: { customCodes: true } })
    expect(await begin({ custom_message: OWL })).toBeAuthyError(
      403,
      '60021',
      "Phone verification couldn't be created: custom messages are not allowed.",
    )
    expect(provider.messages).toEqual([])
  })
})

describe('custom_message in a call', () => {
  const parser = new XMLParser({ ignoreAttributes: false, ignoreDeclaration: true })

  async function pickUp(form: Readonly<Record<string, string>>) {
    const { begin, provider } = await authyAccount({ settings })
    const { status } = await begin({ via: 'call', custom_code: '918273', ...form })
    expect(status).toBe(200)
    const twiml = provider.messages[0]?.form.get('Twiml') ?? ''
    const url = parser.parse(twiml).Response.Gather['@_action'] as string
    const { text } = await postAsTwilio(url, { CallSid: 'CA1', Digits: '1' })
    return { twiml, said: parser.parse(text).Response.Say[0] as Record<string, string> }
  }

  it.each([
    ['es', 'es-ES'],
    ['es-MX', 'es-ES'],
    ['zh-cn', 'cmn-CN'],
    ['PT-br', 'pt-BR'],
  ])('is spoken after the key press, in the voice of %s', async (locale, voice) => {
    const { twiml, said } = await pickUp({ locale, custom_message: SPANISH })
    expect(twiml).not.toContain('Owl Bank')
    expect(said).toEqual({
      '@_language': voice,
      '#text': 'Su código de verificación para Owl Bank es 9, 1, 8, 2, 7, 3',
    })
  })

  it('is followed by the usual words when the next call has none of its own', async () => {
    const { begin, provider } = await authyAccount({ settings })
    await begin({ via: 'call', locale: 'es', custom_message: SPANISH })
    await begin({ via: 'call', locale: 'es' })
    const twiml = provider.messages[1]?.form.get('Twiml') ?? ''
    const url = parser.parse(twiml).Response.Gather['@_action'] as string
    const { text } = await postAsTwilio(url, { CallSid: 'CA1', Digits: '1' })
    expect(text).toContain('Su código es: ')
  })

  it.each([
    ['none', {}, 'Parameter is required'],
    ['one without a voice', { locale: 'hr' }, "'hr' is spoken by no call"],
    ['one that nobody knows', { locale: 'xx' }, "'xx' is spoken by no call"],
    ['one that is no tag', { locale: '!' }, "'!' is spoken by no call"],
  ])('needs a locale: %s', async (_, form, said) => {
    const { begin, provider } = await authyAccount({ settings })
    const answer = await begin({ via: 'call', custom_message: SPANISH, ...form })
    expect(answer).toBeAuthyError(400, '60004', `Invalid parameter: locale - ${said}`)
    expect(provider.messages).toEqual([])
  })

  it.each([
    ['a text message', { via: 'sms', custom_message: SPANISH }],
    ['a call in the usual words', { via: 'call', locale: 'hr' }],
  ])('is the only thing that needs one: %s', async (_, form) => {
    const { begin } = await authyAccount({ settings })
    expect((await begin(form as Record<string, string>)).status).toBe(200)
  })
})

describe('a field of the native API', () => {
  it('is no way around the setting', async () => {
    const { start } = await account({ settings: { customMessages: true } })
    expect((await start({ text: OWL })).status).toBe(422)
  })
})
