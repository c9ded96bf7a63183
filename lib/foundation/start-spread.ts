/** What servers that start together wait for, each for a time of its own. */
export interface StartSpread {
  /** The first time: resolves after a while. After that, and once it has ended, at once. */
  wait(this: void): Promise<void>
  /** Nobody waits any more. */
  end(this: void): void
}

/** Creates a wait of up to some seconds; `random` gives the share, from 0 to 1. It keeps the process alive: somebody waits. */
export function createStartSpread(seconds: number, random: () => number = Math.random): StartSpread {
  let hasBegun = false
  let finish: (() => void) | undefined
  return {
    wait: async () => {
      if (hasBegun || seconds === 0) return
      hasBegun = true
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, random() * seconds * 1000)
        finish = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
    end: () => {
      hasBegun = true
      finish?.()
    },
  }
}
