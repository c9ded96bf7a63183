import { AsyncResource } from 'node:async_hooks'

const outsideOfRequests = new AsyncResource('PASSPORT_S2S_TIMER')
const longestTimer = 2 ** 31 - 1

/**
 * Sets a timer that keeps neither the process alive nor the request during which it is set: what it does belongs to
 * nobody's trace, and what requests keep in an `AsyncLocalStorage` is not held until it fires. Time that is past is now.
 */
export function setDetachedTimer(callback: () => void, seconds: number): NodeJS.Timeout {
  const milliseconds = Math.min(Math.max(seconds, 0) * 1000, longestTimer)
  return outsideOfRequests.runInAsyncScope(() => setTimeout(callback, milliseconds).unref())
}
