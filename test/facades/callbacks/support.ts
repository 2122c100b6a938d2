import { createHmac } from 'node:crypto'
import { ask, type Account, type Answer } from '../../support/api.ts'
import type { SentMessage } from '../../support/fake-provider.ts'

/** The auth token that vitest.config.ts gives the Worker. */
const TWILIO_TOKEN = 'twilio-token-of-the-tests'

/** Signs a form as Twilio does (https://www.twilio.com/docs/usage/security). */
export function twilioSignature(url: string, form: Readonly<Record<string, string>>): string {
  const signed = Object.keys(form)
    .toSorted()
    .reduce((text, name) => text + name + form[name], url)
  return createHmac('sha1', TWILIO_TOKEN).update(signed).digest('base64')
}

/** Posts a form as Twilio would to a URL that it was given. */
export function postAsTwilio(
  url: string,
  form: Readonly<Record<string, string>>,
  signature = twilioSignature(url, form),
): Promise<Answer> {
  const { pathname, search } = new URL(url)
  return ask(
    new Request(`http://localhost${pathname}${search}`, {
      method: 'POST',
      headers: { 'x-twilio-signature': signature },
      body: new URLSearchParams(form),
    }),
  )
}

/** Where the reports of a message were asked for. */
export const reportUrlOf = (message: SentMessage | undefined): string =>
  message?.form.get('StatusCallback') ?? ''

/** Reports on a message as Twilio would. */
export const report = (
  message: SentMessage | undefined,
  status: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  postAsTwilio(reportUrlOf(message), {
    MessageSid: 'SM00112233445566778899aabbccddeeff',
    MessageStatus: status,
    ...more,
  })

/** The verification as its project reads it. */
export const read = async ({ send }: Account, id: unknown) =>
  (await send('GET', `/v1/verifications/${String(id)}`)).body

export const timeline = async ({ send }: Account, id: unknown) =>
  (await send('GET', `/v1/verifications/${String(id)}/timeline`)).body['events'] as readonly {
    readonly type: string
  }[]
