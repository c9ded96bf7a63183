import type { Request } from 'express'
import type { ResourceTable } from '../permissions/resource-table.ts'
import type { JudgedEntry } from './authorize-request.ts'

/** What a middleware of ours is, for those who look at an application's routes. */
export type GuardMark =
  | {
      readonly type: 'table'
      /** The table of now. */
      readonly table: () => ResourceTable<Request>
      readonly letsPreflightPass: () => boolean
    }
  | { readonly type: 'requirement'; readonly entry: JudgedEntry }
  /** Neither guards nor serves a route of the application. */
  | { readonly type: 'other' }

/** By function: names can be forged, and nothing is to be seen on the function itself. */
const marks = new WeakMap<object, GuardMark>()

/** Remembers what a middleware of ours is; gives the middleware. */
export function markGuard<Middleware extends object>(middleware: Middleware, mark: GuardMark): Middleware {
  marks.set(middleware, mark)
  return middleware
}

/** What a function is; `undefined` for whatever is not ours, wrapped guards too. */
export function guardMarkOf(middleware: object): GuardMark | undefined {
  return marks.get(middleware)
}
