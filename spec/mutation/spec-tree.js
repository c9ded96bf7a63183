import { setTimeout } from 'node:timers/promises'

export { mock } from 'node:test'

/**
 * A stand-in for `node:test` that can run the same file again and again in one process, and ends at the first failure.
 * It has only what our unit specs use; anything else is an error.
 */
let root = newSuite(undefined)
let current = root

const patienceMilliseconds = 300

export function forgetDescribed() {
  root = newSuite(undefined)
  current = root
}

/** Runs what was described, but at most so many tests. Gives how many began, and the first failure. */
export async function runDescribed(maximumTests) {
  const run = { begun: 0, maximumTests }
  try {
    await runSuite(root, run)
    return { begun: run.begun }
  } catch (error) {
    return { begun: run.begun, error: error ?? new Error('nothing was thrown') }
  }
}

export function describe(name, define) {
  const parent = current
  current = newSuite(parent)
  parent.children.push(current)
  if (define() !== undefined) throw new Error(`${name}: describe with a promise is not supported`)
  current = parent
}

export function it(name, test, ...others) {
  if (typeof test !== 'function' || test.length > 0 || others.length > 0) {
    throw new Error(`${name}: options and contexts are not supported`)
  }
  current.children.push(test)
}

export const before = addHook('before')
export const after = addHook('after')
export const beforeEach = addHook('beforeEach')
export const afterEach = addHook('afterEach')

function addHook(kind) {
  return (hook) => {
    current[kind].push(hook)
  }
}

function newSuite(parent) {
  return { parent, children: [], before: [], after: [], beforeEach: [], afterEach: [] }
}

async function runSuite(suite, run) {
  if (run.begun >= run.maximumTests) return
  try {
    await callAll(suite.before)
    for (const child of suite.children) {
      if (typeof child === 'function') await runTest(suite, child, run)
      else await runSuite(child, run)
    }
  } catch (error) {
    // What a mutant broke may never end.
    await Promise.race([
      callAll(suite.after).catch(() => {}),
      setTimeout(patienceMilliseconds, undefined, { ref: false }),
    ])
    throw error
  }
  await callAll(suite.after)
}

async function runTest(suite, test, run) {
  if (run.begun >= run.maximumTests) return
  run.begun += 1
  const around = ancestorsOf(suite)
  try {
    await callAll(around.toReversed().flatMap(({ beforeEach }) => beforeEach))
    await test()
  } finally {
    await callAll(around.flatMap(({ afterEach }) => afterEach))
  }
}

function ancestorsOf(suite) {
  return suite === undefined ? [] : [suite, ...ancestorsOf(suite.parent)]
}

async function callAll(functions) {
  for (const call of functions) await call()
}
