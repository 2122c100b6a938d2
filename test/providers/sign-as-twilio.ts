import type { VendorRequest } from '../../src/core/messenger.ts'
import { bytesOf } from '../../src/core/text.ts'
import { TOKEN } from './send-by-twilio.ts'

const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

/** HMAC-SHA1 in base64, of a text that is already joined. */
export async function hmac(text: string, token = TOKEN): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-1' }
  const key = await crypto.subtle.importKey('raw', bytesOf(token), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, bytesOf(text))
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
}

export const formRequest = (
  url: string,
  form: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  signature: string | undefined,
): VendorRequest => ({
  method: 'POST',
  url,
  headers: new Headers({
    'content-type': FORM,
    ...(signature === undefined ? {} : { 'x-twilio-signature': signature }),
  }),
  body: bytesOf(new URLSearchParams(form as Record<string, string>).toString()),
})

/** A form that Twilio posts, each field once. */
export async function signedForm(
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<VendorRequest> {
  const names = Object.keys(form).toSorted()
  const params = names.map((name) => `${name}${form[name]}`).join('')
  return formRequest(url, form, await hmac(`${url}${params}`))
}
