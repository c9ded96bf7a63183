import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'
import { findProgram } from './local-program.ts'

/** Where a real browser is, or why there is none. */
export function findBrowser(): ReturnType<typeof findProgram> {
  return findProgram('chromium', 'Chromium')
}

/** Starts a browser without a window. */
export function startBrowser(executablePath: string): Promise<Browser> {
  // Its sandbox cannot be had by root, as whom CI runs; it sees pages of this project only.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong with a page, in the colours and the size it has now: rule and element. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(`if (!globalThis.axe) { ${axe} }`)
  const result = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[]; passes: unknown[] }>(
    'axe.run({ resultTypes: ["violations"] })',
  )
  if (result.passes.length < 10) throw new Error('axe looked at nothing')
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}
