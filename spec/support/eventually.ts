import assert from 'node:assert/strict'

/** Waits until something holds, and looks every few milliseconds; fails after 5 seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 5000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
