import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { CODE, refusal } from './support/stand-in.ts'
import {
  alarm,
  callMe,
  code,
  focused,
  number,
  reachCode,
  sendAgain,
  sendCode,
  until,
  verified,
} from './support/steps.ts'
import { launch, visit } from './support/visit.ts'

let browser: Browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

const open = (test: TestContext, options: Parameters<typeof visit>[2] = {}) =>
  visit(browser, test, options)

describe('a start that is refused', () => {
  it('says what to do, and lets one try again', async (test) => {
    const { page, api, events, value } = await open(test)
    await number(page).fill('5551 2345')
    for (const [status, name, said] of [
      [403, 'origin_refused', 'This page cannot verify phone numbers. Please contact its owner.'],
      [403, 'key_not_allowed', 'This page cannot verify phone numbers.'],
      [401, 'unauthenticated', 'This page cannot verify phone numbers.'],
      [403, 'project_paused', 'This page cannot verify phone numbers.'],
      [403, 'field_not_allowed', 'This page cannot verify phone numbers.'],
      [422, 'invalid_request', 'This page cannot verify phone numbers.'],
      [403, 'country_refused', 'Numbers from this country are not accepted. Use another number.'],
      [403, 'challenge_failed', 'Please confirm that you are human, then try again.'],
      [422, 'invalid_phone', 'Enter a valid phone number.'],
      [422, 'not_a_mobile', 'This number cannot receive the code. Use a mobile number.'],
      [422, 'number_type_refused', 'This number cannot receive the code.'],
      [422, 'undeliverable_number', 'This number cannot receive the code.'],
      [422, 'channel_unavailable', 'The message could not be sent.'],
      [
        503,
        'delivery_unavailable',
        'The message could not be sent. Try again or use another number.',
      ],
      [503, 'unavailable', 'Something went wrong. Try again later.'],
      [503, 'challenge_unavailable', 'Something went wrong. Try again later.'],
      [503, 'misconfigured', 'Something went wrong. Try again later.'],
      [500, 'internal', 'Something went wrong. Try again later.'],
    ] as const) {
      const told = (await events()).length
      api.script('start', refusal(status, name))
      await page.keyboard.press('Enter')
      await until(async () => (await events()).length > told)
      await alarm(page, said)
      assert.equal(await number(page).getAttribute('aria-invalid'), 'true')
      const [[event, detail] = [], ...more] = (await events()).slice(told)
      assert.deepEqual(
        [event, detail?.['code'], detail?.['status'], more.length],
        ['otpost:error', name, status, 0],
      )
      assert.equal(await value(), '')
    }
    await page.keyboard.press('Enter')
    await code(page).waitFor()
  })

  it('says how long to wait', async (test) => {
    const { page, api, events } = await open(test)
    await number(page).fill('5551 2345')
    for (const [name, retryAfter, said] of [
      ['too_many_sends', 42, 'Too many codes were requested. Try again in 42 seconds.'],
      ['too_many_ip_sends', 90 * 60, 'Too many codes were requested. Try again in 2 hours.'],
      ['too_many_project_sends', 600, 'Try again in 10 minutes.'],
      ['too_many_key_sends', 1, 'Try again in 1 second.'],
      ['too_many_failed_checks', 3600, 'Too many wrong codes. Try again in 60 minutes.'],
    ] as const) {
      api.script('start', refusal(429, name, { retryAfter }))
      await page.keyboard.press('Enter')
      await until(async () => (await events()).at(-1)?.[1]['code'] === name)
      await alarm(page, said)
      assert.equal((await events()).at(-1)?.[1]['retryAfterSeconds'], retryAfter)
    }
  })

  it('says at once that the page is not allowed', async (test) => {
    const { page } = await open(test, {
      prepare: (api) => api.script('configuration', refusal(403, 'origin_refused')),
    })
    await alarm(page, 'This page cannot verify phone numbers.')
  })

  it('goes on when the connection is back', async (test) => {
    const { page, events } = await open(test)
    await page.context().setOffline(true)
    await number(page).fill('5551 2345')
    await page.keyboard.press('Enter')
    await alarm(page, 'No connection. Check your internet and try again.')
    assert.equal((await events())[0]?.[1]['code'], 'network')
    await page.context().setOffline(false)
    await page.keyboard.press('Enter')
    await code(page).waitFor()
  })

  it('asks for the configuration again when that failed', async (test) => {
    const { page, api } = await open(test, {
      prepare: (standIn) => standIn.script('configuration', refusal(503, 'unavailable')),
    })
    await number(page).fill('5551 2345')
    assert.equal(await page.getByRole('alert').count(), 0)
    await page.keyboard.press('Enter')
    await code(page).waitFor()
    assert.equal(api.bodies(/publishable$/).length, 2)
  })
})

describe('a code that is wrong', () => {
  it('is said to be, with the attempts that are left and the focus kept', async (test) => {
    const seen = await open(test)
    const { page, api, events } = seen
    await reachCode(seen)
    await page.keyboard.type('000000')
    await alarm(page, 'Wrong code. Attempts left: 4.')
    assert.equal(await focused(page), 'code')
    assert.equal(await code(page).getAttribute('aria-invalid'), 'true')
    const described = (await code(page).getAttribute('aria-describedby')) ?? ''
    assert.ok(described.split(' ').includes('code-error'))
    await page.keyboard.press('Enter')
    assert.equal(api.bodies(/check$/).length, 1, 'the same wrong code costs no second attempt')
    await page.keyboard.type('1')
    assert.equal(await code(page).getAttribute('aria-invalid'), null)
    assert.equal(await code(page).inputValue(), '1')
    await page.keyboard.type('23456')
    await verified(page)
    assert.deepEqual(
      (await events()).map(([name, { code: reason }]) => [name, reason]),
      [
        ['otpost:sent', undefined],
        ['otpost:error', 'wrong_code'],
        ['otpost:verified', undefined],
      ],
    )
  })

  it('ends the verification when no attempt is left, and a new code helps', async (test) => {
    const seen = await open(test, { prepare: (api) => (api.resendAfter = 0) })
    const { page, api } = seen
    await reachCode(seen)
    for (const digit of '12345') {
      await code(page).fill(digit.repeat(6))
      await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
    }
    await alarm(page, 'Too many wrong codes. Request a new code.')
    await sendAgain(page).click()
    await until(() => api.bodies(/verifications$/).length === 2)
    assert.equal(api.bodies(/resend$/).length, 0)
    await until(async () => (await code(page).getAttribute('readonly')) === null)
    await code(page).fill(CODE)
    await verified(page)
  })

  for (const status of ['expired', 'used', 'canceled', 'failed']) {
    it(`may belong to a verification that is over: ${status}`, async (test) => {
      const seen = await open(test, { prepare: (api) => (api.resendAfter = 0) })
      const { page, api } = seen
      await reachCode(seen)
      api.script('check', { status: 200, body: { verified: false, status, attemptsLeft: 3 } })
      await code(page).fill(CODE)
      await alarm(page, 'The code has expired. Request a new code.')
      await sendAgain(page).click()
      await until(() => api.bodies(/verifications$/).length === 2)
      await until(async () => (await code(page).getAttribute('readonly')) === null)
      await code(page).fill(CODE)
      await verified(page)
      assert.equal(api.bodies(/verifications$/).length, 2)
    })
  }

  it('locks the number after too many of them', async (test) => {
    const seen = await open(test)
    await reachCode(seen)
    seen.api.script('check', refusal(429, 'too_many_failed_checks', { retryAfter: 1800 }))
    await code(seen.page).fill('000000')
    await alarm(seen.page, 'Too many wrong codes. Try again in 30 minutes.')
  })

  it('is not said to be when the address makes too many checks', async (test) => {
    const seen = await open(test, { prepare: (api) => (api.resendAfter = 0) })
    const { page, api } = seen
    await reachCode(seen)
    api.script('check', refusal(429, 'too_many_ip_checks', { retryAfter: 60 }))
    await code(page).fill(CODE)
    await page
      .getByRole('alert')
      .filter({ hasText: /^Try again in 60 seconds\.$/ })
      .waitFor()
    assert.equal(await sendAgain(page).getAttribute('aria-disabled'), null)
    await page.keyboard.press('Enter')
    await verified(page)
  })
})

describe('another message', () => {
  it('can be asked for when the countdown is over', async (test) => {
    const seen = await open(test, { ownClock: true })
    const { page, api } = seen
    await reachCode(seen)
    await page.locator('.timer', { hasText: '0:30' }).waitFor()
    assert.equal(await sendAgain(page).getAttribute('aria-disabled'), 'true')
    await sendAgain(page).click({ force: true })
    assert.equal(api.bodies(/resend$/).length, 0)
    await page.clock.runFor(20_000)
    assert.equal(await page.locator('.timer').textContent(), '0:10')
    assert.equal(await page.getByRole('status').textContent(), 'Try again in 10 seconds.')
    await page.clock.runFor(10_000)
    assert.equal(await page.locator('.timer').textContent(), '')
    assert.equal(await callMe(page).count(), 0)
    await sendAgain(page).click()
    await page.locator('.timer', { hasText: '0:30' }).waitFor()
    assert.deepEqual(api.bodies(/resend$/), [{}])
    await page.clock.runFor(31_000)
    await callMe(page).click()
    await page.locator('#sent', { hasText: 'We are calling' }).waitFor()
    assert.deepEqual(api.bodies(/resend$/), [{}, { channel: 'call' }])
    assert.equal(await callMe(page).count(), 0)
  })

  it('is no call when the key allows none', async (test) => {
    const seen = await open(test, {
      prepare: (api) => {
        api.resendAfter = 0
        Object.assign(api.configuration, { channels: ['sms', 'whatsapp'] })
      },
    })
    const { page, api } = seen
    await reachCode(seen)
    await sendAgain(page).click()
    await until(() => api.bodies(/resend$/).length === 1)
    await until(async () => (await code(page).getAttribute('readonly')) === null)
    assert.equal(await callMe(page).count(), 0)
  })

  it('waits as long as the service says when it is refused', async (test) => {
    const seen = await open(test, { ownClock: true, prepare: (api) => (api.resendAfter = 0) })
    const { page, api } = seen
    await reachCode(seen)
    api.script('resend', refusal(429, 'too_many_sends', { retryAfter: 75 }))
    await sendAgain(page).click()
    await alarm(page, 'Too many codes were requested. Try again in 75 seconds.')
    await page.locator('.timer', { hasText: '1:15' }).waitFor()
  })

  it('is a new start when the verification is not known any more', async (test) => {
    const seen = await open(test, { prepare: (api) => (api.resendAfter = 0) })
    const { page, api } = seen
    await reachCode(seen)
    api.script('resend', refusal(404, 'not_found'))
    await sendAgain(page).click()
    await alarm(page, 'The code has expired. Request a new code.')
    await sendAgain(page).click()
    await until(() => api.bodies(/verifications$/).length === 2)
  })
})

describe('Turnstile', () => {
  const turnstile = '/turnstile.js'
  const prepare: NonNullable<Parameters<typeof visit>[2]>['prepare'] = (api) =>
    Object.assign(api.configuration, { turnstileSiteKey: '0x4AAA' })

  it('is not loaded when the key does not ask for it', async (test) => {
    const seen = await open(test, { turnstile })
    await reachCode(seen)
    assert.equal(await seen.page.evaluate('typeof window.turnstile'), 'undefined')
  })

  it('stands in the light DOM, and its token goes with the start', async (test) => {
    const { page, api } = await open(test, { turnstile, prepare })
    await page.waitForLoadState('networkidle')
    assert.equal(await page.evaluate('typeof window.turnstile'), 'undefined')
    await number(page).fill('5551 2345')
    await page.keyboard.press('Enter')
    await page.locator('otpost-verify > [slot=turnstile]', { hasText: 'Stand-in' }).waitFor()
    assert.equal(api.bodies(/verifications$/).length, 0)
    const options = await page.evaluate('window.challengeOptions')
    assert.equal((options as { action: string }).action, 'otp')
    assert.equal((options as { sitekey: string }).sitekey, '0x4AAA')
    await page.evaluate('window.passChallenge("token-1")')
    await code(page).waitFor()
    assert.equal(api.bodies(/verifications$/)[0]?.['turnstileToken'], 'token-1')
    assert.equal(await page.evaluate('window.challengeResets'), 1)
  })

  it('asks again when it gave no token', async (test) => {
    const { page, api } = await open(test, { turnstile, prepare })
    await number(page).fill('5551 2345')
    await page.keyboard.press('Enter')
    await page.getByText('Stand-in challenge').waitFor()
    await page.evaluate('window.failChallenge()')
    await alarm(page, 'Please confirm that you are human, then try again.')
    await page.keyboard.press('Enter')
    await page.evaluate('window.passChallenge("token-2")')
    await code(page).waitFor()
    assert.deepEqual(
      api.bodies(/verifications$/).map(({ turnstileToken }) => turnstileToken),
      ['token-2'],
    )
  })

  it('ends the wait for a token when the element is moved', async (test) => {
    const { page } = await open(test, { turnstile, prepare })
    await number(page).fill('5551 2345')
    await page.keyboard.press('Enter')
    await page.getByText('Stand-in challenge').waitFor()
    await page.evaluate(() => {
      const widget = document.querySelector('otpost-verify')
      if (widget) document.querySelector('main')?.append(widget)
    })
    await alarm(page, 'Please confirm that you are human, then try again.')
    await sendCode(page).click()
    await page.getByText('Stand-in challenge').waitFor()
    await page.evaluate('window.passChallenge("token-3")')
    await code(page).waitFor()
    assert.equal(await page.locator('[slot=turnstile]').count(), 1)
  })

  it('says so when its script cannot be loaded', async (test) => {
    const { page, events } = await open(test, { turnstile: '/missing.js', prepare })
    await number(page).fill('5551 2345')
    await page.keyboard.press('Enter')
    await alarm(page, 'Something went wrong. Try again later.')
    assert.equal((await events())[0]?.[1]['code'], 'challenge_unavailable')
  })
})
