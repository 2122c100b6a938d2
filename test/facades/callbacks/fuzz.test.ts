import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { account, ask, type Answer } from '../../support/api.ts'
import { fakeProvider } from '../../support/fake-provider.ts'
import { rowsOfLines } from '../../support/lines.ts'
import { reportUrlOf, twilioSignature } from './support.ts'

const EXPECTED: ReadonlySet<number> = new Set([200, 400, 403, 404, 405, 413])

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
const form = fc.dictionary(
  fc.oneof(fc.constantFrom('MessageStatus', 'CallStatus', 'ErrorCode', 'Price', 'PriceUnit'), text),
  fc.oneof(fc.constantFrom('delivered', 'failed', 'completed', '30003', '-0.01'), text),
  { maxKeys: 6 },
)

/** Headers take neither line breaks nor anything beyond Latin-1. */
const headerValue = fc.string({ maxLength: 60 }).map((value) => value.replaceAll(/[^ -~]/g, 'x'))

const requests = (genuine: string) =>
  fc.record({
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constant(genuine) },
      fc
        .tuple(fc.constantFrom('receipts', 'calls'), fc.constantFrom('twilio', 'meta', 'x'), text)
        .map(
          ([kind, name, token]) =>
            `/v1/${kind}/${name}/${encodeURIComponent(token.toWellFormed())}`,
        ),
    ),
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS'),
    signed: fc.boolean(),
    signature: headerValue,
    form,
    raw: fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }),
  })

describe('what anybody may post to a vendor address (N-05)', () => {
  it('answers 2,000 random requests with a documented status, and only genuine ones have an effect', async () => {
    const provider = fakeProvider()
    const { start } = await account()
    await start()
    const url = reportUrlOf(provider.messages[0])
    const genuine = new URL(url).pathname
    let delivered = false
    await fc.assert(
      fc.asyncProperty(requests(genuine), async (request) => {
        const fields = Object.fromEntries(
          Object.entries(request.form).map(([k, v]) => [k.toWellFormed(), v.toWellFormed()]),
        )
        const body = request.raw ?? new URLSearchParams(fields).toString()
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': request.signed ? twilioSignature(url, fields) : request.signature,
        }
        const hasBody = request.method !== 'GET'
        const answer: Answer = await ask(
          new Request(`http://localhost${request.path}`, {
            method: request.method,
            headers,
            ...(hasBody ? { body } : {}),
          }),
        )
        expect(EXPECTED).toContain(answer.status)
        if (answer.status !== 200) expect(answer.body).toHaveProperty('code')
        const isGenuine =
          request.path === genuine &&
          request.signed &&
          request.raw === undefined &&
          request.method === 'POST'
        if (!isGenuine) expect(answer.status).not.toBe(200)
        else if (answer.status === 200 && fields['MessageStatus'] === 'delivered') delivered = true
      }),
      { numRuns: 2000 },
    )
    const [row] = await rowsOfLines('deliveries')
    if (delivered) expect(row?.['status']).toBe('delivered')
    expect(provider.messages).toHaveLength(1)
  })
})
