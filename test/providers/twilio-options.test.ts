import { describe, expect, it } from 'vitest'
import { twilio } from '../../src/providers/twilio.ts'
import { ACCOUNT, CONTENT, GERMAN_CONTENT, SERVICE, TOKEN } from './send-by-twilio.ts'

const NAMED = { TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TOKEN }
const SMS = { ...NAMED, TWILIO_FROM: '+12025550100' }
const CALLS = {
  ...NAMED,
  TWILIO_VOICE_FROM: '+12025550100',
  PUBLIC_URL: 'https://otp.example.com',
}
const WHATSAPP = {
  ...NAMED,
  TWILIO_WHATSAPP_FROM: '+12025550100',
  TWILIO_WHATSAPP_CONTENT_SID: CONTENT,
}
const NO_SENDER = 'is missing, and so is TWILIO_MESSAGING_SERVICE_SID: set one of them'

const choiceOf = (other: string | undefined, byKey: Record<string, string> = {}) => ({
  other,
  byKey: new Map(Object.entries(byKey)),
})

const optionsOf = (environment: object) => twilio.variables.parse(environment)

const problemsOf = (environment: object): readonly string[] => {
  const issues = twilio.variables.safeParse(environment).error?.issues ?? []
  return issues.map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('twilio: its variables', () => {
  it('are enough with a sender of text messages', () => {
    expect(optionsOf(SMS)).toEqual({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      baseUrl: 'https://api.twilio.com',
      sms: choiceOf('+12025550100'),
      call: undefined,
      whatsapp: undefined,
    })
  })

  it('give senders by country, numbers for calls, and templates by language', () => {
    const options = optionsOf({
      ...SMS,
      ...CALLS,
      ...WHATSAPP,
      TWILIO_FROM: 'Acme, US=+12025550101',
      TWILIO_VOICE_FROM: '+12025550102,GB=+442079460000',
      TWILIO_WHATSAPP_FROM: SERVICE,
      TWILIO_WHATSAPP_CONTENT_SID: `${CONTENT},de=${GERMAN_CONTENT},pt_BR=${CONTENT}`,
      TWILIO_BASE_URL: 'http://127.0.0.1:4010/',
    })
    expect(options).toMatchObject({
      baseUrl: 'http://127.0.0.1:4010',
      sms: choiceOf('Acme', { US: '+12025550101' }),
      call: choiceOf('+12025550102', { GB: '+442079460000' }),
      whatsapp: {
        sender: SERVICE,
        contents: choiceOf(CONTENT, { de: GERMAN_CONTENT, pt_BR: CONTENT }),
      },
    })
  })

  it('put a messaging service before senders, for every country', () => {
    const options = optionsOf({ ...SMS, TWILIO_MESSAGING_SERVICE_SID: SERVICE })
    expect(options.sms).toEqual(choiceOf(SERVICE))
    const alone = optionsOf({ ...NAMED, TWILIO_MESSAGING_SERVICE_SID: SERVICE })
    expect(alone.sms).toEqual(choiceOf(SERVICE))
  })

  it.each([
    ['text messages', SMS],
    ['calls', CALLS],
    ['WhatsApp', WHATSAPP],
  ])('are enough for %s alone', (_, environment) => {
    expect(problemsOf(environment)).toEqual([])
  })

  it.each([
    ['TWILIO_ACCOUNT_SID is missing', { TWILIO_ACCOUNT_SID: undefined }],
    ['TWILIO_ACCOUNT_SID does not begin with AC', { TWILIO_ACCOUNT_SID: 'SK0011' }],
    ['TWILIO_ACCOUNT_SID does not begin with AC', { TWILIO_ACCOUNT_SID: 'AC/../canary' }],
    ['TWILIO_AUTH_TOKEN is missing', { TWILIO_AUTH_TOKEN: undefined }],
    ['TWILIO_AUTH_TOKEN is empty', { TWILIO_AUTH_TOKEN: ' ' }],
    ['TWILIO_AUTH_TOKEN holds a character that no token has', { TWILIO_AUTH_TOKEN: 'tökén' }],
    ['TWILIO_FROM holds an empty value', { TWILIO_FROM: '' }],
    [`TWILIO_FROM ${NO_SENDER}`, { TWILIO_FROM: undefined }],
    [
      'TWILIO_MESSAGING_SERVICE_SID does not begin with MG',
      { TWILIO_MESSAGING_SERVICE_SID: 'XX0' },
    ],
    [
      'TWILIO_MESSAGING_SERVICE_SID is not MG and 32 hex digits',
      { TWILIO_MESSAGING_SERVICE_SID: 'MG0' },
    ],
    [
      'TWILIO_VOICE_FROM may hold numbers only, each with + and country code',
      { TWILIO_VOICE_FROM: 'Acme', PUBLIC_URL: 'https://otp.example.com' },
    ],
    [
      'TWILIO_VOICE_FROM may hold numbers only, each with + and country code',
      { TWILIO_VOICE_FROM: '+12025550100,GB=Acme', PUBLIC_URL: 'https://otp.example.com' },
    ],
    [
      'PUBLIC_URL is missing or of this machine, but TWILIO_VOICE_FROM needs it: calls ask there for the code',
      { TWILIO_VOICE_FROM: '+12025550100' },
    ],
    [
      'TWILIO_WHATSAPP_FROM is missing, but TWILIO_WHATSAPP_CONTENT_SID needs it',
      { TWILIO_WHATSAPP_CONTENT_SID: CONTENT },
    ],
    [
      'TWILIO_WHATSAPP_FROM is neither a number with + and country code nor the SID of a messaging service',
      { ...WHATSAPP, TWILIO_WHATSAPP_FROM: 'Acme' },
    ],
    [
      'TWILIO_WHATSAPP_CONTENT_SID is missing, but TWILIO_WHATSAPP_FROM needs it',
      { TWILIO_WHATSAPP_FROM: SERVICE },
    ],
    [
      'TWILIO_WHATSAPP_CONTENT_SID may hold SIDs of content templates only: HX and 32 hex digits',
      { ...WHATSAPP, TWILIO_WHATSAPP_CONTENT_SID: `${CONTENT},de=HX0` },
    ],
    ['TWILIO_BASE_URL is no URL', { TWILIO_BASE_URL: 'canary' }],
    [
      'TWILIO_BASE_URL is no http or https URL without ? and #',
      { TWILIO_BASE_URL: 'ftp://canary' },
    ],
  ])('say once what is wrong: %s', (problem, changes) => {
    const problems = problemsOf({ ...SMS, ...changes })
    expect(problems[0]).toBe(problem)
    expect(new Set(problems.map((text) => text.split(' ', 1)[0])).size).toBe(1)
  })

  it('say that half of WhatsApp is missing, not that nothing is there', () => {
    expect(problemsOf({ ...NAMED, TWILIO_WHATSAPP_FROM: SERVICE })).toEqual([
      'TWILIO_WHATSAPP_CONTENT_SID is missing, but TWILIO_WHATSAPP_FROM needs it',
    ])
  })

  it('say all at once that is missing of nothing', () => {
    expect(problemsOf({})).toEqual(
      expect.arrayContaining(['TWILIO_ACCOUNT_SID is missing', 'TWILIO_AUTH_TOKEN is missing']),
    )
  })
})
