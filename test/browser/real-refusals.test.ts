import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { deploy, type Deployment } from './support/deployment.ts'
import { alarm, code, number, sendCode, until, verified } from './support/steps.ts'
import { launch } from './support/visit.ts'

let browser: Browser
let otpost: Deployment
before(async () => {
  ;[browser, otpost] = await Promise.all([launch(), deploy()])
})
after(() => Promise.all([browser.close(), otpost.close()]))

const enter = (test: TestContext, options: Parameters<Deployment['enter']>[2] = {}) =>
  otpost.enter(browser, test, options)

/** What a browser writes of an answer that it keeps from the page. */
const WITHHELD = /blocked by CORS policy|net::ERR_FAILED/

describe('a page that the key does not name', () => {
  it('is told so before anybody types, though it may not read the answer', async (test) => {
    const seen = await enter(test, {
      restrictions: { origins: ['https://elsewhere.example'] },
      expected: WITHHELD,
    })
    const { page, events, faults } = seen
    await alarm(page, 'This page cannot verify phone numbers. Please contact its owner.')
    const [[name, detail] = []] = await events()
    assert.deepEqual(
      [name, detail?.['code'], detail?.['status']],
      ['otpost:error', 'origin_refused', 0],
    )
    assert.deepEqual(await faults(), [])
    await number(page).fill('5551 2310')
    await page.keyboard.press('Enter')
    await alarm(page, 'This page cannot verify phone numbers.')
  })

  it('is told so when the key is unknown', async (test) => {
    const { page } = await enter(test, {
      attributes: 'data-later',
      expected: WITHHELD,
    })
    await sendCode(page).waitFor()
    await page.evaluate(() =>
      document.querySelector('otpost-verify')?.setAttribute('publishable-key', 'pk_test_nobody'),
    )
    await alarm(page, 'This page cannot verify phone numbers.')
  })
})

describe('a start that is refused', () => {
  it('says that there is no connection, and goes on when it is back', async (test) => {
    const { page, codeOf } = await enter(test, { expected: /net::ERR_INTERNET_DISCONNECTED/ })
    await number(page).fill('5551 2311')
    await page.context().setOffline(true)
    await page.keyboard.press('Enter')
    await alarm(page, 'No connection. Check your internet and try again.')
    await page.context().setOffline(false)
    await page.keyboard.press('Enter')
    await code(page).fill(await codeOf('+37255512311'))
    await verified(page)
  })

  it('says what to do', async (test) => {
    const seen = await enter(test, { restrictions: { countries: ['GB', 'US', 'EE'] } })
    const { page, events, faults } = seen
    for (const [typed, refused, said] of [
      // The widget does not know which mobile numbers of +44 are of Jersey.
      ['+44 7700 312345', 'country_refused', 'Numbers from this country are not accepted.'],
      ['+44 20 7946 0958', 'not_a_mobile', 'This number cannot receive the code. Use a mobile'],
      ['+44 7700 90', 'invalid_phone', 'Enter a valid phone number.'],
      ['+1 500 555 0020', 'delivery_unavailable', 'The message could not be sent. Try again or'],
      ['+1 500 555 0022', 'undeliverable_number', 'This number cannot receive the code.'],
    ] as const) {
      const told = (await events()).length
      await number(page).fill(typed)
      await page.keyboard.press('Enter')
      await until(async () => (await events()).length > told)
      await alarm(page, said)
      assert.equal((await events()).at(-1)?.[1]['code'], refused)
    }
    assert.deepEqual(await faults(), [])
  })

  it('says which numbers the key allows before it asks', async (test) => {
    const { page, messages } = await enter(test, { restrictions: { countries: ['EE'] } })
    await number(page).fill('+33 6 12 34 56 78')
    await page.keyboard.press('Enter')
    await alarm(page, 'Numbers from this country are not accepted. Use another number.')
    assert.deepEqual(await messages('+33612345678'), [])
  })

  it('says how long to wait when the key has sent enough for a day', async (test) => {
    const { page, events } = await enter(test, { restrictions: { sendsPerDay: 0 } })
    await number(page).fill('5551 2312')
    await page.keyboard.press('Enter')
    await alarm(page, 'Too many codes were requested.')
    assert.equal((await events())[0]?.[1]['code'], 'too_many_key_sends')
  })

  it('is the fault of the page when it sends a session that is too long', async (test) => {
    const { page, events, codeOf, widget } = await enter(test)
    await widget.evaluate((element) => element.setAttribute('session', 's'.repeat(300)))
    await number(page).fill('5551 2315')
    await page.keyboard.press('Enter')
    await code(page).fill(await codeOf('+37255512315'))
    await alarm(page, 'This page cannot verify phone numbers. Please contact its owner.')
    assert.equal((await events()).at(-1)?.[1]['code'], 'invalid_request')
    await widget.evaluate((element) => element.removeAttribute('session'))
    await page.keyboard.press('Enter')
    await verified(page)
  })
})

describe('Turnstile', () => {
  it('is passed in its frame, and the server asks about the token', async (test) => {
    const { turnstile } = otpost
    const seen = await enter(test, {
      turnstile: `${turnstile.origin}/api.js`,
      restrictions: { turnstile: true },
    })
    const { page, codeOf } = seen
    await number(page).fill('5551 2316')
    await page.keyboard.press('Enter')
    const human = page.frameLocator('iframe[title=Challenge]').getByText('I am human')
    const please = 'Please confirm that you are human, then try again.'
    turnstile.verdicts.push({ success: false, 'error-codes': ['invalid-input-response'] })
    await human.click()
    await alarm(page, please)
    turnstile.verdicts.push({ success: true, hostname: 'elsewhere.example', action: 'otp' })
    await human.click()
    await sendCode(page).click()
    await until(() => turnstile.asked.length === 2)
    await alarm(page, please)
    await human.click()
    await sendCode(page).click()
    await code(page).fill(await codeOf('+37255512316'))
    await verified(page)
    assert.equal(turnstile.asked.length, 3)
    assert.ok(turnstile.asked.every(({ secret }) => secret === '0x4AAAAAAA-stand-in-secret'))
  })
})
