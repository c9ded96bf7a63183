import { lstatSync, readlinkSync } from 'node:fs'
import { basename, dirname, join, parse, resolve, sep } from 'node:path'

/** Names that matter, by the folder they stand in. */
export type WatchedNames = ReadonlyMap<string, ReadonlySet<string>>

/** As many links as Linux follows. */
const maximumLinks = 40

/**
 * What must be watched to see that a file became another: its name in its folder, and every symbolic link on the way (a
 * Kubernetes ConfigMap swaps the link `..data`; a deployment the link `current`). Of what is missing, the first name that
 * is not there.
 */
export function watchedNames(files: readonly string[]): WatchedNames {
  const names = new Map<string, Set<string>>()
  const add = (path: string): void => {
    const folder = dirname(path)
    names.set(folder, (names.get(folder) ?? new Set([basename(folder)])).add(basename(path)))
  }
  for (const file of files) {
    let path: string | undefined = file
    for (let links = 0; path !== undefined && links < maximumLinks; links++) path = addUntilLink(path, add)
  }
  return names
}

/** Where the path leads after its first link; `undefined` when it has none. */
function addUntilLink(path: string, add: (path: string) => void): string | undefined {
  const { root } = parse(path)
  const parts = path.slice(root.length).split(sep)
  let reached = root
  for (const [index, part] of parts.entries()) {
    reached = join(reached, part)
    const kind = kindOf(reached)
    if (kind === 'other' && index < parts.length - 1) continue
    add(reached)
    if (kind === 'link') return resolve(dirname(reached), readlinkSync(reached), ...parts.slice(index + 1))
    return undefined
  }
  return undefined
}

function kindOf(path: string): 'link' | 'missing' | 'other' {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 'missing'
  return stats.isSymbolicLink() ? 'link' : 'other'
}
