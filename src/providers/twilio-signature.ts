import type { VendorRequest } from '../core/messenger.ts'
import { bytesOf } from '../core/text.ts'
import { fromBase64, verifyHmac } from './verify-hmac.ts'

/**
 * Tells whether Twilio signed a request: HMAC-SHA1 of its URL and form, by the account's token
 * (https://www.twilio.com/docs/usage/security#validating-requests).
 */
export async function isSigned(authToken: string, request: VendorRequest): Promise<boolean> {
  const signature = fromBase64(request.headers.get('x-twilio-signature'))
  if (signature === undefined || !URL.canParse(request.url)) return false
  const params = await signedParams(request)
  if (params === undefined) return false
  const verdicts = await Promise.all(
    spellingsOf(request.url).map((url) =>
      verifyHmac('SHA-1', authToken, signature, bytesOf(url + params)),
    ),
  )
  return verdicts.includes(true)
}

/**
 * What is signed after the URL; undefined when the body is not the one that the URL names. A body
 * counts as a form whatever it says it is, so that every body is signed, by its hash or its fields.
 */
async function signedParams({ url, body }: VendorRequest): Promise<string | undefined> {
  const hash = new URL(url).searchParams.get('bodySHA256')
  if (hash === null) return joined(new URLSearchParams(new TextDecoder().decode(body)))
  // No secret is compared here: the hash stands in the URL, which is signed.
  return hash === new Uint8Array(await crypto.subtle.digest('SHA-256', body)).toHex()
    ? ''
    : undefined
}

function joined(form: URLSearchParams): string {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of form) values.set(name, (values.get(name) ?? new Set()).add(value))
  return [...values]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, own]) => [...own].toSorted().map((value) => name + value))
    .join('')
}

/**
 * The spellings of a URL that Twilio may have signed: as it was told, and as its own SDK tries them
 * (https://github.com/twilio/twilio-node/blob/main/src/webhooks/webhooks.ts).
 */
function spellingsOf(text: string): readonly string[] {
  const url = new URL(text)
  const standardPort = url.protocol === 'https:' ? 443 : 80
  const withPort =
    url.port === '' ? `${url.origin}:${standardPort}${url.pathname}${url.search}` : url.href
  url.port = ''
  const plain = [url.href, withPort]
  return [...new Set([text, ...plain, ...plain.map(withLegacyQuery)])]
}

/** Escapes a query anew, as Node's `querystring` module does. */
function withLegacyQuery(url: string): string {
  const start = url.indexOf('?')
  if (start < 0) return url
  const fields = [...new URLSearchParams(url.slice(start))].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return `${url.slice(0, start)}?${fields.join('&')}`
}
