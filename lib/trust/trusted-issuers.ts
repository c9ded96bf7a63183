import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import { parseOptions } from '../foundation/parse-options.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import type { TrustedIssuerOptions } from './issuer-options.ts'
import { trustedIssuerSchema } from './issuer-schemas.ts'
import { createOpenIdIssuer } from './openid-issuer.ts'
import { createS2SCertificateIssuer } from './s2s-certificate-issuer.ts'
import { createS2SMetadataIssuer } from './s2s-metadata-issuer.ts'
import { createStaticIssuer } from './static-issuer.ts'
import type { TrustContext, TrustedIssuer } from './trusted-issuer.ts'

/** The issuers that are trusted now. Changes take effect on the next request. */
export interface TrustedIssuers {
  /**
   * The issuer whose `iss` is exactly this text. Never fetches anything for an issuer that is not configured; a promise
   * only while a metadata issuer without `registeredIssuerName` has not told its name yet.
   *
   * @throws TokenError `ERR_S2S_ISSUER_UNTRUSTED`; UnavailableError while a name cannot be learnt
   */
  find(this: void, issuerName: string): TrustedIssuer | Promise<TrustedIssuer>
  /**
   * Trusts one more issuer.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  add(this: void, options: TrustedIssuerOptions): void
  /** Stops trusting the issuer of that name or `iss`; `false` when there was none. */
  remove(this: void, name: string): boolean
  list(this: void): readonly TrustedIssuer[]
  /** Fetches the keys of all issuers; rejects with the first failure after all have been tried. */
  ready(this: void): Promise<void>
  close(this: void): void
}

/**
 * Creates the register of trusted issuers.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createTrustedIssuers(list: readonly TrustedIssuerOptions[], context: TrustContext): TrustedIssuers {
  const issuers = new Set<TrustedIssuer>()
  const byIssuerName = new Map<string, TrustedIssuer>()
  const unnamed = new Set<TrustedIssuer>()

  function add(options: TrustedIssuerOptions): void {
    const issuer = createTrustedIssuer(options, context)
    context.checkIssuer?.(issuer)
    for (const other of issuers) {
      const shared = issuer.issuerNames.find((name) => other.issuerNames.includes(name))
      if (shared !== undefined || other.name === issuer.name) {
        throw new ConfigurationError(
          'ERR_S2S_OPTION_INVALID',
          `${shared ?? issuer.name} is configured twice among trustedIssuers; merge the two or rename one`,
        )
      }
    }
    issuers.add(issuer)
    if (issuer.issuerNames.length === 0) unnamed.add(issuer)
    for (const name of issuer.issuerNames) byIssuerName.set(name, issuer)
  }

  function remove(name: string): boolean {
    const issuer = byIssuerName.get(name) ?? [...issuers].find((candidate) => candidate.name === name)
    if (issuer === undefined) return false
    issuers.delete(issuer)
    unnamed.delete(issuer)
    for (const [key, value] of byIssuerName) if (value === issuer) byIssuerName.delete(key)
    issuer.keys.close()
    return true
  }

  function find(issuerName: string): TrustedIssuer | Promise<TrustedIssuer> {
    const issuer = byIssuerName.get(issuerName)
    if (issuer !== undefined) return issuer
    if (unnamed.size === 0 || parsePrincipalName(issuerName)?.realm === undefined) throw untrusted()
    return learn([...unnamed]).then((failure) => {
      const learnt = byIssuerName.get(issuerName)
      if (learnt === undefined) throw failure ?? untrusted()
      return learnt
    })
  }

  /** Loads issuers that have no name yet and registers the names they tell; a name that is taken is not given away. */
  async function learn(some: readonly TrustedIssuer[]): Promise<Error | undefined> {
    const failures = await loadKeys(some)
    for (const issuer of unnamed) {
      if (issuer.issuerNames.length > 0) unnamed.delete(issuer)
      for (const name of issuer.issuerNames) if (!byIssuerName.has(name)) byIssuerName.set(name, issuer)
    }
    return failures[0]
  }

  async function ready(): Promise<void> {
    const failure = await learn([...issuers])
    if (failure !== undefined) throw failure
  }

  function close(): void {
    for (const issuer of issuers) issuer.keys.close()
  }

  for (const [index, options] of list.entries()) {
    add(parseOptions(trustedIssuerSchema, options, `trustedIssuers[${index}]`) as TrustedIssuerOptions)
  }
  return { find, add: addChecked, remove, list: () => [...issuers], ready, close }

  function addChecked(options: TrustedIssuerOptions): void {
    add(parseOptions(trustedIssuerSchema, options, 'trusted issuer') as TrustedIssuerOptions)
  }
}

function createTrustedIssuer(options: TrustedIssuerOptions, context: TrustContext): TrustedIssuer {
  switch (options.type) {
    case 's2s-metadata':
      return createS2SMetadataIssuer(options, context)
    case 's2s-certificate':
      return createS2SCertificateIssuer(options, context)
    case 'openid':
      return createOpenIdIssuer(options, context)
    case 'static':
      return createStaticIssuer(options, context)
  }
}

async function loadKeys(issuers: readonly TrustedIssuer[]): Promise<readonly Error[]> {
  const results = await Promise.allSettled(issuers.map(async (issuer) => issuer.keys.current()))
  return results.filter((result) => result.status === 'rejected').map((result) => result.reason as Error)
}

function untrusted(): TokenError {
  return new TokenError('ERR_S2S_ISSUER_UNTRUSTED', 'the issuer is not among trustedIssuers')
}
