import { describe, expect, it } from 'vitest'
import {
  changeRestrictions,
  describeRestrictions,
  type ChosenRestrictions,
  type RestrictionFlags,
} from '../../src/cli/restrictions.ts'
import type { Mode } from '../../src/core/project.ts'

const ORIGIN = 'https://shop.example'

const change = (flags: RestrictionFlags, mode: Mode = 'live', stored: ChosenRestrictions = {}) =>
  changeRestrictions(stored, flags, mode, {
    id: 'a'.repeat(24),
    name: 'shop',
    paused: false,
    settings: { countries: ['EE', 'LV'], templates: { login: '{{code}}' } },
    settingsText: '',
  })

const refusalOf = (flags: RestrictionFlags, mode?: Mode): string => {
  try {
    change(flags, mode)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('changeRestrictions', () => {
  it.each<readonly [RestrictionFlags, Mode, string]>([
    [{ origin: [ORIGIN] }, 'live', `--origin ${ORIGIN} --sends-per-day 1000 --with-turnstile`],
    [
      { origin: [ORIGIN, 'localhost', 'http://localhost:3000'] },
      'test',
      `--origin ${ORIGIN} --origin localhost --origin http://localhost:3000 --sends-per-day 1000 --without-turnstile`,
    ],
    [
      { origin: ['HTTPS://Bücher.example:443/', 'https://xn--bcher-kva.example'] },
      'live',
      '--origin https://xn--bcher-kva.example --sends-per-day 1000 --with-turnstile',
    ],
    [
      { origin: [ORIGIN], country: ['ee', 'EE,LV'], channel: ['call', 'sms', 'sms'] },
      'live',
      `--origin ${ORIGIN} --country EE --country LV --channel call --channel sms --sends-per-day 1000 --with-turnstile`,
    ],
    [
      { origin: [ORIGIN], 'sends-per-day': '0', 'starts-per-ip': '3/600, 9/86400' },
      'live',
      `--origin ${ORIGIN} --sends-per-day 0 --starts-per-ip 3/600,9/86400 --with-turnstile`,
    ],
    [
      { origin: [ORIGIN], template: 'login', 'starts-per-ip': 'none', 'without-turnstile': true },
      'live',
      `--origin ${ORIGIN} --template login --sends-per-day 1000 --starts-per-ip none --without-turnstile`,
    ],
    [
      { origin: [ORIGIN], country: ['US'], 'with-turnstile': true },
      'test',
      `--origin ${ORIGIN} --country US --sends-per-day 1000 --with-turnstile`,
    ],
  ])('makes of %j with a %s key: %s', (flags, mode, described) => {
    expect(describeRestrictions(change(flags, mode), mode)).toBe(described)
  })

  it('goes back to what is without', () => {
    const stored = change({
      origin: [ORIGIN],
      country: ['EE'],
      channel: ['sms'],
      template: 'login',
      'starts-per-ip': '1/60',
    })
    const back = { country: ['EE', '*'], channel: ['*'], template: '', 'starts-per-ip': '' }
    expect(change(back, 'live', stored)).toEqual({ origins: [ORIGIN] })
  })

  it.each<readonly [RestrictionFlags, Mode, RegExp]>([
    [{}, 'live', /^A publishable key needs the origins of its pages/],
    [{ origin: ['shop.example'] }, 'live', /^ {2}origins: is no origin for this key; write/m],
    [{ origin: [''] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: [`${ORIGIN}/pay`] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: [`${ORIGIN}?a`] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: [`${ORIGIN}.`] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: ['https://*.shop.example'] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: ['https://me@shop.example'] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: ['http://shop.example'] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: ['http://shop.example'] }, 'test', /^ {2}origins: is no origin/m],
    [{ origin: ['localhost'] }, 'live', /^ {2}origins: is no origin/m],
    [{ origin: ['http://127.0.0.1:3000'] }, 'test', /^ {2}origins: is no origin/m],
    [{ origin: [ORIGIN], country: ['XX'] }, 'live', /^No country has the code XX/],
    [{ origin: [ORIGIN], country: ['FI'] }, 'live', /^ {2}countries: shop does not send to FI/m],
    [{ origin: [ORIGIN], channel: ['fax'] }, 'live', /^ {2}channels: .*write --channel sms/m],
    [{ origin: [ORIGIN], channel: ['auto'] }, 'live', /^ {2}channels: /m],
    [{ origin: [ORIGIN], template: 'gone' }, 'live', /^ {2}template: shop has no template gone/m],
    [{ origin: [ORIGIN], template: 'toString' }, 'live', /^ {2}template: /m],
    [{ origin: [ORIGIN], 'sends-per-day': 'many' }, 'live', /^ {2}sendsPerDay: /m],
    [{ origin: [ORIGIN], 'sends-per-day': ' ' }, 'live', /^ {2}sendsPerDay: /m],
    [{ origin: [ORIGIN], 'sends-per-day': '-1' }, 'live', /^ {2}sendsPerDay: /m],
    [{ origin: [ORIGIN], 'starts-per-ip': '3' }, 'live', /^ {2}startsPerIp: /m],
    [{ origin: [ORIGIN], 'starts-per-ip': '3/1' }, 'live', /^ {2}startsPerIp: /m],
    [{ 'with-turnstile': true, 'without-turnstile': true }, 'live', /^Write either --with-/],
  ])('refuses %j with a %s key', (flags, mode, message) => {
    expect(refusalOf(flags, mode)).toMatch(message)
  })
})
