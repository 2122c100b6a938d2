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

const SMALL = { width: 320, height: 640 }

for (const colorScheme of ['light', 'dark'] as const) {
  describe(`axe, in ${colorScheme} colours`, () => {
    it('finds nothing on the way to a proof', async (test) => {
      const seen = await open(test, { context: { colorScheme } })
      const { page, faults } = seen
      await sendCode(page).waitFor()
      assert.deepEqual(await faults(), [])
      await number(page).fill('1')
      await page.keyboard.press('Enter')
      await alarm(page, 'Enter a valid phone number.')
      assert.deepEqual(await faults(), [])
      await reachCode(seen)
      assert.deepEqual(await faults(), [])
      await code(page).fill('000000')
      await alarm(page, 'Wrong code.')
      assert.deepEqual(await faults(), [])
      await code(page).fill(CODE)
      await verified(page)
      assert.deepEqual(await faults(), [])
    })
  })
}

describe('the theme', () => {
  for (const [theme, scheme, ink] of [
    ['light', 'dark', 'rgb(20, 23, 43)'],
    ['dark', 'light', 'rgb(241, 243, 251)'],
    ['auto', 'dark', 'rgb(241, 243, 251)'],
    ['auto', 'light', 'rgb(20, 23, 43)'],
  ] as const) {
    it(`is ${theme} where the system is ${scheme}`, async (test) => {
      const context = { colorScheme: scheme }
      const { page, widget } = await open(test, { attributes: `theme="${theme}"`, context })
      await sendCode(page).waitFor()
      assert.equal(await widget.evaluate((element) => getComputedStyle(element).color), ink)
    })
  }

  it('can be changed by custom properties and parts', async (test) => {
    const { page } = await open(test)
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(`
        otpost-verify { --otpost-accent: rgb(1, 2, 3) }
        otpost-verify::part(label) { text-transform: uppercase }`)
      document.adoptedStyleSheets = [sheet]
    })
    const colour = (element: Element) => getComputedStyle(element).backgroundColor
    assert.equal(await sendCode(page).evaluate(colour), 'rgb(1, 2, 3)')
    const letters = (element: Element) => getComputedStyle(element).textTransform
    assert.equal(await page.locator('label').first().evaluate(letters), 'uppercase')
  })
})

describe('a small screen', () => {
  it('has room for country, number and button', async (test) => {
    const { page, widget } = await open(test, { context: { viewport: SMALL } })
    await sendCode(page).waitFor()
    const host = await widget.boundingBox()
    for (const part of [page.locator('.field'), sendCode(page)]) {
      const box = await part.boundingBox()
      assert.deepEqual([box?.x, box?.width], [host?.x, host?.width])
    }
    assert.ok(((await number(page).boundingBox())?.width ?? 0) > 150)
  })

  for (const codeLength of [4, 6, 10]) {
    it(`has room for a code of ${codeLength} digits`, async (test) => {
      const seen = await open(test, {
        context: { viewport: SMALL },
        prepare: (api) => Object.assign(api.configuration, { codeLength }),
      })
      const { page } = seen
      await reachCode(seen)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(overflow <= 0, `${overflow} px too wide`)
      await code(page).fill('9'.repeat(codeLength - 1))
      const last = await page.locator('.cells span').last().boundingBox()
      assert.ok(last && last.x + last.width <= SMALL.width && last.width >= 20)
    })
  }
})

describe('the language', () => {
  it('is the one of the page', async (test) => {
    const { page } = await open(test, { lang: 'et' })
    await page.getByRole('button', { name: 'Saada kood' }).waitFor()
    assert.equal(await page.locator('.root').getAttribute('lang'), 'et')
  })

  it('is the one of the attribute, and can be changed', async (test) => {
    const { page, widget } = await open(test, { lang: 'et', attributes: 'locale="pt-BR"' })
    await page.getByRole('button', { name: 'Enviar código' }).waitFor()
    await widget.evaluate((element) => element.setAttribute('locale', 'zh_TW'))
    await page.getByRole('button', { name: '傳送驗證碼' }).waitFor()
  })

  it('is the one of the page also inside another element', async (test) => {
    const { page, api } = await open(test, { lang: 'fi' })
    await page.evaluate((origin) => {
      const inner = document.createElement('otpost-verify')
      inner.setAttribute('api', origin)
      const host = document.createElement('div')
      host.attachShadow({ mode: 'open' }).append(inner)
      document.body.append(host)
    }, api.origin)
    await page.getByRole('button', { name: 'Lähetä koodi' }).nth(1).waitFor()
  })

  it('is English when its texts cannot be loaded', async (test) => {
    const { page, widget } = await open(test)
    await sendCode(page).waitFor()
    await page.context().setOffline(true)
    const failed = page.waitForEvent('requestfailed', (one) => one.url().endsWith('/fi.json'))
    await widget.evaluate((element) => element.setAttribute('locale', 'fi'))
    await failed
    assert.equal(await page.locator('.root').getAttribute('lang'), 'en')
    await page.context().setOffline(false)
  })

  it('may run from right to left; numbers do not', async (test) => {
    const seen = await open(test, { lang: 'ar' })
    const { page, faults } = seen
    await page.getByRole('button', { name: 'إرسال الرمز' }).waitFor()
    assert.equal(await page.locator('.root').getAttribute('dir'), 'rtl')
    assert.equal(await page.locator('#number').getAttribute('dir'), 'ltr')
    assert.deepEqual(await faults(), [])
    await page.locator('#number').fill('55512345')
    await page.keyboard.press('Enter')
    await page.locator('#sent', { hasText: '\u2066+372 ••• 345\u2069' }).waitFor()
    const cells = await page
      .locator('.cells span')
      .evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().x))
    assert.deepEqual(
      cells,
      cells.toSorted((one, other) => one - other),
    )
    assert.deepEqual(await faults(), [])
    await page.locator('#code').fill('٠٠٠٠٠٠')
    await page.getByRole('alert').filter({ hasText: 'المحاولات المتبقية' }).waitFor()
  })
})

describe('motion', () => {
  it('is reduced where the person wants it so', async (test) => {
    const { page } = await open(test, { context: { reducedMotion: 'reduce' } })
    const transition = await sendCode(page).evaluate(
      (button) => getComputedStyle(button).transitionProperty,
    )
    assert.equal(transition, 'none')
  })
})
