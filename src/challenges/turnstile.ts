import * as z from 'zod'
import type { Challenges, ChallengeQuestion, ChallengeVerdict } from '../core/challenge.ts'

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
          body: formOf(options.secret, question),
          redirect: 'manual',
          signal,
        })
        return response.status >= 500
          ? 'unavailable'
          : verdictOf(await readJson(response), question)
      } catch {
        return 'unavailable'
      }
    },
  }
}

function formOf(secret: string, { token, ip, operationId }: ChallengeQuestion): URLSearchParams {
  const form = new URLSearchParams({ secret, response: token, idempotency_key: operationId })
  if (ip !== undefined) form.set('remoteip', ip)
  return form
}

const siteverifyAnswer = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).default([]),
  hostname: z.string().optional(),
  action: z.string().optional(),
})

function verdictOf(body: unknown, { hostnames }: ChallengeQuestion): ChallengeVerdict {
  const answer = siteverifyAnswer.safeParse(body).data
  if (answer === undefined) return 'unavailable'
  const { success, hostname, action, 'error-codes': errors } = answer
  if (success) {
    const isOurs = action === ACTION && hostname !== undefined && hostnames.includes(hostname)
    return isOurs ? 'solved' : 'failed'
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
