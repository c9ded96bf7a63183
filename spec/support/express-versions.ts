import { createRequire, register } from 'node:module'
import express5 from 'express'
import { createPathCompiler, type PathCompilerOptions } from '../../lib/express/path-matcher.ts'
import type { PathCompiler } from '../../lib/permissions/resource-table.ts'

/** Express, and our path compiler over it. */
export interface ExpressVersion {
  readonly express: typeof express5
  readonly createPathCompiler: (options?: PathCompilerOptions) => PathCompiler
}

/** A second copy of the module gets Express 4 where it asks for `express`. */
const resolver = `export function resolve(specifier, context, next) {
  const wantsOld = specifier === 'express' && context.parentURL?.endsWith('?express4')
  return next(wantsOld ? 'express4' : specifier, context)
}`
register(`data:text/javascript,${encodeURIComponent(resolver)}`)
const secondCopy = '../../lib/express/path-matcher.ts?express4'
const overExpress4 = (await import(secondCopy)) as Pick<ExpressVersion, 'createPathCompiler'>

/** Both versions of Express that we support. */
export const expressVersions: Readonly<Record<4 | 5, ExpressVersion>> = {
  4: {
    express: createRequire(import.meta.url)('express4') as typeof express5,
    createPathCompiler: overExpress4.createPathCompiler,
  },
  5: { express: express5, createPathCompiler },
}
