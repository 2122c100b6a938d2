import * as z from 'zod'
import type { PageCheckResult } from '../../core/check-from-page.ts'
import { Refusal } from '../../core/refusal.ts'
import { hostOf } from '../../core/restrictions.ts'
import type { Sent } from '../../core/send-code.ts'
import type { StartRequest } from '../../core/start-verification.ts'
import { attemptsLeft, PAGE } from '../../core/verification.ts'
import type { BodyFields } from '../../http/body.ts'
import { checked, checkFields, parse, seconds, session, startFields, text } from './wire.ts'

/** Of a start by a server, and none of a page's business. */
const SERVERS_FIELDS: ReadonlySet<string> = new Set([
  'code',
  'codeLength',
  'template',
  'appHash',
  'metadata',
  'ip',
])
const LONGEST_TOKEN = 2048

const pageStartBody = z
  .strictObject({
    ...startFields,
    turnstileToken: text(LONGEST_TOKEN).min(1, 'is missing').optional(),
  })
  .transform(({ turnstileToken, locale, domain, ...request }) => ({
    challengeToken: turnstileToken,
    request: {
      ...request,
      facade: PAGE,
      locale: locale ?? null,
      message: { domain },
    },
  }))

export interface PageStart {
  readonly request: StartRequest
  readonly challengeToken: string | undefined
}

/** Reads a start from a page of an origin, to whose host alone it may bind its code. */
export function readPageStart(fields: BodyFields, origin: string): PageStart {
  const name = Object.keys(fields).find((field) =>
    SERVERS_FIELDS.has(field.replace(/^metadata\[.*/s, 'metadata')),
  )
  if (name !== undefined) {
    throw new Refusal('field_not_allowed', {
      detail: `The field ${name.slice(0, 64)} is not for pages: leave it out, or use a secret key.`,
    })
  }
  const start = parse(pageStartBody, fields)
  const { domain } = start.request.message
  if (domain === undefined || domain === hostOf(origin)) return start
  throw new Refusal('invalid_request', {
    fields: [{ field: 'domain', message: `must be the host of the page, "${hostOf(origin)}"` }],
  })
}

/** A check names a verification by its id; whoever has the page may not ask about a number. */
const pageCheckBody = z
  .strictObject({ ...checkFields, session: session.optional() })
  .transform(({ session: ofPage, ...request }) => ({ request, session: ofPage }))

export const readPageCheck = (fields: BodyFields) => parse(pageCheckBody, fields)

/** The answer to a check, with the proof for the page's server. */
export const checkedFromPage = ({ proof, ...result }: PageCheckResult) => ({
  ...checked(result),
  ...(proof && { proof: proof.token, proofExpires: seconds(proof.expiresAt) }),
})

/** The answer to a start: nothing of the number but what the person typed. */
export const startedFromPage = (sent: Sent) => ({
  id: sent.verification.id,
  expires: seconds(sent.verification.expiresAt),
  status: sent.verification.status,
  channel: sent.verification.channel,
  phoneNumber: sent.phoneNumber,
  resendAfter: sent.resendAfterSeconds,
  attemptsLeft: attemptsLeft(sent.verification),
  codeLength: sent.codeLength,
})

/** The answer to a resend: the number only where a page had it typed, not where a server gave it. */
export const resentFromPage = (sent: Sent) => ({
  ...startedFromPage(sent),
  phoneNumber: sent.verification.facade === PAGE ? sent.phoneNumber : null,
})
