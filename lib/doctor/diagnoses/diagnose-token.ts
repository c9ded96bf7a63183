import { failureTable } from '../failure-table.ts'
import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { S2SError } from '../../foundation/errors.ts'
import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'
import { diagnoseActor } from './diagnose-actor.ts'
import { diagnoseAlgorithm } from './diagnose-algorithm.ts'
import { diagnoseAudience } from './diagnose-audience.ts'
import { diagnoseClaim } from './diagnose-claim.ts'
import { diagnoseCaller } from './diagnose-caller.ts'
import { diagnoseDialect } from './diagnose-dialect.ts'
import { diagnoseForm } from './diagnose-form.ts'
import { diagnoseIntrospection } from './diagnose-introspection.ts'
import { diagnoseIssuer } from './diagnose-issuer.ts'
import { diagnoseKey } from './diagnose-key.ts'
import { diagnoseKind } from './diagnose-kind.ts'
import { diagnoseOutage } from './diagnose-outage.ts'
import { diagnosePolicy } from './diagnose-policy.ts'
import { diagnoseSignature } from './diagnose-signature.ts'
import { diagnoseTimes } from './diagnose-times.ts'
import { diagnoseUnusableKey } from './diagnose-unusable-key.ts'

type Diagnose = (subject: TokenSubject) => Diagnosis | undefined | Promise<Diagnosis | undefined>

/** Who is asked for the cause of a refusal, by its code: the first that knows one. */
const diagnosers: Readonly<Partial<Record<ErrorCode, readonly Diagnose[]>>> = {
  ERR_S2S_TOKEN_MALFORMED: [diagnoseForm],
  ERR_S2S_ALGORITHM_NOT_ALLOWED: [diagnoseAlgorithm],
  ERR_S2S_ISSUER_UNTRUSTED: [diagnoseDialect, diagnoseIssuer],
  ERR_S2S_TOKEN_TYPE: [diagnoseDialect, diagnoseKind],
  ERR_S2S_AUDIENCE_MISMATCH: [diagnoseKind, diagnoseDialect, diagnoseAudience],
  ERR_S2S_CLAIM_INVALID: [diagnoseKind, diagnoseDialect, diagnoseClaim],
  ERR_S2S_TOKEN_EXPIRED: [diagnoseTimes],
  ERR_S2S_TOKEN_NOT_YET_VALID: [diagnoseTimes],
  ERR_S2S_TOKEN_LIFETIME: [diagnoseTimes],
  ERR_S2S_BROKER_REQUIRED: [diagnoseActor],
  ERR_S2S_REALM_MISMATCH: [diagnoseDialect, diagnoseActor],
  ERR_S2S_ACTOR_MISMATCH: [diagnoseDialect, diagnoseActor],
  ERR_S2S_DELEGATION_ABSENT: [diagnoseActor],
  ERR_S2S_TOKEN_BOUND: [diagnoseActor],
  ERR_S2S_KEY_UNKNOWN: [diagnoseKey],
  ERR_S2S_KEY_UNUSABLE: [diagnoseUnusableKey],
  ERR_S2S_SIGNATURE_INVALID: [diagnoseSignature],
  ERR_S2S_KEYS_UNREACHABLE: [diagnoseOutage],
  ERR_S2S_METADATA_INVALID: [diagnoseOutage],
  ERR_S2S_INTROSPECTION_UNAVAILABLE: [diagnoseIntrospection],
  ERR_S2S_DELEGATION_NOT_ALLOWED: [diagnosePolicy],
  ERR_S2S_APPLICATION_NOT_ALLOWED: [diagnoseDialect],
  ERR_S2S_APP_ONLY_NOT_ALLOWED: [diagnosePolicy],
  ERR_S2S_USER_NOT_FOUND: [diagnoseCaller],
  ERR_S2S_USER_AMBIGUOUS: [diagnoseCaller],
  ERR_S2S_USER_CONFLICT: [diagnoseCaller],
  ERR_S2S_USER_STORE_UNKNOWN: [diagnoseCaller],
}

/**
 * The cause of a refusal and the one change that ends it. Without a better answer that is the verifier's own reason and the
 * usual fix of its code.
 */
export async function diagnoseToken(subject: TokenSubject, error: S2SError): Promise<Diagnosis> {
  for (const diagnose of diagnosers[error.code] ?? []) {
    const diagnosis = await diagnose(subject)
    if (diagnosis !== undefined) return diagnosis
  }
  const [{ cause, fix }] = failureTable[error.code]
  const kind = error.code.replace('ERR_S2S_', '').toLowerCase().replaceAll('_', '-')
  return { kind, cause: error.reason ?? cause, fix }
}
