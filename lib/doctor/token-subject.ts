import type { S2SError } from '../foundation/errors.ts'
import type { VerifierOptions } from '../permissions/caller-options.ts'
import { parseSpiffeId, trustDomainId } from '../tokens/spiffe-id.ts'
import { parseUnverifiedToken, type UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import { verifyActorClaims } from '../verification/verify-actor-token.ts'
import { answerAsToken, type AskedIssuer } from './asked-issuer.ts'
import { createShowValue, type ShowValue } from './show-value.ts'
import type { FormerKey } from './former-keys.ts'

/** A token that is explained, and what it is held against. Nothing in it is trusted; nothing in it decides anything. */
export interface TokenSubject {
  readonly text: string
  /** What the verifier said; `undefined` when it accepted the token. */
  readonly error: S2SError | undefined
  /** An unsigned token around an actor token; `undefined` for all others. */
  readonly outer: UnverifiedToken | undefined
  /** The token, or the actor token within; `undefined` when it cannot be read. */
  readonly signed: UnverifiedToken | undefined
  /** The trusted issuer that `iss` of the signed token (or the trust domain of a JWT-SVID) names. */
  readonly issuer: TrustedIssuer | undefined
  readonly issuers: readonly TrustedIssuer[]
  /** Where the issuer is asked about the token: then `signed` is what it said. */
  readonly asked?: AskedIssuer | undefined
  /** Which of the two tokens the claims are judged in that the verifier refused. */
  readonly refusedPart: 'outer' | 'signed'
  readonly options: VerifierOptions
  readonly formerKeys: readonly FormerKey[]
  /** Seconds since 1970. */
  readonly now: number
  readonly show: ShowValue
}

/** What a subject is made of. */
export type SubjectParts = Pick<TokenSubject, 'text' | 'error' | 'issuers' | 'asked' | 'options' | 'formerKeys' | 'now'>

/** Reads a token without verifying anything; never throws. */
export function readSubject(parts: SubjectParts): TokenSubject {
  if (parts.asked !== undefined) return subjectOfAnswer(parts, parts.asked)
  const token = readToken(parts.text)
  const outer = token?.header.alg === 'none' ? token : undefined
  const actorToken = claimOf(outer, 'actortoken')
  const inner = typeof actorToken === 'string' ? actorToken : ''
  const signed = outer === undefined ? token : readToken(inner)
  const issuer = issuerOf(signed, parts.issuers)
  return {
    ...parts,
    outer,
    signed,
    issuer,
    refusedPart: outer !== undefined && refusesOuter(signed, issuer, parts) ? 'outer' : 'signed',
    show: createShowValue([parts.text, inner]),
  }
}

function issuerOf(token: UnverifiedToken | undefined, issuers: readonly TrustedIssuer[]): TrustedIssuer | undefined {
  const name = claimOf(token, 'iss') ?? trustDomainOf(token)
  return issuers.find(({ issuerNames }) => issuerNames.some((known) => known === name))
}

/** By what a JWT-SVID without `iss` is looked up. */
function trustDomainOf(token: UnverifiedToken | undefined): string | undefined {
  const workload = parseSpiffeId(claimOf(token, 'sub'))
  return workload && trustDomainId(workload.trustDomain)
}

/** Nothing of the text of such a token is judged but its form. */
function subjectOfAnswer(parts: SubjectParts, asked: AskedIssuer): TokenSubject {
  const signed = answerAsToken(asked)
  const show = createShowValue([parts.text])
  return { ...parts, outer: undefined, signed, issuer: asked.issuer, refusedPart: 'signed', show }
}

/** An own claim of a token that nobody has verified. */
export function claimOf(token: UnverifiedToken | undefined, name: string): unknown {
  return token !== undefined && Object.hasOwn(token.claims, name) ? token.claims[name] : undefined
}

/** The token whose claims were refused. */
export function refusedToken({ refusedPart, outer, signed }: TokenSubject): UnverifiedToken | undefined {
  return refusedPart === 'outer' ? outer : signed
}

/** Unreadable tokens are explained by their text alone; the verifier has said why. */
function readToken(text: string): UnverifiedToken | undefined {
  try {
    return parseUnverifiedToken(text)
  } catch {
    return undefined
  }
}

/** Of a pair of which the actor token's own claims are in order, it is the outer token that was refused. */
function refusesOuter(
  signed: UnverifiedToken | undefined,
  issuer: TrustedIssuer | undefined,
  { now }: Pick<SubjectParts, 'now'>,
): boolean {
  if (signed === undefined || issuer?.protocol !== 's2s') return false
  try {
    verifyActorClaims(signed.claims, issuer, now)
    return true
  } catch {
    return false
  }
}
