import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim } from './claims.ts'

/** A Kubernetes service account. */
export interface ServiceAccount {
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly id: string
  readonly namespace: string
  readonly name: string
}

const pattern =
  /^system:serviceaccount:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/
const namespaceName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether a text can be the name of a namespace (RFC 1123 label). */
export function isNamespace(text: string): boolean {
  return namespaceName.test(text)
}

/** Reads `system:serviceaccount:<namespace>:<name>`; `undefined` for anything else. */
export function parseServiceAccount(text: string): ServiceAccount | undefined {
  const [, namespace, name] = pattern.exec(text) ?? []
  return namespace === undefined || name === undefined ? undefined : { id: text, namespace, name }
}

/**
 * The service account of a bound Kubernetes token: `sub`, and the claim `kubernetes.io`, which must say the same. Tokens of
 * the time before bound tokens (without that claim) are refused.
 *
 * Does not check that the pod it is bound to still runs: only the cluster's TokenReview knows.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ "Bound service account tokens"
 */
export function readServiceAccount(claims: JsonObject): ServiceAccount {
  const account = parseServiceAccount(requiredTextClaim(claims, 'sub'))
  if (account === undefined) throw invalid('"sub" is not system:serviceaccount:<namespace>:<name>')
  const binding = memberObject(claims, 'kubernetes.io')
  const bound = binding && memberObject(binding, 'serviceaccount')
  if (binding === undefined || bound === undefined) {
    throw invalid('"kubernetes.io" does not name a service account: the token is not a bound token')
  }
  if (textOf(binding, 'namespace') !== account.namespace || textOf(bound, 'name') !== account.name) {
    throw invalid('"kubernetes.io" names another service account than "sub"')
  }
  return account
}

function textOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function memberObject(object: JsonObject, name: string): JsonObject | undefined {
  const value = textOf(object, name)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

function invalid(reason: string): TokenError {
  return new TokenError('ERR_S2S_CLAIM_INVALID', reason)
}
