import type { ErrorCode } from '../foundation/error-codes.ts'
import { callerFailures } from './failures/caller-failures.ts'
import { proofFailures } from './failures/proof-failures.ts'
import { serverFailures } from './failures/server-failures.ts'
import { tokenFailures } from './failures/token-failures.ts'
import { tokenUseFailures } from './failures/token-use-failures.ts'

/** One usual cause of an error code, and the one change that ends it. */
export interface FailureCause {
  /** A clause that goes on after "because". */
  readonly cause: string
  /** A sentence without its full stop, in the imperative. */
  readonly fix: string
}

/** When it fails: the usual causes of every error code, the likeliest first. Complete over `errorCodes`. */
export const failureTable: Readonly<Record<ErrorCode, readonly [FailureCause, ...FailureCause[]]>> = {
  ...serverFailures,
  ...tokenFailures,
  ...tokenUseFailures,
  ...proofFailures,
  ...callerFailures,
}
