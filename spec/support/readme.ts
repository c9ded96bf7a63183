import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, '..', '..')

const guidesFolder = 'example-app/guides'

/** README.md and its guides, from the root folder, README.md first. */
export const readmePaths: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, guidesFolder))
    .toSorted()
    .map((name) => `${guidesFolder}/${name}`),
]

/** README.md and its guides as one text. */
export function readReadme(): string {
  return readmePaths.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
}

/** The code blocks of README.md and its guides in one language; `label` is the word behind it, such as `server`. */
export function readmeCode(language: string, label?: string): string[] {
  const blocks = readReadme().matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm)
  return [...blocks]
    .filter(
      ([, blockLanguage, blockLabel]) => blockLanguage === language && (label === undefined || blockLabel === label),
    )
    .map(([, , , code]) => code ?? '')
}

/** One guide, by its name without `.md`. */
export function readmeGuide(name: string): string {
  return readFileSync(join(root, guidesFolder, `${name}.md`), 'utf8')
}
