import type { Request } from 'express'
import type { S2SPrincipal } from '../identity/principal.ts'
import { toPromise, whenReady } from '../foundation/when-ready.ts'
import { toError } from './to-error.ts'

/** Passport's `done`. */
export type S2SVerifyDone = (error: unknown, user?: unknown, info?: unknown) => void

/**
 * An application's own last word on a caller, in Passport's forms: a function that calls `done`, or one without that
 * parameter that gives (a promise of) the user. `false`, `null` or nothing refuses the caller.
 */
export type S2SVerifyPrincipal = (principal: S2SPrincipal, done: S2SVerifyDone) => unknown

/** The same with `passReqToCallback: true`. */
export type S2SVerifyWithRequest = (request: Request, principal: S2SPrincipal, done: S2SVerifyDone) => unknown

/** Which of the two is right is said by `passReqToCallback`. */
export type S2SVerify = S2SVerifyPrincipal | S2SVerifyWithRequest

/** What the callback said. */
export interface VerifyResult {
  readonly user: unknown
  readonly info: unknown
}

/** One form for all of Passport's forms. */
export type VerifyCall = (principal: S2SPrincipal, request: Request) => VerifyResult | Promise<VerifyResult>

/** Turns a verify callback of any form into one call; without a callback the principal is the user. */
export function createVerifyCall(verify: S2SVerify | undefined, passReqToCallback: boolean): VerifyCall {
  if (verify === undefined) return (principal) => ({ user: principal, info: undefined })
  const call = verify as (...parameters: unknown[]) => unknown
  const takesDone = call.length > (passReqToCallback ? 2 : 1)

  return function verifyCall(principal, request) {
    const parameters = passReqToCallback ? [request, principal] : [principal]
    if (!takesDone) return whenReady(toPromise(call(...parameters)), (user) => ({ user, info: undefined }))
    return new Promise((resolve, reject) => {
      const done: S2SVerifyDone = (error, user, info) => {
        if (error === null || error === undefined) resolve({ user, info })
        else reject(toError(error))
      }
      // An async callback with `done` may fail by throwing: that is its answer too.
      Promise.resolve(call(...parameters, done)).catch((error: unknown) => {
        reject(toError(error))
      })
    })
  }
}
