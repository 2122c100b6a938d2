import examples from 'libphonenumber-js/mobile/examples'
import { getCountryCallingCode, type CountryCode } from 'libphonenumber-js/max'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { E164 } from '../../src/core/phone.ts'
import type { NumberFacts } from '../../src/core/ports.ts'
import { twilioLookup } from '../../src/providers/twilio-lookup.ts'
import { CODE } from './messages.ts'
import { hang, UNCLEAR, type Answer } from './play-vendor.ts'
import { ACCOUNT, TOKEN } from './send-by-twilio.ts'
import document from './specs/twilio-lookups.json'

const NUMBER = '+12025550123' as E164
const PATH = '/v2/PhoneNumbers/{PhoneNumber}'
const SERVER = document.servers[0]?.url ?? ''
const operation = document.paths[PATH].get
const answers = operation.responses[200].content['application/json'].examples
const EXAMPLE = answers.fetchLineTypeIntelligence.value

const OPTIONS = { accountSid: ACCOUNT, authToken: TOKEN, baseUrl: SERVER }

interface Outcome {
  readonly facts?: NumberFacts | undefined
  readonly error?: string
}

/** Looks a number up at a vendor that gives one answer; keeps the request. */
async function lookUp(answer: Answer, number = NUMBER, signal = new AbortController().signal) {
  const requests: Request[] = []
  const lookup = twilioLookup(OPTIONS, async (input, init) => {
    requests.push(new Request(input, init))
    return answer(init?.signal ?? undefined)
  })
  const outcome: Outcome = await lookup.lookUp(number, signal).then(
    (facts) => ({ facts }),
    (error: unknown) => ({ error: String(error) }),
  )
  const [request] = requests
  if (request === undefined || requests.length > 1) throw new Error('Expected one request')
  return { ...outcome, request }
}

const found = (changes: object = {}) => {
  const line_type_intelligence = { ...EXAMPLE.line_type_intelligence, ...changes }
  return () => Response.json({ ...EXAMPLE, line_type_intelligence })
}

/** What is wrong with a request, by Twilio's own OpenAPI document. */
function problemsOf({ method, url }: Request): readonly string[] {
  const { origin, pathname, searchParams } = new URL(url)
  const { parameters } = operation
  const fields = parameters.find(({ name }) => name === 'Fields')?.description ?? ''
  const possible = /Possible values are (.*)\.$/.exec(fields)?.[1]?.split(', ') ?? []
  const names = new Set(parameters.filter((one) => one.in === 'query').map(({ name }) => name))
  const values = searchParams.getAll('Fields').flatMap((list) => list.split(','))
  return [
    ...(method === 'GET' ? [] : [`method ${method}`]),
    ...(origin === SERVER ? [] : [`server ${origin}`]),
    ...(/^\/v2\/PhoneNumbers\/\+[0-9]+$/.test(pathname) ? [] : [`path ${pathname}`]),
    ...[...searchParams.keys()].filter((name) => !names.has(name)),
    ...values.filter((value) => !possible.includes(value)),
  ]
}

describe('twilioLookup: the request', () => {
  it("is what Twilio's document asks for, with Basic authentication", async () => {
    const { request } = await lookUp(found())
    expect(problemsOf(request)).toEqual([])
    expect(request.url).toBe(`${SERVER}/v2/PhoneNumbers/${NUMBER}?Fields=line_type_intelligence`)
    expect(request.headers.get('authorization')).toBe(`Basic ${btoa(`${ACCOUNT}:${TOKEN}`)}`)
    expect(request.redirect).toBe('manual')
    expect(request.body).toBeNull()
  })

  it('is checked by a reader of that document that sees what is wrong', () => {
    const good = `${SERVER}/v2/PhoneNumbers/+12025550123`
    const wrong = [
      new Request(`${good}?Fields=line_type`),
      new Request(`${good}?Field=line_type_intelligence`),
      new Request(`${SERVER}/v1/PhoneNumbers/+12025550123`),
      new Request(`${SERVER}/v2/PhoneNumbers/%2B12025550123`),
      new Request('https://api.twilio.com/v2/PhoneNumbers/+12025550123'),
      new Request(good, { method: 'POST' }),
    ]
    expect(problemsOf(new Request(good))).toEqual([])
    for (const request of wrong) expect(problemsOf(request)).toHaveLength(1)
  })

  it('names the number of any country as it is', async () => {
    for (const [country, national] of Object.entries(examples)) {
      const number = `+${getCountryCallingCode(country as CountryCode)}${national}`
      const { request } = await lookUp(found(), number as E164)
      expect(problemsOf(request)).toEqual([])
      expect(new URL(request.url).pathname.split('/').at(-1)).toBe(number)
    }
  })
})

describe('twilioLookup: what an answer tells', () => {
  it("is type and carrier, for the example of Twilio's document", async () => {
    expect((await lookUp(found())).facts).toEqual({
      type: 'voip',
      carrier: 'Twilio - SMS/MMS-SVR',
      ported: false,
    })
  })

  it.each([
    ['landline', 'landline'],
    ['mobile', 'mobile'],
    ['fixedVoip', 'voip'],
    ['nonFixedVoip', 'voip'],
    ['personal', 'unknown'],
    ['tollFree', 'unknown'],
    ['premium', 'unknown'],
    ['sharedCost', 'unknown'],
    ['uan', 'unknown'],
    ['voicemail', 'unknown'],
    ['pager', 'unknown'],
    ['unknown', 'unknown'],
    ['satellite, which is new', 'unknown'],
    ['constructor', 'unknown'],
  ])('is for the line type %s: %s', async (type, ours) => {
    expect((await lookUp(found({ type }))).facts).toMatchObject({ type: ours })
  })

  it.each([
    'Elisa',
    'AT&T',
    'МТС',
    '中国移动',
    'Level 3',
    'T-Mobile (360networks)',
    'x'.repeat(64),
  ])('names the carrier %s', async (carrier) => {
    expect((await lookUp(found({ carrier_name: carrier }))).facts).toMatchObject({ carrier })
  })

  it.each([
    ['null', null],
    ['a number', 7],
    ['nothing', ''],
    ['blanks', '  '],
    ['a long text', 'x'.repeat(65)],
    ['two lines', 'Elisa\nEesti'],
    ['an invisible mark', 'Elisa\u200b'],
    ['a mark that turns text around', 'Elisa\u202e'],
    ['half a character', 'Elisa\ud800'],
    ['a character of no meaning', 'Elisa\ufffe'],
    ['the number', `Elisa ${NUMBER}`],
    ['the number without its country', 'Elisa 202-555-0123'],
    ['the number in pieces', '20 25 55 01 23'],
    ['the number in other digits', '٢٠٢٥٥٥٠١٢٣'],
    ['a code', CODE],
    ['a code, spaced', '9 1 8 2 7 3'],
    ['a short code in circles', '①②③④'],
    ['a code in pairs', '⑫⑳㉑'],
  ])('names no carrier that is %s', async (_, carrier) => {
    expect((await lookUp(found({ carrier_name: carrier }))).facts).toMatchObject({ carrier: null })
  })

  it.each([
    ['has no access to (60601)', found({ error_code: 60601, type: null, carrier_name: null })],
    ['has an error for', found({ error_code: 60600 })],
    ['gives no line type', found({ type: null })],
    ['calls invalid', () => Response.json(answers.fetchInvalid.value)],
    ['says nothing more of', () => Response.json(answers.fetch.value)],
  ])('is nothing for a number that Twilio %s', async (_, answer) => {
    expect(await lookUp(answer)).toMatchObject({ facts: undefined })
  })
})

describe('twilioLookup: what is no answer', () => {
  const refused = (status: number) =>
    Response.json({ code: 20003, message: `No: ${NUMBER} ${TOKEN}`, status }, { status })

  it.each([301, 302, 400, 401, 403, 404, 429, 500, 502, 503, 504])('is HTTP %i', async (status) => {
    const { error } = await lookUp(() => refused(status))
    expect(error).toBe(`Error: Twilio Lookup answered HTTP ${status}.`)
  })

  it('is an error that comes with facts all the same', async () => {
    const answer = () => Response.json(EXAMPLE, { status: 500 })
    expect(await lookUp(answer)).not.toHaveProperty('facts')
  })

  it.each([
    ...UNCLEAR,
    ['nothing', () => new Response(null, { status: 204 })] as const,
    ['an object of something else', () => Response.json({ ok: true })] as const,
    ['a line type that is a list', found({ type: ['mobile'] })] as const,
    ['10 MB that begin well', () => Response.json({ ...EXAMPLE, x: 'x'.repeat(1e7) })] as const,
  ])('is %s', async (_, answer) => {
    expect(await lookUp(answer)).toMatchObject({ error: expect.stringMatching(/Twilio Lookup/) })
  })

  it('is silence until its signal ends it', async () => {
    const outcome = await lookUp(hang, NUMBER, AbortSignal.timeout(20))
    expect(outcome).toMatchObject({ error: 'Error: Twilio Lookup gave no answer in time.' })
  })

  it('is an answer that hangs half-way, until its signal ends it', async () => {
    const control = new AbortController()
    const half = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode('{"line_type_intelligence":'))
        control.signal.addEventListener('abort', () => stream.error(control.signal.reason))
      },
      pull: () => control.abort(),
    })
    const outcome = await lookUp(() => new Response(half), NUMBER, control.signal)
    expect(outcome).toMatchObject({ error: 'Error: Twilio Lookup gave no answer in time.' })
  })

  it('gives nothing away, whatever the answer holds', async () => {
    const leak = [CODE, NUMBER, '2025550123', '(202) 555-0123']
    const anything = fc.oneof(fc.constantFrom(...leak, 'mobile', 7, null), fc.json())
    const body = fc.oneof(
      fc.json(),
      fc.record({
        line_type_intelligence: fc.record(
          { type: anything, carrier_name: anything, error_code: anything },
          { requiredKeys: [] },
        ),
      }),
    )
    const status = fc.constantFrom(200, 302, 401, 404, 429, 500)
    await fc.assert(
      fc.asyncProperty(status, body, async (code, content) => {
        const text = typeof content === 'string' ? content : JSON.stringify(content)
        const { request: _, ...outcome } = await lookUp(() => new Response(text, { status: code }))
        const written = JSON.stringify(outcome)
        for (const secret of leak) expect(written).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})
