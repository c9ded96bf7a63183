import { UnavailableError } from '../foundation/errors.ts'

/**
 * Waits for a shared state, but not for ever.
 *
 * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` after the time; what the work rejects with
 */
export async function inTime<T>(work: Promise<T>, milliseconds = 2000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', `no answer within ${milliseconds} milliseconds`))
    }, milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
