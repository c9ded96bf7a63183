import { makeCertificate, type TestCertificate } from './certificates.ts'
import type { Clock } from '../../lib/foundation/clock.ts'
import { compact, signedJwt } from './tokens.ts'

/** An S2S farm: a server that signs actor tokens with the key of its certificate, as SharePoint and its clients do. */
export interface FarmOptions {
  readonly realm: string
  /** The application that calls. */
  readonly clientId: string
  /** Who signs. The same as `clientId` for a self-issuer, another id for a trust broker. */
  readonly issuerId: string
  /** `clientId/host@realm` of the server that is called. */
  readonly audience: string
  /** Tokens are valid from ten minutes before to fifty minutes after this clock's time. */
  readonly clock: Clock
  /** Default: a new RSA 2048 certificate. */
  readonly certificate?: TestCertificate
}

/** Claims that replace the usual ones; `undefined` takes a claim out. */
export type Claims = Readonly<Record<string, unknown>>

export interface Farm {
  /** `issuerId@realm`, the registered issuer name. */
  readonly issuerName: string
  /** `clientId@realm`. */
  readonly applicationName: string
  readonly certificate: TestCertificate
  /** A signed token that names the application and says it is trusted for delegation; dates are texts. */
  actorToken(claims?: Claims): Promise<string>
  /** The same without `trustedfordelegation`: the application on its own. */
  appOnlyToken(claims?: Claims): Promise<string>
  /** An unsigned token that names a user, around an actor token. Give `nameid`, `upn`... of the user. */
  userToken(user: Claims, actorToken?: string): Promise<string>
  /** The metadata document, in the spelling that is named. */
  metadata(spelling: 'exchange' | 'acs' | 'sharepoint'): object
}

/** Makes a farm with its own certificate. */
export async function makeFarm(options: FarmOptions): Promise<Farm> {
  const certificate = options.certificate ?? (await makeCertificate({ commonName: 'Spec Farm' }))
  const issuerName = `${options.issuerId}@${options.realm}`
  const applicationName = `${options.clientId}@${options.realm}`
  const base = (): Claims => ({ aud: options.audience, ...datesAround(options.clock) })
  const appOnlyToken = (claims: Claims = {}): Promise<string> =>
    signedJwt({
      header: { typ: 'JWT', x5t: certificate.x5t },
      claims: { ...base(), iss: issuerName, nameid: applicationName, ...claims },
      algorithm: 'RS256',
      key: certificate.privateKey,
    })
  const actorToken = (claims: Claims = {}): Promise<string> => appOnlyToken({ trustedfordelegation: 'true', ...claims })
  return {
    issuerName,
    applicationName,
    certificate,
    actorToken,
    appOnlyToken,
    userToken: async (user, given) => {
      const actortoken = given ?? (await actorToken())
      return compact({ typ: 'JWT', alg: 'none' }, { ...base(), iss: applicationName, ...user, actortoken })
    },
    metadata: (spelling) => buildMetadata(spelling, options, certificate),
  }
}

function datesAround(clock: Clock): Claims {
  const now = Math.floor(clock())
  return { nbf: String(now - 600), exp: String(now + 3000) }
}

function buildMetadata(
  spelling: 'exchange' | 'acs' | 'sharepoint',
  { realm, issuerId }: FarmOptions,
  { derBase64, x5t }: TestCertificate,
): object {
  const issuer = `${issuerId}@${realm}`
  if (spelling === 'sharepoint') {
    const keys = [{ keyValue: { type: 'x509certificate', value: derBase64 }, usage: 'Signing' }]
    return { issuer, keys, name: 'SharePoint', serviceName: issuerId }
  }
  const common = { version: '1.0', name: 'Spec Farm', realm, serviceName: issuerId, issuer, allowedAudiences: [issuer] }
  const value = { type: 'x509Certificate', value: derBase64 }
  if (spelling === 'acs') return { ...common, keys: [{ usage: 'signing', keyValue: value }] }
  return { ...common, keys: [{ usage: 'signing', keyinfo: { x5t }, keyvalue: value }] }
}
