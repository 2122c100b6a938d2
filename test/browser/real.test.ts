import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Browser } from 'playwright-core'
import { deploy, type Deployment, type Tenant } from './support/deployment.ts'
import {
  alarm,
  callMe,
  code,
  focused,
  number,
  sendAgain,
  sendCode,
  until,
  verified,
  wrong,
} from './support/steps.ts'
import { launch, open } from './support/visit.ts'

let browser: Browser
let otpost: Deployment
before(async () => {
  ;[browser, otpost] = await Promise.all([launch(), deploy()])
})
after(() => Promise.all([browser.close(), otpost.close()]))

describe('the way from a number to a proof', () => {
  it('needs nothing but a keyboard, and ends at the server of the page', async (test) => {
    const { page, codeOf, events, faults, ask, projectId, shop, messages } = await otpost.enter(
      browser,
      test,
      {
        attributes: 'required',
        restrictions: { countries: ['EE', 'FI'] },
        receive: (form) => readProof(form.get('proof') ?? '', projectId),
      },
    )
    await until(async () => (await page.getByLabel('Country').locator('option').count()) === 2)
    assert.deepEqual(await faults(), [])
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'country')
    await page.keyboard.type('Finl')
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'number')
    await page.keyboard.type('040 123 4567')
    await page.keyboard.press('Enter')
    await code(page).waitFor()
    assert.equal(await focused(page), 'code')
    await page.locator('#sent', { hasText: '+358 ••• 567' }).waitFor()
    assert.deepEqual(await faults(), [])
    const sent = await codeOf('+358401234567')
    const [message] = await messages('+358401234567')
    assert.ok(message?.body.endsWith(`@localhost #${sent}`), message?.body)
    await page.keyboard.type(sent)
    await verified(page)
    assert.deepEqual(await faults(), [])
    const [, [, approval] = []] = await events()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.id'), 'order')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${shop}/thanks`)
    assert.equal(await page.locator('p').textContent(), '+358401234567 sms s-1')
    const trade = { token: approval?.['proof'], session: 's-1' }
    const traded = await ask('POST', '/v1/tokens/verify', trade)
    assert.deepEqual(
      [traded['valid'], traded['phoneNumber'], traded['verificationId'], traded['session']],
      [true, '+358401234567', approval?.['id'], 's-1'],
    )
    const again = await ask('POST', '/v1/tokens/verify', trade)
    assert.deepEqual([again['valid'], again['reason']], [false, 'used'])
  })

  /** What the shop's server does with a proof: it needs the public keys only. */
  async function readProof(proof: string, projectId: string): Promise<string> {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', otpost.origin))
    const { payload } = await jwtVerify(proof, keys, {
      typ: 'otpost-proof+jwt',
      issuer: otpost.origin,
      audience: projectId,
      requiredClaims: ['exp', 'jti'],
    })
    return `${payload.sub ?? ''} ${String(payload['channel'])} ${String(payload['nonce'])}`
  }

  it('withdraws the proof when it runs out, and begins again', async (test) => {
    const seen = await otpost.enter(browser, test, {
      ownClock: true,
      settings: { proofLifeSeconds: 60 },
    })
    const { page, codeOf, value, events } = seen
    await start(seen, '5551 2301')
    await code(page).fill(await codeOf('+37255512301'))
    await verified(page)
    await page.clock.fastForward(55_000)
    assert.notEqual(await value(), '')
    await page.clock.fastForward(6000)
    await alarm(page, 'The verification has expired. Verify your number again.')
    assert.equal(await value(), '')
    assert.equal((await events()).at(-1)?.[0], 'otpost:expired')
  })
})

describe('a code that is wrong', () => {
  it('is said to be, and the right one helps until no attempt is left', async (test) => {
    const seen = await otpost.enter(browser, test, { settings: secondsBetween(0) })
    const { page, codeOf, faults } = seen
    await start(seen, '5551 2302')
    const right = await codeOf('+37255512302')
    await code(page).fill(wrong(right))
    await alarm(page, 'Wrong code. Attempts left: 4.')
    assert.deepEqual(await faults(), [])
    for (const left of [3, 2, 1]) {
      await code(page).fill(wrong(right, left))
      await alarm(page, `Wrong code. Attempts left: ${left}.`)
    }
    await code(page).fill(wrong(right, 5))
    await alarm(page, 'Too many wrong codes. Request a new code.')
    await sendAgain(page).click()
    const next = await codeOf('+37255512302', 2)
    await until(async () => (await code(page).getAttribute('readonly')) === null)
    await code(page).fill(next)
    await verified(page)
  })

  it('locks the number when there were too many', async (test) => {
    const seen = await otpost.enter(browser, test, { settings: secondsBetween(0) })
    const { page, codeOf } = seen
    await failChecks(seen, '+37255512303', [5, 5, 2])
    await start(seen, '5551 2303')
    const right = await codeOf('+37255512303', 4)
    for (const left of [4, 3, 2]) {
      await code(page).fill(wrong(right, left))
      await alarm(page, `Wrong code. Attempts left: ${left}.`)
    }
    await code(page).fill(right)
    await alarm(page, 'Too many wrong codes. Try again in')
    const { status, code: reason } = (await seen.events()).at(-1)?.[1] ?? {}
    assert.deepEqual([status, reason], [429, 'too_many_failed_checks'])
    await page.getByRole('button', { name: 'Change number' }).click()
    await sendCode(page).click()
    await alarm(page, 'Too many wrong codes. Try again in')
    assert.equal((await seen.events()).at(-1)?.[1]['status'], 429)
  })

  /** Checks wrong codes as the tenant's server; each number is a verification of its own. */
  async function failChecks({ ask }: Tenant, phoneNumber: string, times: readonly number[]) {
    for (const count of times) {
      const { id } = await ask('POST', '/v1/verifications', { phoneNumber })
      for (let done = 0; done < count; done += 1) {
        await ask('POST', '/v1/verifications/check', { id, code: '000000' })
      }
      await ask('DELETE', `/v1/verifications/${String(id)}`)
    }
  }
})

describe('another message', () => {
  it('is counted down to, has the same code, and may be a call', async (test) => {
    const seen = await otpost.enter(browser, test, { settings: secondsBetween(1) })
    const { page, codeOf, messages } = seen
    await start(seen, '5551 2304')
    const first = await codeOf('+37255512304')
    await untilAdmitted(seen)
    await sendAgain(page).click()
    assert.equal(await codeOf('+37255512304', 2), first)
    await callMe(page).waitFor()
    await untilAdmitted(seen)
    await callMe(page).click()
    await page.locator('#sent', { hasText: 'We are calling' }).waitFor()
    assert.equal(await codeOf('+37255512304', 3), first)
    const channels = (await messages('+37255512304')).map(({ channel }) => channel)
    assert.deepEqual(channels, ['call', 'sms', 'sms'])
    await code(page).fill(first)
    await verified(page)
  })

  it('waits as long as the service says, whatever the clock of the page', async (test) => {
    const seen = await otpost.enter(browser, test, { ownClock: true })
    const { page } = seen
    await start(seen, '5551 2305')
    await page.locator('.timer', { hasText: /0:(30|2\d)/ }).waitFor()
    await page.clock.runFor(31_000)
    await sendAgain(page).click()
    await alarm(page, 'Too many codes were requested. Try again in')
    await page.locator('.timer', { hasText: /0:\d\d/ }).waitFor()
    assert.equal(await sendAgain(page).getAttribute('aria-disabled'), 'true')
  })

  it('goes to the number that was typed, also where a server began', async (test) => {
    const seen = await otpost.enter(browser, test, { settings: secondsBetween(0) })
    const { page, ask, codeOf, events } = seen
    const began = await ask('POST', '/v1/verifications', { phoneNumber: '+37255512306' })
    await start(seen, '5551 2306')
    await sendAgain(page).click()
    await until(async () => (await events()).length === 2)
    const [, [, detail] = []] = await events()
    assert.deepEqual([detail?.['id'], detail?.['phoneNumber']], [began['id'], '+37255512306'])
    assert.match((await page.locator('#sent').textContent()) ?? '', /\+372 ••• 306/)
    await code(page).fill(await codeOf('+37255512306', 3))
    await verified(page)
  })

  it('is none when the number is sent unchanged while its code is on the way', async (test) => {
    const seen = await otpost.enter(browser, test)
    const { page, messages, codeOf } = seen
    await start(seen, '5551 2307')
    const sent = await codeOf('+37255512307')
    await page.getByRole('button', { name: 'Change number' }).click()
    await sendCode(page).click()
    await code(page).fill(sent)
    await verified(page)
    assert.equal((await messages('+37255512307')).length, 1)
  })

  /** Waits until the countdown is over. */
  const untilAdmitted = ({ page }: Seen) =>
    until(async () => (await sendAgain(page).getAttribute('aria-disabled')) === null)
})

describe('/demo of the local run', () => {
  it('leads to a proof by a tap on the phone', async (test) => {
    const url = `${otpost.origin}/demo`
    const { page, value, faults } = await open(browser, test, url, { api: otpost.origin })
    await sendCode(page).waitFor()
    await page.getByRole('button', { name: '+1 202 555 0123' }).click()
    assert.equal(await number(page).inputValue(), '2025550123')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /^Fill in \d{6}$/ }).click()
    await verified(page)
    assert.deepEqual(await faults(), [])
    assert.match(await value(), /^[\w-]+\.[\w-]+\.[\w-]+$/)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('Your server would receive proof=').waitFor()
    const lines = await page.locator('#wire li .head:first-child').allTextContents()
    assert.deepEqual(
      lines.map((line) => line.trim()),
      [
        'POST /v1/verifications/check',
        '200',
        'POST /v1/verifications',
        '201',
        'GET /v1/publishable',
        '200',
      ],
    )
  })
})

type Seen = Awaited<ReturnType<Deployment['enter']>>

const secondsBetween = (publishable: number) => ({ secondsBetweenSends: { publishable } })

/** Goes on to the code of an Estonian number. */
async function start({ page }: Seen, national: string): Promise<void> {
  await number(page).fill(national)
  await page.keyboard.press('Enter')
  await code(page).waitFor()
}
