import { warnOfShadowMode } from '../audit/warn-of-shadow-mode.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import { parseOptions } from '../foundation/parse-options.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import { createIntrospectionIssuer } from './introspection/introspection-issuer.ts'
import { checkOpaqueIssuers, findOpaqueIssuer } from './introspection/opaque-issuers.ts'
import type { TrustedIssuerOptions } from './issuer-options.ts'
import { trustedIssuerSchema } from './issuer-schemas.ts'
import { createMicrosoft365Issuers } from './microsoft365.ts'
import { createOpenIdIssuer } from './openid-issuer.ts'
import { createS2SCertificateIssuer } from './s2s-certificate-issuer.ts'
import { createS2SMetadataIssuer } from './s2s-metadata-issuer.ts'
import { createStaticIssuer } from './static-issuer.ts'
import type { OAuthTrustedIssuer, TrustContext, TrustedIssuer } from './trusted-issuer.ts'

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
   * The issuer that is asked about an opaque token: the only one, or the one whose `tokenPrefix` it begins with; `undefined`
   * when none is asked about opaque tokens. Never fetches anything.
   *
   * @throws TokenError `ERR_S2S_ISSUER_UNTRUSTED`
   */
  findOpaque(this: void, token: string): OAuthTrustedIssuer | undefined
  /**
   * Trusts one more issuer, or all issuers of one more preset.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  add(this: void, options: TrustedIssuerOptions): void
  /** Stops trusting the issuer of that name or `iss`, or all issuers of the preset of that name; `false` when there was none. */
  remove(this: void, name: string): boolean
  list(this: void): readonly TrustedIssuer[]
  /** Whether this very issuer is trusted now; one that was removed and added again is another. */
  has(this: void, issuer: TrustedIssuer): boolean
  /** Another number after each issuer that was added or removed. */
  version(this: void): number
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
  const register = new Register(context)
  for (const [index, options] of list.entries()) register.add(options, `trustedIssuers[${index}]`)
  return {
    find: (issuerName) => register.find(issuerName),
    findOpaque: (token) => findOpaqueIssuer(register.issuers, token),
    add: (options) => {
      register.add(options, 'trusted issuer')
    },
    remove: (name) => register.remove(name),
    list: () => [...register.issuers],
    has: (issuer) => register.issuers.has(issuer),
    version: () => register.version,
    ready: async () => {
      const failure = await register.learn([...register.issuers])
      if (failure !== undefined) throw failure
    },
    close: () => {
      for (const issuer of register.issuers) issuer.keys.close()
    },
  }
}

/** The state behind `TrustedIssuers`. */
class Register {
  readonly issuers = new Set<TrustedIssuer>()
  version = 0
  private readonly byIssuerName = new Map<string, TrustedIssuer>()
  /** All names of all issuers that have told theirs. */
  private names = new Set<string>()
  /** Metadata issuers that have not told their name yet. */
  private readonly unnamed = new Set<TrustedIssuer>()
  private readonly context: TrustContext

  constructor(context: TrustContext) {
    this.context = context
  }

  /** All or nothing: one issuer of a preset that cannot be trusted keeps the others out too. */
  add(given: TrustedIssuerOptions, optionName: string): void {
    const options = parseOptions(trustedIssuerSchema, given, optionName) as TrustedIssuerOptions
    const added = createIssuers(options, this.context)
    for (const issuer of added) this.context.checkIssuer?.(issuer)
    this.checkUnique(added)
    checkOpaqueIssuers([...this.issuers, ...added])
    this.version += 1
    warnOfShadowMode(
      added.filter(({ shadow }) => shadow).map(({ name }) => `issuer ${name}`),
      this.context.audit,
    )
    for (const issuer of added) {
      this.issuers.add(issuer)
      for (const name of allNames(issuer)) this.names.add(name)
      if (issuer.issuerNames.length === 0) this.unnamed.add(issuer)
      for (const name of issuer.issuerNames) this.byIssuerName.set(name, issuer)
    }
  }

  remove(name: string): boolean {
    const named = this.byIssuerName.get(name)
    const removed = named === undefined ? [...this.issuers].filter((issuer) => isCalled(issuer, name)) : [named]
    for (const issuer of removed) this.forget(issuer)
    this.names = new Set([...this.issuers].flatMap(allNames))
    return removed.length > 0
  }

  find(issuerName: string): TrustedIssuer | Promise<TrustedIssuer> {
    const issuer = this.byIssuerName.get(issuerName)
    if (issuer !== undefined) return issuer
    if (this.unnamed.size === 0 || parsePrincipalName(issuerName)?.realm === undefined) throw untrusted()
    return this.findAmongUnnamed(issuerName)
  }

  /** Loads the issuers and registers the names they tell; a name that is taken is not given away. */
  async learn(some: readonly TrustedIssuer[]): Promise<Error | undefined> {
    const failures = await loadKeys(some)
    for (const issuer of this.unnamed) {
      if (issuer.issuerNames.length > 0) this.unnamed.delete(issuer)
      for (const name of issuer.issuerNames) {
        this.names.add(name)
        if (!this.byIssuerName.has(name)) this.byIssuerName.set(name, issuer)
      }
    }
    return failures[0]
  }

  private async findAmongUnnamed(issuerName: string): Promise<TrustedIssuer> {
    const failure = await this.learn([...this.unnamed])
    const learnt = this.byIssuerName.get(issuerName)
    if (learnt === undefined) throw failure ?? untrusted()
    return learnt
  }

  private forget(issuer: TrustedIssuer): void {
    this.version += 1
    this.issuers.delete(issuer)
    this.unnamed.delete(issuer)
    for (const [key, value] of this.byIssuerName) if (value === issuer) this.byIssuerName.delete(key)
    issuer.keys.close()
  }

  private checkUnique(added: readonly TrustedIssuer[]): void {
    const learnt = new Set([...this.unnamed].flatMap(allNames))
    const shared = added.flatMap(allNames).find((name) => this.names.has(name) || learnt.has(name))
    if (shared === undefined) return
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${shared} is configured twice among trustedIssuers; merge the two or rename one`,
    )
  }
}

function isCalled({ name, partOf = [] }: TrustedIssuer, called: string): boolean {
  return name === called || partOf.includes(called)
}

function allNames({ name, issuerNames, partOf = [] }: TrustedIssuer): readonly string[] {
  return [name, ...issuerNames, ...partOf]
}

function createIssuers(options: TrustedIssuerOptions, context: TrustContext): readonly TrustedIssuer[] {
  switch (options.type) {
    case 's2s-metadata':
      return [createS2SMetadataIssuer(options, context)]
    case 's2s-certificate':
      return [createS2SCertificateIssuer(options, context)]
    case 'openid':
      return [createOpenIdIssuer(options, context)]
    case 'static':
      return [createStaticIssuer(options, context)]
    case 'introspection':
      return [createIntrospectionIssuer(options, context)]
    case 'microsoft365':
      return createMicrosoft365Issuers(options, context)
  }
}

async function loadKeys(issuers: readonly TrustedIssuer[]): Promise<readonly Error[]> {
  const results = await Promise.allSettled(issuers.map(async (issuer) => issuer.keys.current()))
  return results.filter((result) => result.status === 'rejected').map((result) => result.reason as Error)
}

function untrusted(): TokenError {
  return new TokenError('ERR_S2S_ISSUER_UNTRUSTED', 'the issuer is not among trustedIssuers')
}
