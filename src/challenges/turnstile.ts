import * as z from 'zod'
import type { Challenges, ChallengeQuestion, ChallengeVerdict } from '../core/challenge.ts'
import { bytesOf } from '../core/text.ts'

export interface TurnstileOptions {
  readonly secret: string
  readonly siteKey: string
  readonly baseUrl: string
}

/** What a page must name its challenge, so that one solved for something else is of no use here. */
const ACTION = 'otp'
const PATIENCE_MS = 3000
const LARGEST_ANSWER = 16 * 1024

/** Verifies by Turnstile (https://developers.cloudflare.com/turnstile/get-started/server-side-validation/). */
export function turnstile(options: TurnstileOptions, fetcher: typeof fetch): Challenges {
  return {
    siteKey: options.siteKey,
    async verify(question) {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      try {
        const response = await fetcher(`${options.baseUrl}/siteverify`, {
          method: 'POST',
          body: await formOf(options.secret, question),
          redirect: 'manual',
          signal,
        })
        return response.status >= 500
          ? 'unavailable'
          : verdictOf(response.ok, await readJson(response), question)
      } catch {
        return 'unavailable'
      }
    },
  }
}

async function formOf(secret: string, question: ChallengeQuestion): Promise<URLSearchParams> {
  const { token, ip } = question
  const key = await idempotencyKey(question)
  const form = new URLSearchParams({ secret, response: token, idempotency_key: key })
  if (ip !== undefined) form.set('remoteip', ip)
  return form
}

/** A UUID of operation and token: who carries a request on may come with another token. */
async function idempotencyKey({ operationId, token }: ChallengeQuestion): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytesOf(`${operationId} ${token}`))
  const hex = new Uint8Array(hash).toHex()
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-')
}

const siteverifyAnswer = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).default([]),
  hostname: z.string().optional(),
  action: z.string().optional(),
})

function verdictOf(ok: boolean, body: unknown, { hostnames }: ChallengeQuestion): ChallengeVerdict {
  const answer = siteverifyAnswer.safeParse(body).data
  if (answer === undefined) return 'unavailable'
  const { success, hostname, action, 'error-codes': errors } = answer
  if (success) {
    const isOurs = action === ACTION && hostname !== undefined && hostnames.includes(hostname)
    return ok && isOurs ? 'solved' : 'failed'
  }
  if (errors.some((error) => error.endsWith('-input-secret'))) return 'refused'
  return errors.includes('internal-error') ? 'unavailable' : 'failed'
}

/** Reads no more than 16 KB; throws when there is more, or when it is no JSON. */
async function readJson({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > LARGEST_ANSWER) throw new Error('The answer is too large.')
    chunks.push(chunk)
  }
  return JSON.parse(await new Blob(chunks).text())
}
