import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { alarm, code, number, sendCode, verified } from './support/steps.ts'
import { atRest, launch, visit } from './support/visit.ts'

let browser: Browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** A folder to keep pictures of the demo in, for people to look at. */
const PICTURES = process.env['DEMO_PICTURES']

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return
  await mkdir(PICTURES, { recursive: true })
  await atRest(page)
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
}

const wide = { width: 1440, height: 900 }
const narrow = { width: 390, height: 844 }

const SCREENS = [
  ['desktop', 'light', wide],
  ['desktop', 'dark', wide],
  ['phone', 'light', narrow],
  ['phone', 'dark', narrow],
  ['tablet', 'light', { width: 900, height: 900 }],
  ['small-phone', 'light', { width: 320, height: 640 }],
] as const

for (const [screen, colorScheme, viewport] of SCREENS) {
  describe(`/demo on a ${screen}, ${colorScheme}`, () => {
    it('shows the whole way, what goes over the wire, and the phone', async (test) => {
      const context = { viewport, colorScheme }
      const { page, faults } = await visit(browser, test, { path: '/demo', context })
      const name = `${screen}-${colorScheme}`
      await sendCode(page).waitFor()
      await picture(page, `${name}-1-start`)
      assert.deepEqual(await faults(), [])
      await page.getByRole('button', { name: '+1 202 555 0123' }).click()
      assert.equal(await number(page).inputValue(), '2025550123')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Fill in 123456' }).waitFor()
      await picture(page, `${name}-2-code`)
      assert.deepEqual(await faults(), [])
      await code(page).fill('999999')
      await alarm(page, 'Wrong code.')
      await picture(page, `${name}-3-wrong`)
      await page.getByRole('button', { name: 'Fill in 123456' }).click()
      await verified(page)
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Your server would receive proof=').waitFor()
      await picture(page, `${name}-4-verified`)
      assert.deepEqual(await faults(), [])
      const lines = await page.locator('#wire li .head:first-child').allTextContents()
      assert.deepEqual(
        lines.map((line) => line.trim()),
        [
          'POST /v1/verifications/check',
          '200',
          'POST /v1/verifications/check',
          '200',
          'POST /v1/verifications',
          '201',
          'GET /v1/publishable',
          '200',
        ],
      )
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(over <= 0, `${over} px too wide`)
    })
  })
}
