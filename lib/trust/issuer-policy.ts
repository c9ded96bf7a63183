import { ConfigurationError } from '../foundation/errors.ts'
import { normalizeAudience } from '../tokens/principal-name.ts'
import { createDelegationPolicy } from './delegation.ts'
import type { CommonIssuerOptions, OAuthIssuerOptions, S2SIssuerOptions } from './issuer-options.ts'
import type {
  KeySource,
  OAuthTrustedIssuer,
  S2STrustedIssuer,
  SenderConstraint,
  TrustContext,
} from './trusted-issuer.ts'

const day = 86_400

type CommonPolicy = Omit<S2STrustedIssuer, 'protocol' | 'name' | 'issuerNames' | 'keys' | keyof S2SOnly>
type S2SOnly = Pick<
  S2STrustedIssuer,
  'isTrustBroker' | 'allowDelegation' | 'acceptsUserTokens' | 'acceptSecurityIdentifiers'
>

interface PolicyDefaults {
  readonly audience: ReadonlySet<string>
  readonly algorithms: readonly string[]
  readonly acceptedTypes: readonly string[]
}

function commonPolicy(options: CommonIssuerOptions, defaults: PolicyDefaults): CommonPolicy {
  return {
    audience: defaults.audience,
    algorithms: new Set(options.algorithms ?? defaults.algorithms),
    acceptedTypes: new Set((options.acceptedTypes ?? defaults.acceptedTypes).map((type) => type.toLowerCase())),
    clockToleranceSeconds: options.clockToleranceSeconds ?? 60,
    maximumLifetimeSeconds: options.maximumLifetimeSeconds ?? day,
    permissionCeiling: options.permissionCeiling,
    shadow: options.shadow ?? false,
  }
}

/** What every issuer type hands to the policy: its keys, and the names it answers to. */
export interface IssuerParts {
  readonly name: string
  readonly issuerNames: readonly string[]
  readonly keys: KeySource
}

/**
 * Completes the options of an OAuth issuer with the defaults.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when neither the issuer nor the server has an `audience`, or when a proof
 * of possession is named that the server is not configured for
 */
export function createOAuthIssuer(
  options: OAuthIssuerOptions & { readonly issuer: string },
  keys: KeySource,
  context: TrustContext,
): OAuthTrustedIssuer {
  const strict = options.strict ?? false
  const acceptedTypes = strict ? ['at+jwt', 'application/at+jwt'] : ['jwt', 'at+jwt', 'application/at+jwt']
  return {
    protocol: 'oauth',
    name: options.name ?? options.issuer,
    issuerNames: [options.issuer],
    ...commonPolicy(options, {
      audience: oauthAudience(options, context),
      algorithms: ['RS256', 'ES256'],
      acceptedTypes,
    }),
    strict,
    callerKind: options.callerKind ?? 'rfc9068',
    permissionClaims: options.permissionClaims ?? [],
    ...senderConstraints(options, context.proofs),
    keys,
  }
}

/**
 * Completes the options of an S2S issuer with the defaults. `parts.issuerNames` may be a getter: a metadata issuer tells
 * its name later.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createS2SIssuer(
  options: S2SIssuerOptions,
  parts: IssuerParts,
  context: TrustContext,
): S2STrustedIssuer {
  const { name, keys } = parts
  const isTrustBroker = options.isTrustBroker ?? false
  const allowDelegation = options.allowDelegation ? createDelegationPolicy(options.allowDelegation, name) : false
  if (options.acceptsUserTokens === true && (!isTrustBroker || allowDelegation === false)) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${name}: acceptsUserTokens needs isTrustBroker: true and allowDelegation: { applications: [...] }`,
    )
  }
  return {
    protocol: 's2s',
    name,
    ...commonPolicy(options, {
      audience: s2sAudience(options, name, context),
      algorithms: ['RS256'],
      acceptedTypes: ['jwt'],
    }),
    isTrustBroker,
    allowDelegation,
    acceptsUserTokens: options.acceptsUserTokens ?? false,
    acceptSecurityIdentifiers: options.acceptSecurityIdentifiers ?? false,
    get issuerNames() {
      return parts.issuerNames
    },
    keys,
  }
}

function senderConstraints(
  { issuer, dpop, mtls }: OAuthIssuerOptions & { readonly issuer: string },
  proofs: TrustContext['proofs'],
): Pick<OAuthTrustedIssuer, 'dpop' | 'mtls'> {
  return {
    dpop: levelOf(
      dpop,
      proofs?.dpop,
      `${issuer}: dpop needs the option dpop of the server, which says what proofs are held against`,
    ),
    mtls: levelOf(
      mtls,
      proofs?.mtls,
      `${issuer}: mtls needs the option clientCertificates of the server, which says where certificates come from`,
    ),
  }
}

function levelOf(level: 'allowed' | 'required' | undefined, isAccepted = false, problem: string): SenderConstraint {
  if (isAccepted) return level ?? 'allowed'
  if (level === undefined) return 'refused'
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', problem)
}

function given(audience: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof audience === 'string' ? [audience] : audience
}

function oauthAudience(options: OAuthIssuerOptions & { readonly issuer: string }, context: TrustContext): Set<string> {
  const audience = given(options.audience) ?? context.audience
  if (audience.length > 0) return new Set(audience)
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `audience is missing for ${options.issuer}; set it to the value its tokens carry in "aud"`,
  )
}

function s2sAudience(options: S2SIssuerOptions, name: string, context: TrustContext): Set<string> {
  const audience = (given(options.audience) ?? context.selfAudience).map((text) => {
    const normalized = normalizeAudience(text)
    if (normalized !== undefined) return normalized
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: write audience as clientId/host@realm`)
  })
  if (audience.length > 0) return new Set(audience)
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `self is missing; ${name} speaks S2S and its tokens name this server as clientId/host@realm: set self: { clientId, realm, hosts }`,
  )
}

/**
 * The `iss` values of a registered issuer name: itself, or one for each realm when it ends in `@*`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for `@*` without `realms`, `realms` without `@*`, or our own name
 */
export function expandIssuerName(
  registeredName: string,
  realms: readonly string[] | undefined,
  context: TrustContext,
): readonly string[] {
  const isWildcard = registeredName.endsWith('@*')
  if (isWildcard !== (realms !== undefined)) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      isWildcard
        ? `${registeredName}: a wildcard realm is never a pattern; list the realms you trust in realms: [...]`
        : `${registeredName}: realms is only for an issuer name that ends in @*; leave it out`,
    )
  }
  const names = realms === undefined ? [registeredName] : realms.map((realm) => registeredName.slice(0, -1) + realm)
  if (context.ownName !== undefined && names.includes(context.ownName)) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${context.ownName} is this server's own name (self); a server is never its own trusted issuer`,
    )
  }
  return names
}
