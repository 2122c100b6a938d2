import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { PATIENCE, type Opened } from './visit.ts'

export const number = (page: Page) => page.getByLabel('Phone number')
export const code = (page: Page) => page.getByLabel('Verification code')
export const sendCode = (page: Page) => page.getByRole('button', { name: 'Send code' })
export const sendAgain = (page: Page) => page.getByRole('button', { name: 'Send again' })
export const callMe = (page: Page) => page.getByRole('button', { name: 'Call me instead' })

/** Waits until an error with these words is shown. */
export const alarm = (page: Page, text: string): Promise<void> =>
  page.getByRole('alert').filter({ hasText: text }).waitFor()

/** Waits until the number is verified. */
export const verified = (page: Page): Promise<void> =>
  page.locator('.done', { hasText: 'Your phone number is verified.' }).waitFor()

/** Goes on to the code. */
export async function reachCode({ page }: Pick<Opened, 'page'>): Promise<void> {
  await number(page).fill('5551 2345')
  await sendCode(page).click()
  await code(page).waitFor()
}

/** The id of the element that has the focus within the widget. */
export const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => document.querySelector('otpost-verify')?.shadowRoot?.activeElement?.id)

/** Waits until something is so; a test that waits in vain fails. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It never came to be: ${holds.toString()}`)
    await sleep(20)
  }
}

/** A code that is not the one that was sent: others by other steps. */
export const wrong = (right: string, step = 9): string =>
  String((Number(right) + step) % 10 ** right.length).padStart(right.length, '0')
