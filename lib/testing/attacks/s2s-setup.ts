import { compact, forgeToken, type TokenPart } from '../forge-token.ts'
import { dana, type S2STestIssuer } from '../s2s-test-issuer.ts'
import type { TestCertificate } from '../test-certificate.ts'
import type { Members, TokenChanges } from '../token-changes.ts'
import type { CommonSetup } from './oauth-setup.ts'

/** What differs in a forged outer token. */
export interface OuterChanges {
  readonly header?: Members
  readonly claims?: Members
  /** Default: empty. */
  readonly signature?: string
}

/** What attacks on an S2S issuer have at hand: the honest pair taken apart. */
export interface S2SSetup extends CommonSetup {
  readonly issuer: S2STestIssuer
  readonly certificate: TestCertificate
  readonly actorHeader: Members
  /** Claims of the honest actor token. */
  readonly actorClaims: Members
  /** The same without `trustedfordelegation`: the application on its own. */
  readonly appClaims: Members
  /** Claims of the honest outer token, with the actor token inside. */
  readonly outerClaims: Members
  readonly actorToken: string
  /** The parts of the audience. */
  readonly audience: string
  readonly clientId: string
  readonly host: string
  readonly realm: string
  /** The actor token with something changed, really signed. */
  forgeActor(this: void, changes?: TokenChanges): string
  /** The actor token without `trustedfordelegation`, with something changed, really signed. */
  forgeApp(this: void, changes?: TokenChanges): string
  /** The header of the application's own token around any claims, really signed. */
  forgeAppText(this: void, claims: TokenPart): string
  /** The outer token with something changed. */
  forgeOuter(this: void, changes?: OuterChanges): string
  /** The honest outer token around whatever is given. */
  wrap(this: void, actortoken: unknown): string
  /** An unsigned token of any claims. */
  unsigned(this: void, claims: TokenPart): string
}

/** A realm that is nobody's. */
export const otherRealm = '0f6b6a4e-5d1e-4a4e-9c5a-6f2c3e8d7b10'

/** Takes the honest tokens of the issuer apart. */
export function createS2SSetup(common: CommonSetup, issuer: S2STestIssuer): S2SSetup {
  const { certificate, audience, applicationName } = issuer
  const [clientId = '', rest = ''] = audience.split('/')
  const [host = '', realm = ''] = rest.split('@')
  const header = { typ: 'JWT', alg: 'RS256', x5t: certificate.x5t }
  const dates = { nbf: String(common.now - 600), exp: String(common.now + 3000) }
  const appClaims = { aud: audience, ...dates, iss: issuer.issuer, nameid: applicationName }
  // The algorithm of the header stands unless it is changed there: the signature may be another.
  const fixed = (changes: TokenChanges): TokenChanges => ({
    ...changes,
    header: { alg: 'RS256', ...changes.header },
    claims: { ...dates, ...changes.claims },
  })
  const forgeActor = (changes: TokenChanges = {}): string => issuer.actorToken(fixed(changes))
  const actorToken = forgeActor()
  const outerClaims = { aud: audience, ...dates, iss: applicationName, ...dana, actortoken: actorToken }
  const forgeOuter = ({ header, claims, signature }: OuterChanges = {}): string =>
    compact({ typ: 'JWT', alg: 'none', ...header }, { ...outerClaims, ...claims }, signature)
  return {
    ...common,
    issuer,
    certificate,
    audience,
    ...{ clientId, host, realm },
    actorHeader: header,
    actorClaims: { ...appClaims, trustedfordelegation: 'true' },
    appClaims,
    outerClaims,
    actorToken,
    forgeActor,
    forgeApp: (changes = {}) => issuer.appToken(fixed(changes)),
    forgeAppText: (claims) => forgeToken({ header, claims, algorithm: 'RS256', key: certificate.privateKey }),
    forgeOuter,
    wrap: (actortoken) => forgeOuter({ claims: { actortoken } }),
    unsigned: (claims) => compact({ typ: 'JWT', alg: 'none' }, claims),
  }
}
