import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { Diagnosis } from '../finding.ts'
import { printDuration, printTime } from '../print-duration.ts'
import { claimOf, refusedToken, type TokenSubject } from '../token-subject.ts'

interface Dates {
  readonly exp: number
  readonly nbf: number | undefined
  readonly iat: number | undefined
}

/** Why the times of a token are not acceptable now. */
export function diagnoseTimes(subject: TokenSubject): Diagnosis | undefined {
  const { error } = subject
  const dates = readDates(subject)
  return dates === undefined || error === undefined ? undefined : byCode[error.code]?.(dates, subject)
}

const byCode: Readonly<Partial<Record<ErrorCode, (dates: Dates, subject: TokenSubject) => Diagnosis>>> = {
  ERR_S2S_TOKEN_EXPIRED: diagnoseExpired,
  ERR_S2S_TOKEN_NOT_YET_VALID: diagnoseAhead,
  ERR_S2S_TOKEN_LIFETIME: diagnoseLifetime,
}

function readDates(subject: TokenSubject): Dates | undefined {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => numberOf(claimOf(refusedToken(subject), name)))
  return exp === undefined ? undefined : { exp, nbf, iat }
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function whichToken({ outer, refusedPart }: TokenSubject): string {
  if (outer === undefined) return 'the token'
  return refusedPart === 'outer' ? 'the outer token' : 'the actor token'
}

function diagnoseExpired({ exp }: Dates, subject: TokenSubject): Diagnosis {
  return {
    kind: 'expired',
    cause: `${whichToken(subject)} expired ${printDuration(subject.now - exp)} ago (exp ${printTime(exp)})`,
    fix: 'get a new token; when new ones are refused as well, the clock of this server is ahead: set it by NTP',
  }
}

function diagnoseAhead({ nbf = 0, iat = 0 }: Dates, subject: TokenSubject): Diagnosis {
  const [name, start] = nbf >= iat ? ['nbf', nbf] : ['iat', iat]
  if (isInMilliseconds(start)) return inMilliseconds(name)
  return {
    kind: 'begins-ahead',
    cause: `${whichToken(subject)} begins ${printDuration(start - subject.now)} ahead (${name}): the clock of this server or that of the issuer is off`,
    fix: 'set both clocks by NTP',
  }
}

/** Of our time; read as seconds they are beyond the year 5000. */
function isInMilliseconds(date: number): boolean {
  return date > 1e11 && date < 1e13
}

function inMilliseconds(name: string): Diagnosis {
  const fix = 'have the issuer write seconds since 1970'
  return { kind: 'milliseconds', cause: `"${name}" is written in milliseconds`, fix }
}

const tenYears = 10 * 365 * 86_400

function diagnoseLifetime({ exp, nbf, iat }: Dates, subject: TokenSubject): Diagnosis {
  if (isInMilliseconds(exp)) return inMilliseconds('exp')
  const lifetime = Math.ceil(exp - (nbf ?? iat ?? subject.now))
  if (lifetime <= tenYears) return livesTooLong(lifetime, subject)
  const fix = 'have the issuer give tokens that end within hours'
  return { kind: 'never-ends', cause: `${whichToken(subject)} ends more than ten years ahead (exp)`, fix }
}

function livesTooLong(lifetime: number, subject: TokenSubject): Diagnosis {
  const { name = 'the issuer', maximumLifetimeSeconds: longest = 0 } = subject.issuer ?? {}
  return {
    kind: 'lives-too-long',
    cause: `${whichToken(subject)} lives ${lifetime} seconds (${printDuration(lifetime)}), and the longest accepted is ${longest} (${printDuration(longest)})`,
    fix: `have the issuer give shorter tokens, or set maximumLifetimeSeconds: ${lifetime} on ${name}`,
  }
}
