import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { CODE, ID } from './support/stand-in.ts'
import { code, focused, number, reachCode, sendCode, verified } from './support/steps.ts'
import { launch, visit } from './support/visit.ts'

let browser: Browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

const open = (test: TestContext, options: Parameters<typeof visit>[2] = {}) =>
  visit(browser, test, options)

describe('the way from a number to a proof', () => {
  it('needs nothing but a keyboard', async (test) => {
    const { page, api, events, value } = await open(test)
    await sendCode(page).waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'country')
    await page.keyboard.type('Finl')
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'number')
    await page.keyboard.type('40 123 4567')
    await page.keyboard.press('Enter')
    await code(page).waitFor()
    assert.equal(await focused(page), 'code')
    assert.deepEqual(api.bodies(/verifications$/), [
      { phoneNumber: '+358401234567', channel: 'sms', locale: 'en', domain: '127.0.0.1' },
    ])
    await page.keyboard.type(CODE)
    await verified(page)
    assert.deepEqual(
      (await events()).map(([name]) => name),
      ['otpost:sent', 'otpost:verified'],
    )
    const [, detail] = (await events())[1] ?? []
    assert.equal(detail?.['proof'], await value())
    assert.equal(detail?.['phoneNumber'], '+358401234567')
    assert.deepEqual(api.bodies(/check$/), [{ id: ID, code: CODE, session: 's-1' }])
  })

  it('sends no cookie, keeps nothing, and names the page', async (test) => {
    const seen = await open(test)
    const { page, api, shop } = seen
    await reachCode(seen)
    for (const { cookie, origin, authorization } of api.asked) {
      assert.deepEqual([cookie, origin, authorization], [undefined, shop, 'Bearer pk_test_local'])
    }
    assert.deepEqual(await page.evaluate('[localStorage.length, sessionStorage.length]'), [0, 0])
    assert.equal(await page.evaluate('document.cookie'), 'shop=1')
  })

  it('asks what the key allows once', async (test) => {
    const { page, api } = await open(test, { path: '/demo' })
    await sendCode(page).waitFor()
    await page.waitForLoadState('networkidle')
    assert.equal(api.bodies(/publishable$/).length, 1)
    await page.evaluate(() => {
      const widget = document.createElement('otpost-verify')
      widget.setAttribute('publishable-key', 'pk_test_local')
      widget.setAttribute('api', location.origin)
      document.body.append(widget)
    })
    await page.locator('otpost-verify').nth(1).getByLabel('Phone number').waitFor()
    assert.equal(api.bodies(/publishable$/).length, 2)
  })

  it('lets the number be changed, and goes on with another one', async (test) => {
    const seen = await open(test)
    const { page, api } = seen
    await reachCode(seen)
    await page.locator('#sent', { hasText: '+372 ••• 345' }).waitFor()
    await page.getByRole('button', { name: 'Change number' }).click()
    assert.equal(await focused(page), 'number')
    assert.equal(await number(page).inputValue(), '5551 2345')
    await number(page).fill('5559 8765')
    await page.keyboard.press('Enter')
    await page.locator('#sent', { hasText: '+372 ••• 765' }).waitFor()
    assert.equal(api.bodies(/verifications$/).length, 2)
  })

  it('goes on where it was after it was moved within the page', async (test) => {
    const seen = await open(test)
    const { page, value } = seen
    await reachCode(seen)
    await page.evaluate(() => {
      const widget = document.querySelector('otpost-verify')
      widget?.remove()
      if (widget) document.querySelector('form')?.prepend(widget)
    })
    await code(page).fill(CODE)
    await verified(page)
    assert.notEqual(await value(), '')
  })
})

describe('a number', () => {
  for (const [pasted, country, left] of [
    ['+1 416 555 0123', 'CA', '4165550123'],
    ['0044 7911 123456', 'GB', '7911123456'],
    ['tel:+372-5551-2345', 'EE', '55512345'],
    ['‪+358 40 1234567‬', 'FI', '401234567'],
  ] as const) {
    it(`chooses its country when it is pasted: ${pasted}`, async (test) => {
      const { page } = await open(test)
      await number(page).focus()
      await paste(page, pasted)
      assert.equal(await page.getByLabel('Country').inputValue(), country)
      assert.equal(await number(page).inputValue(), left)
    })
  }

  it('chooses its country while it is typed, and keeps what was typed', async (test) => {
    const { page, api } = await open(test)
    await number(page).pressSequentially('+491511234567')
    assert.equal(await page.getByLabel('Country').inputValue(), 'DE')
    assert.equal(await number(page).inputValue(), '+491511234567')
    await page.keyboard.press('Enter')
    await code(page).waitFor()
    assert.equal(api.bodies(/verifications$/)[0]?.['phoneNumber'], '+491511234567')
  })

  it('is one of the countries that the key allows', async (test) => {
    const { page, api } = await open(test, {
      attributes: 'country="FR"',
      prepare: (standIn) => Object.assign(standIn.configuration, { countries: ['EE', 'LV'] }),
    })
    await page.getByLabel('Country').locator('option').nth(1).waitFor({ state: 'attached' })
    await number(page).fill('+33612345678')
    await page.getByRole('alert').filter({ hasText: 'Numbers from this country' }).waitFor()
    const options = await page.getByLabel('Country').locator('option').allTextContents()
    assert.deepEqual(
      options.map((text) => text.replaceAll(/[\u2066\u2069]/g, '')),
      ['Estonia +372', 'Latvia +371'],
    )
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Use another number.' }).waitFor()
    assert.equal(api.bodies(/verifications$/).length, 0)
  })

  it('keeps its country when that turns out to be none of the key', async (test) => {
    const slow = Promise.withResolvers<void>()
    const { page } = await open(test, {
      prepare: (standIn) => {
        standIn.configuration = { ...standIn.configuration, countries: ['EE'] }
        standIn.held = slow.promise
      },
    })
    await number(page).fill('+33612345678')
    assert.equal(await number(page).inputValue(), '612345678')
    slow.resolve()
    await page.getByRole('alert').filter({ hasText: 'Numbers from this country' }).waitFor()
    assert.equal(await number(page).inputValue(), '+33612345678')
  })

  it('is not sent when it can be none', async (test) => {
    const { page, api } = await open(test)
    await number(page).fill('12')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Enter a valid phone number.' }).waitFor()
    assert.equal(await number(page).getAttribute('aria-invalid'), 'true')
    assert.equal(await focused(page), 'number')
    assert.equal(api.bodies(/verifications$/).length, 0)
  })
})

describe('a code', () => {
  for (const pasted of ['123 456', 'code: 123456', '123-456', 'G-123456 is your code, 10 min']) {
    it(`may be pasted with what stands around it: ${pasted}`, async (test) => {
      const seen = await open(test)
      await reachCode(seen)
      await paste(seen.page, pasted)
      await verified(seen.page)
      assert.equal(seen.api.bodies(/check$/)[0]?.['code'], CODE)
    })
  }

  it('may be filled in by the browser in one event', async (test) => {
    const seen = await open(test)
    await reachCode(seen)
    await code(seen.page).evaluate((input: HTMLInputElement, filled) => {
      input.value = filled
      input.dispatchEvent(new Event('input', { bubbles: true }))
    }, CODE)
    await verified(seen.page)
    assert.equal(seen.api.bodies(/check$/).length, 1)
  })

  it('may come from the message itself', async (test) => {
    const seen = await open(test, { before: standInForWebOtp })
    await reachCode(seen)
    assert.deepEqual(await seen.page.evaluate('window.asked'), [{ transport: ['sms'] }])
    await seen.page.evaluate('window.deliver("123456")')
    await verified(seen.page)
  })

  it('ends the wait for the message when it is typed', async (test) => {
    const seen = await open(test, { before: standInForWebOtp })
    await reachCode(seen)
    assert.equal(await seen.page.evaluate('window.signal.aborted'), false)
    await code(seen.page).fill('000000')
    await seen.page.getByText('Wrong code.').waitFor()
    assert.equal(await seen.page.evaluate('window.signal.aborted'), true)
  })

  it('is one field for the browser', async (test) => {
    const seen = await open(test)
    await reachCode(seen)
    const attributes = await code(seen.page).evaluate((input) =>
      Object.fromEntries([...input.attributes].map(({ name, value }) => [name, value])),
    )
    assert.equal(attributes['type'], 'text')
    assert.equal(attributes['inputmode'], 'numeric')
    assert.equal(attributes['autocomplete'], 'one-time-code')
    assert.equal(attributes['maxlength'], '6')
  })

  it('has as many cells as the key says', async (test) => {
    const seen = await open(test, {
      prepare: (api) => Object.assign(api.configuration, { codeLength: 8 }),
    })
    await reachCode(seen)
    assert.equal(await seen.page.locator('.cells span').count(), 8)
    await code(seen.page).fill('1234')
    await seen.page.keyboard.press('Enter')
    await seen.page.getByText('Enter all digits of the code.').waitFor()
    assert.equal(seen.api.bodies(/check$/).length, 0)
  })
})

function standInForWebOtp(): void {
  const asked: unknown[] = []
  const get = (options: { otp: unknown; signal: AbortSignal }) => {
    asked.push(options.otp)
    Object.assign(globalThis, { signal: options.signal })
    return new Promise((deliver, fail) => {
      Object.assign(globalThis, { deliver: (text: string) => deliver({ code: text }) })
      options.signal.addEventListener('abort', () => fail(new DOMException('', 'AbortError')))
    })
  }
  Object.assign(globalThis, { asked, OTPCredential: Object })
  Object.defineProperty(navigator, 'credentials', { value: { get } })
}

/** Pastes into the focused field as a browser does. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text', pasted)
    const input = document.querySelector('otpost-verify')?.shadowRoot?.activeElement
    if (!(input instanceof HTMLInputElement)) throw new Error('No field has the focus.')
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    if (!input.dispatchEvent(event)) return
    input.setRangeText(pasted)
    input.dispatchEvent(new InputEvent('input', { inputType: 'insertFromPaste', bubbles: true }))
  }, text)
}
