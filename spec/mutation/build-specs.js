import { readdirSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { specFolders } from './spec-folders.js'

/**
 * Compiles every unit spec of the sandbox, with all of lib that it imports, into one module beside it: `x.spec.ts.mjs`. It
 * holds all mutants; `in-process-runner.js` switches one on and runs it.
 */
const specs = specFolders
  .flatMap((folder) => readdirSync(`spec/${folder}`).map((name) => `spec/${folder}/${name}`))
  .filter((path) => path.endsWith('.spec.ts'))

/** A file that is bundled elsewhere still has to find what stands beside it. */
const keepPlace = {
  name: 'keep-place',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: (await readFile(path, 'utf8')).replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
    }))
  },
}

/** Our stand-in takes the place of `node:test`. */
const useSpecTree = {
  name: 'use-spec-tree',
  setup({ onResolve }) {
    onResolve({ filter: /^node:test$/ }, () => ({ path: join(import.meta.dirname, 'spec-tree.js'), external: true }))
  },
}

// Packages are not bundled: they are loaded once, from here.
symlinkSync(join(import.meta.dirname, '..', '..', 'node_modules'), 'node_modules')

await build({
  entryPoints: specs.map((path) => ({ in: path, out: path })),
  outdir: '.',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  plugins: [keepPlace, useSpecTree],
  logLevel: 'warning',
})
