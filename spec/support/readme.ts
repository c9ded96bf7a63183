import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, '..', '..')

/** README.md as text. */
export function readReadme(): string {
  return readFileSync(join(root, 'README.md'), 'utf8')
}

/** The code blocks of README.md in one language; `label` is the word behind it, such as `server`. */
export function readmeCode(language: string, label?: string): string[] {
  const blocks = readReadme().matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm)
  return [...blocks]
    .filter(
      ([, blockLanguage, blockLabel]) => blockLanguage === language && (label === undefined || blockLabel === label),
    )
    .map(([, , , code]) => code ?? '')
}
