import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { call } from '../../example-app/call.ts'
import { prepareCalls } from '../../example-app/console/prepared-calls.ts'
import { createHandmadeTokens } from '../../example-app/handmade-tokens.ts'
import { findBarriers, findBrowser, startBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startConsole, type ConsoleWorld } from '../support/console.ts'

/** The check that each prepared call must fail at; the good ones at none. */
const failing: Readonly<Record<string, string>> = {
  good: 'none',
  'good-for-user': 'none',
  'missing-scope': 'Grant or scope',
  'missing-grant': 'Grant or scope',
  'missing-right': 'User’s right',
  'unknown-user': 'User',
  forged: 'Signature',
  unsigned: 'Algorithm',
  swapped: 'Pairing',
  expired: 'Times',
  'wrong-realm': 'Issuer',
  'other-server': 'Audience',
  'no-credential': 'Header',
  'plain-http': 'TLS',
  'keys-unreachable': 'Key',
}
const checks = [
  ...['TLS', 'Header', 'Token shape', 'Algorithm', 'Issuer', 'Audience', 'Times', 'Pairing', 'Key', 'Signature'],
  ...['Role', 'User', 'Resource', 'Grant or scope', 'User’s right'],
]
const onlyForUsers = ['Pairing', 'User', 'User’s right']
const hostile = `<img src=x onerror="document.title='run'">\u202Egnp`

const browserProgram = findBrowser()

describe('the console in a browser', { skip: 'missing' in browserProgram ? browserProgram.missing : false }, () => {
  let world: ConsoleWorld
  let browser: Browser
  let page: Page
  const problems: string[] = []
  /** Everything the pages held. */
  const shown: string[] = []

  before(async () => {
    assert.ok('path' in browserProgram)
    ;[world, browser] = await Promise.all([startConsole(), startBrowser(browserProgram.path)])
    page = await enter(await browser.newContext({ ignoreHTTPSErrors: true }))
  })
  after(async () => {
    await browser.close()
    await world.close()
  })

  async function enter(context: BrowserContext): Promise<Page> {
    const entered = await context.newPage()
    entered.setDefaultTimeout(30_000)
    entered.on('console', (message) => problems.push(message.text()))
    entered.on('pageerror', (error) => problems.push(error.message))
    await entered.goto(world.links.at(-1) ?? '')
    return entered
  }

  async function readChecks(of: Page): Promise<readonly (readonly [name: string, state: string])[]> {
    const items = of.locator('.checks li')
    const names = await items.locator('strong').allTextContents()
    const states = await items.locator('.state').allTextContents()
    return names.map((name, index) => [name, states[index] ?? ''])
  }

  function expectedChecks(name: string, forUser: boolean): readonly (readonly [name: string, state: string])[] {
    const place = failing[name] === 'none' ? checks.length : checks.indexOf(failing[name] ?? '')
    assert.notEqual(place, -1, name)
    const broken = name === 'keys-unreachable' ? 'not possible' : 'failed'
    return checks.map((check, index) => {
      const made = onlyForUsers.includes(check) && !forUser ? 'not needed' : 'passed'
      return [check, index < place ? made : index === place ? broken : 'not reached']
    })
  }

  it('sends every prepared call and shows which checks it passed, and which one stopped it', async () => {
    const calls = prepareCalls(world.servers).flatMap((group) => group.calls)
    assert.deepEqual(
      calls.map(({ name }) => name),
      Object.keys(failing),
    )
    for (const { name, title, forUser, expectedStatus, expectedCode } of calls) {
      await page.getByRole('button', { name: title, exact: true }).click()
      await page.getByRole('heading', { level: 2, name: `${title}: ` }).waitFor()
      assert.deepEqual(await readChecks(page), expectedChecks(name, forUser === true), name)
      const answer = await page.locator('.answer').innerText()
      assert.match(answer, new RegExp(`^${expectedStatus} `, 'm'), name)
      assert.ok(answer.includes(expectedCode ?? ''), name)
      assert.equal(answer.includes('ERR_S2S_'), expectedCode !== undefined, name)
      shown.push(await page.content())
    }
  })

  it('shows the trust of both servers', async () => {
    const [documentService, reportServer] = await page.locator('.pair article').allInnerTexts()
    const { documentS2S, reportS2S, documentServer } = world.servers
    for (const name of documentS2S.trustedIssuers.list().flatMap(({ name, issuerNames }) => [name, ...issuerNames])) {
      assert.ok(documentService?.includes(name), name)
    }
    for (const name of reportS2S.trustedIssuers.list().flatMap(({ name, issuerNames }) => [name, ...issuerNames])) {
      assert.ok(reportServer?.includes(name), name)
    }
    assert.ok(documentService?.includes(documentServer.url))
    assert.match(documentService ?? '', /archive job, vouched for by report server: nothing/)
    assert.match(
      reportServer ?? '',
      /document service, vouched for by document service: reports\.read, also on its own/,
    )
  })

  it('adds new decisions as they are made, says so, and waits while it is paused', async () => {
    const newest = page.locator('.decision').first()
    await page.getByText('New ones come in').waitFor()
    await world.servers.reports.fetch('/reports/7')
    await newest.getByText('GET /reports/:id').waitFor()
    await newest.getByText('How it was derived').click()
    assert.match(
      await newest.innerText(),
      /document service, 0{7}3-[\s\S]*granted to 0{7}3-[\s\S]*Conclusion: allowed\./,
    )
    assert.equal(await page.getByRole('status').textContent(), 'New decision: allowed, GET /reports/:id. ')

    await page.getByRole('button', { name: 'Pause the list' }).click()
    // A second reader tells when the list, which listened before it, has got all.
    await page.evaluate(`new Promise((resolve) => {
      const second = new EventSource('/live')
      globalThis.gotAll = new Promise((got) => {
        second.onmessage = ({ data }) => data.includes('PUT') && got(second.close())
      })
      second.onopen = resolve
    })`)
    await world.servers.documents.fetch('/admin')
    await world.servers.documents.fetch('/documents/7', { method: 'PUT' })
    await page.evaluate('gotAll')
    assert.match(await newest.innerText(), /\/reports/)
    await page.getByRole('button', { name: 'Go on with the list' }).click()
    await newest.getByText('PUT /documents/:id').waitFor()
    assert.match(await page.locator('.decision').nth(1).innerText(), /ERR_S2S_RESOURCE_NOT_LISTED/)
  })

  it('shows what others wrote as text, live and after a reload', async () => {
    const { documents, documentServer, reportS2S, clock } = world.servers
    await documents.fetch('/documents/7', { onBehalfOf: { upn: hostile } })
    const token = await createHandmadeTokens(reportS2S, clock).appOnly('<plaintext>', new URL(documentServer.url).host)
    await fetchAs(token)
    for (const reload of [false, true]) {
      if (reload) await page.reload()
      await page.locator('.decision').first().getByText('<plaintext>@').waitFor()
      const user = page.locator('.decision').nth(1).locator('[data-slot=user]')
      assert.equal(await user.textContent(), hostile.replace('\u202E', '\uFFFD'))
      assert.equal(await page.locator('img, plaintext').count(), 0)
      assert.doesNotMatch(await page.title(), /run/)
    }
    shown.push(await page.content())
  })

  async function fetchAs(token: string): Promise<void> {
    const { documentServer, documentCa } = world.servers
    await call(`${documentServer.url}/documents/7`, { ca: documentCa, headers: { authorization: `Bearer ${token}` } })
  }

  it('can be used by keyboard alone', async () => {
    await page.goto(world.console.url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'calls')
    const wanted = Object.keys(failing).indexOf('expired')
    for (let presses = 0; presses <= wanted; presses += 1) await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.value'), 'expired')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: 'Expired: refused at “Times”' }).waitFor()
    // Not `waitForFunction`: when it must look twice, the policy of the page forbids it to.
    await eventually(
      async () => (await page.evaluate('document.activeElement.id')) === 'result',
      'the result has the focus',
    )
  })

  it('has no barrier that axe finds: light, dark, and on a narrow screen', async () => {
    await page.locator('summary:visible').first().click()
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 800 })
      assert.deepEqual(await findBarriers(page), [], `${colorScheme} ${width}`)
      const scrolled = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(scrolled <= width, `${scrolled} pixels wide on a screen of ${width}`)
    }
  })

  it('works without JavaScript: calls can be sent, and decisions read', async () => {
    const plain = await enter(await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false }))
    await plain.getByRole('button', { name: 'Forged' }).click()
    await plain.getByRole('heading', { level: 2, name: 'Forged: refused at “Signature”' }).waitFor()
    assert.match(plain.url(), /\/#result$/)
    assert.deepEqual(await readChecks(plain), expectedChecks('forged', false))
    const newest = plain.locator('.decision').first()
    assert.match(await newest.innerText(), /ERR_S2S_SIGNATURE_INVALID/)
    assert.equal(await plain.getByRole('button', { name: 'Pause' }).isVisible(), false)
    await world.servers.documents.fetch('/documents/7')
    await plain.getByRole('link', { name: 'Reload' }).click()
    await newest.getByText('allowed', { exact: true }).waitFor()
    shown.push(await plain.content())
  })

  it('never shows a token, nor a secret of its own but that of the form', async () => {
    assert.ok(shown.length > Object.keys(failing).length)
    const [cookie] = await page.context().cookies()
    assert.ok(cookie?.value)
    for (const content of shown) {
      assert.doesNotMatch(content, /eyJ[\w-]{4}/)
      assert.ok(!content.includes(cookie.value))
      assert.doesNotMatch(content, /BEGIN|PRIVATE|enter\?key/)
    }
    assert.equal(await page.evaluate('document.cookie'), '')
  })

  it('has no error in the browser, and breaks no rule of its policy', () => {
    assert.deepEqual(problems, [])
  })
})
