import { readdirSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { specFolders } from './spec-folders.js'
import { forgetDescribed, runDescribed } from './spec-tree.js'

const stryker = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {})

/**
 * Runs the spec files that `build-specs.js` compiled, in this process: each run evaluates the module of a spec file anew,
 * and lib with it, so that all state is new, and a constant is a mutant like any other. A process for each mutant takes
 * five times as long.
 *
 * What a mutant leaves behind (an open server, a changed global) must not kill the next one: the tests that killed a mutant
 * have to pass at once without it, else the mutant is tried again in a new process.
 */
class InProcessRunner {
  #files = []
  #isFresh = true

  capabilities() {
    return { reloadEnvironment: true }
  }

  init() {
    for (const folder of specFolders) {
      const compiled = readdirSync(`spec/${folder}`).filter((name) => name.endsWith('.spec.ts.mjs'))
      this.#files.push(...compiled.map((name) => `spec/${folder}/${name.slice(0, -'.mjs'.length)}`))
    }
  }

  async dryRun() {
    stryker.activeMutant = undefined
    stryker.mutantCoverage = { static: {}, perTest: {} }
    const tests = []
    for (const file of this.#files) {
      stryker.currentTestId = file
      const start = performance.now()
      const { error } = await runFile(file)
      tests.push(resultOf(file, error, performance.now() - start))
    }
    stryker.currentTestId = undefined
    return { status: DryRunStatus.Complete, tests, mutantCoverage: stryker.mutantCoverage }
  }

  async mutantRun({ activeMutant, hitLimit, sandboxFileName, testFilter }) {
    const isFresh = this.#isFresh
    this.#isFresh = false
    const tests = []
    for (const file of mirrorFirst(testFilter ?? this.#files, sandboxFileName)) {
      const { begun, error, limit } = await runMutated(file, activeMutant.id, hitLimit)
      if (limit !== undefined) return limit
      tests.push(resultOf(file, error, 0))
      if (error === undefined) continue
      if (!isFresh) await expectToPass(file, begun)
      if (error === endless) return { status: MutantRunStatus.Timeout, reason: error.message }
      break
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests })
  }
}

async function runMutated(file, mutantId, hitLimit) {
  stryker.activeMutant = mutantId
  stryker.hitLimit = hitLimit
  stryker.hitCount = hitLimit === undefined ? undefined : 0
  const result = await runFile(file)
  const limit = determineHitLimitReached(stryker.hitCount, hitLimit)
  stryker.activeMutant = undefined
  stryker.hitCount = undefined
  return { ...result, limit }
}

/** A test that waits for what never comes. (One that never waits ends with the process, by Stryker's own limit.) */
const endless = new Error('the spec file does not end')
const patienceMilliseconds = 20_000

/** Stryker answers a rejection with a new process, which tries the mutant again. */
async function expectToPass(file, maximumTests) {
  const { error } = await runFile(file, maximumTests)
  if (error !== undefined) throw new Error(`${file} fails without a mutant too`, { cause: error })
}

/** The spec of the mutated file, then those of its folder: most mutants die there. */
function mirrorFirst(files, mutated) {
  const [folder, name] = mutated.split('/').slice(-2)
  const mirror = `spec/${folder}/${basename(name, '.ts')}.spec.ts`
  const rankOf = (file) => (file === mirror ? 0 : file.startsWith(`spec/${folder}/`) ? 1 : 2)
  return files.toSorted((one, other) => rankOf(one) - rankOf(other))
}

let evaluations = 0

async function runFile(file, maximumTests = Infinity) {
  let stray
  const keepStray = (error) => {
    stray ??= error ?? new Error('nothing was thrown')
  }
  process.on('uncaughtException', keepStray).on('unhandledRejection', keepStray)
  const impatience = new AbortController()
  try {
    forgetDescribed()
    evaluations += 1
    await import(`${pathToFileURL(resolve(`${file}.mjs`)).href}?evaluation=${evaluations}`)
    const impatient = setTimeout(patienceMilliseconds, undefined, impatience)
    const { begun, error } = await Promise.race([
      runDescribed(maximumTests),
      impatient.then(() => ({ error: endless })),
    ])
    await nextTurn()
    return { begun, error: error ?? stray }
  } catch (error) {
    return { begun: 0, error: error ?? new Error('nothing was thrown') }
  } finally {
    impatience.abort()
    process.off('uncaughtException', keepStray).off('unhandledRejection', keepStray)
  }
}

function resultOf(file, error, milliseconds) {
  const result = { id: file, name: file, fileName: resolve(file), timeSpentMs: Math.round(milliseconds) }
  if (error === undefined) return { ...result, status: TestStatus.Success }
  return { ...result, status: TestStatus.Failed, failureMessage: String(error.message ?? error).slice(0, 500) }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)]
