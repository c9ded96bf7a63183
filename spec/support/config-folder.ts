import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A folder for the files of one server. */
export interface ConfigFolder {
  readonly path: string
  /** Where the configuration stands. */
  readonly file: string
  /** Writes a file in place; what is no text as JSON. Gives its path. */
  write(this: void, name: string, content: unknown): string
  /** Writes a file beside and puts it in the place of the old one, as careful programs do. */
  replace(this: void, name: string, content: unknown): void
  remove(this: void): void
}

/** The usual name of a configuration file. */
export const configName = 's2s.config.json'

/** Makes an empty folder. */
export function makeConfigFolder(): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'specs-config-'))
  const write = (name: string, content: unknown): string => {
    const file = join(path, name)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2), { mode: 0o600 })
    return file
  }
  return {
    path,
    file: join(path, configName),
    write,
    replace: (name, content) => {
      renameSync(write(`${name}.new`, content), join(path, name))
    },
    remove: () => {
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Waits until something holds, or throws after ten seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`still not so after ten seconds: ${what}`)
    await wait(5)
  }
}
