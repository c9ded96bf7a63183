import { watch, type FSWatcher } from 'node:fs'
import { watchedNames } from './watched-names.ts'

/** Looks at some files until it is closed. */
export interface FileWatch {
  /** From now on at these files. Also looks anew at folders that were replaced: call it after each change, before reading. */
  follow(this: void, files: readonly string[]): void
  close(this: void): void
}

/** What is written in several steps is seen once. */
const settleMilliseconds = 100

/**
 * Calls `onChange` shortly after one of the files may have become another: written, replaced by `rename`, or reached by a
 * link that was swapped. May call it for nothing. Never keeps the process alive.
 *
 * Hears what the operating system tells: nothing from most network file systems.
 */
export function watchFiles(onChange: () => void): FileWatch {
  let watchers: FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  function noticed(): void {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = undefined
      onChange()
    }, settleMilliseconds).unref()
  }

  function stop(): void {
    for (const watcher of watchers) watcher.close()
    watchers = []
  }

  return {
    follow: (files) => {
      stop()
      if (isClosed) return
      watchers = [...watchedNames(files)].flatMap(([folder, names]) => watchFolder(folder, names, noticed) ?? [])
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
      stop()
    },
  }
}

function watchFolder(folder: string, names: ReadonlySet<string>, noticed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || names.has(name)) noticed()
    })
    return watcher.on('error', noticed)
  } catch {
    // The folder went away since it was looked at: look again.
    noticed()
    return undefined
  }
}
