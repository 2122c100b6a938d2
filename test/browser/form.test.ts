import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { CODE } from './support/stand-in.ts'
import { alarm, code, number, reachCode, sendCode, verified } from './support/steps.ts'
import { launch, visit } from './support/visit.ts'

let browser: Browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

const open = (test: TestContext, options: Parameters<typeof visit>[2] = {}) =>
  visit(browser, test, options)

describe('a form with the widget in it', () => {
  it('submits the proof under the name of the element', async (test) => {
    const seen = await open(test, { attributes: 'required' })
    const { page, value } = seen
    await reachCode(seen)
    await code(page).fill(CODE)
    await verified(page)
    const proof = await value()
    await page.locator('#order').click()
    await page.waitForURL(/thanks/)
    assert.deepEqual([...new URL(page.url()).searchParams], [['proof', proof]])
    assert.deepEqual(JSON.parse(atob(proof.split('.')[1] ?? '')).nonce, 's-1')
  })

  it('is not submitted without a required proof, and says where to go on', async (test) => {
    const { page, widget, shop } = await open(test, { attributes: 'required' })
    await sendCode(page).waitFor()
    await page.locator('#order').click()
    assert.equal(page.url(), `${shop}/`)
    const state = await widget.evaluate((element: HTMLElementTagNameMap['otpost-verify']) => [
      element.validity.valueMissing,
      element.validationMessage,
      element.checkValidity(),
      element.form?.checkValidity(),
    ])
    assert.deepEqual(state, [true, 'Please verify your phone number.', false, false])
    assert.ok(await number(page).evaluate((input) => input.matches(':focus')))
  })

  it('is submitted without a proof that nobody requires', async (test) => {
    const { page } = await open(test)
    await sendCode(page).waitFor()
    await page.locator('#order').click()
    await page.waitForURL(/thanks/)
    assert.equal(new URL(page.url()).search, '')
  })

  it('begins again when it is reset', async (test) => {
    const seen = await open(test, { attributes: 'required' })
    const { page, value } = seen
    await reachCode(seen)
    await code(page).fill(CODE)
    await verified(page)
    await page.locator('#clear').click()
    assert.equal(await value(), '')
    assert.equal(await number(page).inputValue(), '')
    await page.locator('#order').click()
    assert.doesNotMatch(page.url(), /thanks/)
  })

  it('switches the widget off together with its fieldset', async (test) => {
    const { page, widget } = await open(test, { attributes: 'disabled' })
    await sendCode(page).waitFor()
    assert.ok(await number(page).isDisabled())
    await widget.evaluate((element) => element.removeAttribute('disabled'))
    assert.ok(await number(page).isEnabled())
    await page.evaluate(() => {
      const fieldset = document.createElement('fieldset')
      fieldset.disabled = true
      const form = document.querySelector('form')
      form?.append(fieldset)
      const element = document.querySelector('otpost-verify')
      if (element) fieldset.append(element)
    })
    assert.ok(await number(page).isDisabled())
  })

  it('loses the proof when it runs out', async (test) => {
    const seen = await open(test, { attributes: 'required', ownClock: true })
    const { page, events, value, shop } = seen
    await reachCode(seen)
    await code(page).fill(CODE)
    await verified(page)
    await page.clock.fastForward(599_000)
    assert.notEqual(await value(), '')
    await page.clock.fastForward(2000)
    await alarm(page, 'The verification has expired. Verify your number again.')
    assert.equal(await value(), '')
    assert.equal((await events()).at(-1)?.[0], 'otpost:expired')
    assert.equal((await events()).at(-1)?.[1]['phoneNumber'], '+37255512345')
    await page.locator('#order').click()
    assert.equal(page.url(), `${shop}/`)
    await sendCode(page).click()
    await code(page).waitFor()
  })

  it('loses the proof when the number is changed', async (test) => {
    const seen = await open(test)
    const { page, value, events } = seen
    await reachCode(seen)
    await code(page).fill(CODE)
    await verified(page)
    await page.getByRole('button', { name: 'Change number' }).click()
    assert.equal(await value(), '')
    assert.equal((await events()).length, 2)
  })
})
