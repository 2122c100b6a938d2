import { describe, expect, it } from 'vitest'
import { projectSettings } from '../../src/core/project.ts'

describe('projectSettings: routes and channels', () => {
  const isValid = (settings: object) => projectSettings.safeParse(settings).success
  const route = { channel: 'sms', providers: ['twilio'] }

  it.each([
    [{ routes: [route] }],
    [{ routes: [{ ...route, countries: ['EE'], sender: 'Acme Inc' }] }],
    [{ routes: [{ ...route, sender: '+12025550100' }] }],
    [{ autoChannels: ['call', 'sms', 'whatsapp'] }],
  ])('may be %j', (settings) => {
    expect(isValid(settings)).toBe(true)
  })

  it.each([
    [{ routes: [{ ...route, providers: [] }] }],
    [{ routes: [{ ...route, providers: ['twilio', 'twilio'] }] }],
    [{ routes: [{ ...route, countries: [] }] }],
    [{ routes: [{ ...route, countries: ['ee'] }] }],
    [{ routes: [{ ...route, channel: 'fax' }] }],
    [{ routes: [{ ...route, sender: 'A\r\nB' }] }],
    [{ routes: [{ ...route, sender: '../x' }] }],
    [{ routes: [{ ...route, sender: 'x/../y' }] }],
    [{ routes: [{ ...route, price: 1 }] }],
    [{ autoChannels: [] }],
    [{ autoChannels: ['sms', 'sms'] }],
    [{ autoChannels: ['auto'] }],
  ])('may not be %j', (settings) => {
    expect(isValid(settings)).toBe(false)
  })
})
