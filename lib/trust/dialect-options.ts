import { ConfigurationError } from '../foundation/errors.ts'
import { trustDomainId } from '../tokens/spiffe-id.ts'
import type { OAuthIssuerOptions, OpenIdIssuerOptions } from './issuer-options.ts'
import type { OAuthTrustedIssuer } from './trusted-issuer.ts'

type DialectOptions = OAuthIssuerOptions &
  Pick<OpenIdIssuerOptions, 'issuer'> &
  Partial<Pick<OpenIdIssuerOptions, 'jwksUri' | 'bundleEndpoint'>>

/** Dialects in which only applications speak, in tokens that are not of RFC 9068. */
const workloadDialects: readonly unknown[] = ['kubernetes', 'spiffe', 'google']

/** Options that mean something in one dialect only. */
const optionsOfDialects = {
  namespaces: 'kubernetes',
  clientIds: 'cognito',
  trustDomain: 'spiffe',
  bundleEndpoint: 'spiffe',
} as const

/** SPIFFE allows no Edwards curves. @see JWT-SVID section 2.1 */
const spiffeAlgorithm = /^(?:RS|ES|PS)(?:256|384|512)$/

/**
 * Checks that the options of one dialect belong together. Where anybody at all can get a token for this server (any pod of the
 * cluster, any service account of Google), somebody must say who is let in.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function checkDialect(options: DialectOptions): void {
  checkOwners(options)
  if (options.jwksUri !== undefined && options.bundleEndpoint !== undefined) {
    throw invalid(options, 'has both jwksUri and bundleEndpoint; write one of them')
  }
  checkLists(options)
  if (options.callerKind === 'spiffe') checkSpiffe(options)
}

/** No option may be there that the dialect does not know. */
function checkOwners(options: DialectOptions): void {
  const { callerKind } = options
  for (const [option, dialect] of Object.entries(optionsOfDialects)) {
    if (options[option as keyof typeof optionsOfDialects] !== undefined && callerKind !== dialect) {
      throw invalid(options, `${option} is for callerKind: '${dialect}'; set that, or leave ${option} out`)
    }
  }
  for (const option of ['strict', 'acceptsActorClaim'] as const) {
    if (options[option] === true && workloadDialects.includes(callerKind)) {
      throw invalid(options, `${option} is not for callerKind: '${String(callerKind)}'; leave it out`)
    }
  }
}

function checkLists(options: DialectOptions): void {
  const { callerKind, applications, namespaces } = options
  if (callerKind === 'google' && applications === undefined) {
    throw invalid(
      options,
      "callerKind: 'google' needs applications: [...]: any service account of any Google customer can get a token for this server; list the e-mail addresses of those that are let in",
    )
  }
  if (callerKind === 'kubernetes' && applications === undefined && namespaces === undefined) {
    throw invalid(
      options,
      "callerKind: 'kubernetes' needs namespaces: [...] or applications: [...]: any pod of the cluster can get a token for this server; list who is let in",
    )
  }
}

function checkSpiffe(options: DialectOptions): void {
  const { trustDomain, issuer, algorithms = [] } = options
  if (trustDomain === undefined) {
    throw invalid(options, "callerKind: 'spiffe' needs trustDomain: the trust domain that this issuer vouches for")
  }
  if (!algorithms.every((algorithm) => spiffeAlgorithm.test(algorithm))) {
    throw invalid(options, 'algorithms has one that SPIFFE does not allow; write RS, ES and PS algorithms only')
  }
  if (issuer.startsWith('spiffe://') && issuer !== trustDomainId(trustDomain)) {
    throw invalid(options, 'issuer is another trust domain than trustDomain; write the same')
  }
}

/** The members of a trusted issuer that its dialect decides. An issuer of JWT-SVIDs is found by its trust domain as well. */
export function dialectMembers({
  issuer,
  acceptsActorClaim = false,
  clientIds,
  trustDomain,
}: DialectOptions): Pick<OAuthTrustedIssuer, 'issuerNames' | 'acceptsActorClaim' | 'clientIds' | 'trustDomain'> {
  return {
    issuerNames: trustDomain === undefined ? [issuer] : [...new Set([issuer, trustDomainId(trustDomain)])],
    ...(acceptsActorClaim ? { acceptsActorClaim } : {}),
    ...(clientIds === undefined ? {} : { clientIds: new Set(clientIds) }),
    ...(trustDomain === undefined ? {} : { trustDomain }),
  }
}

/** The types that tokens of a dialect usually have. */
export function typesOfDialect({ strict, callerKind }: DialectOptions): readonly string[] {
  if (strict === true) return ['at+jwt', 'application/at+jwt']
  return callerKind === 'spiffe' ? ['jwt', 'jose'] : ['jwt', 'at+jwt', 'application/at+jwt']
}

function invalid({ name, issuer }: DialectOptions, problem: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name ?? issuer}: ${problem}`)
}
