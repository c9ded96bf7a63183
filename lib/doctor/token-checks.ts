import type { ErrorCode } from '../foundation/error-codes.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import { describeCheck } from './describe-check.ts'
import { failedCheck } from './failed-check.ts'
import { claimOf, type TokenSubject } from './token-subject.ts'

/** The names of the checks, in the order in which the verifier makes them for either protocol. */
export type CheckName =
  | 'form'
  | 'issuer'
  | 'algorithm'
  | 'type'
  | 'claims'
  | 'audience'
  | 'lifetime'
  | 'outer token'
  | 'outer audience'
  | 'outer lifetime'
  | 'delegation claim'
  | 'user named'
  | 'key'
  | 'signature'
  | 'policy'
  | 'caller'
  | 'possession'

/** One thing that the verifier checks, and how it went with this token. */
export interface TokenCheck {
  readonly check: CheckName
  readonly outcome: 'passed' | 'failed' | 'not reached'
  /** What the configuration of this server demands. */
  readonly expected: string
  /** What the token has; shortened, and never a part of its text. */
  readonly found: string
  /** Of the check that failed. */
  readonly code?: ErrorCode
}

const oauthChecks: readonly CheckName[] = [
  'form',
  'issuer',
  'algorithm',
  'type',
  'audience',
  'lifetime',
  'claims',
  'key',
  'signature',
  'caller',
]
const appChecks: readonly CheckName[] = [
  'form',
  'issuer',
  'algorithm',
  'type',
  'claims',
  'audience',
  'lifetime',
  'key',
  'signature',
  'policy',
  'caller',
]
const outerChecks: readonly CheckName[] = [
  'outer token',
  'outer audience',
  'outer lifetime',
  'delegation claim',
  'user named',
]

/** Every check in turn. Which one failed the verifier's own code says; those behind it were not made. */
export function listChecks(subject: TokenSubject): readonly TokenCheck[] {
  const names = checkNames(subject)
  const { error } = subject
  const named = error === undefined ? undefined : failedCheck(error, subject)
  const failed = named === undefined || names.includes(named) ? named : 'caller'
  const position = failed === undefined ? names.length : names.indexOf(failed)
  return names.map((check, index): TokenCheck => {
    const described = { check, ...describeCheck(check, subject) }
    if (check === failed && error !== undefined) return { ...described, outcome: 'failed', code: error.code }
    const isMade = index < position && !(failed === 'algorithm' && check === 'issuer' && !isKnown(subject))
    return { ...described, outcome: isMade ? 'passed' : 'not reached' }
  })
}

function checkNames({ outer, issuer, signed }: TokenSubject): readonly CheckName[] {
  if (outer === undefined && issuer?.protocol !== 's2s') {
    return claimOf(signed, 'cnf') === undefined ? oauthChecks : [...oauthChecks, 'possession']
  }
  if (outer === undefined) return appChecks
  const place = appChecks.indexOf('key')
  return [...appChecks.slice(0, place), ...outerChecks, ...appChecks.slice(place)]
}

function isKnown({ signed }: TokenSubject): boolean {
  return (knownAlgorithms as readonly string[]).includes(signed?.header.alg ?? '')
}
