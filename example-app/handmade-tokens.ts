import { SignJWT } from 'jose'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { S2S } from 'passport-s2s'
import { documentAudience, documentRealm, documentServiceId } from './document-service.ts'
import { dana } from './people.ts'
import { archiveJobId, reportRealm, reportServerId } from './report-server.ts'
import type { StoryClock } from './story-clock.ts'

/** Tokens that `s2s.client()` would never make, to show what becomes of them. `host` is the server they are for. */
export interface HandmadeTokens {
  /** Signed by the report server: names an application, for any host. */
  appOnly(application: string, host: string): Promise<string>
  /** As `appOnly` of the report server, but its hour is over. */
  expired(host: string): Promise<string>
  /** Signed by the report server, but names an application of a realm that is not its own (CVE-2025-55241). */
  otherRealm(host: string): Promise<string>
  /** Says that the report server's key signed it, but an attacker's did. */
  forged(host: string): Promise<string>
  /** The report server's own token, wrapped by the archive job: it names Dana. */
  swapped(host: string): Promise<string>
  /** What an attacker would send: a token that says it is the report server, without any signature. */
  unsigned(host: string): string
  /** Of an OAuth issuer whose keys nobody can fetch. */
  partner(issuer: string): Promise<string>
}

interface Changes {
  readonly claims?: object
  readonly key?: KeyObject
}

/** Makes tokens with the report server's key of now. */
export function createHandmadeTokens(reportS2S: S2S, clock: StoryClock): HandmadeTokens {
  const nameOf = (application: string): string => `${application}@${reportRealm}`
  const audienceOf = (host: string): string => `${documentServiceId}/${host}@${documentRealm}`
  const dates = (age = 60): { nbf: number; exp: number } => {
    const nbf = Math.floor(clock.now()) - age
    return { nbf, exp: nbf + 3600 }
  }
  const claimsOf = (application: string, host: string): object => ({
    ...dates(),
    aud: audienceOf(host),
    iss: nameOf(reportServerId),
    nameid: nameOf(application),
  })
  const sign = (application: string, host: string, { claims, key }: Changes = {}): Promise<string> => {
    const { x5t, privateKey } = reportS2S.signingKeys().current()
    return new SignJWT({ ...claimsOf(application, host), ...claims })
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t })
      .sign(key ?? privateKey)
  }
  return {
    appOnly: (application, host) => sign(application, host),
    expired: (host) => sign(reportServerId, host, { claims: dates(7200) }),
    otherRealm: (host) => sign(reportServerId, host, { claims: { nameid: `${reportServerId}@${documentRealm}` } }),
    forged: (host) => sign(reportServerId, host, { key: makeKey() }),
    swapped: async (host) => {
      const actortoken = await sign(reportServerId, host, { claims: { trustedfordelegation: 'true' } })
      return withoutSignature({ ...dates(), aud: audienceOf(host), iss: nameOf(archiveJobId), ...dana, actortoken })
    },
    unsigned: (host) => withoutSignature(claimsOf(reportServerId, host)),
    partner: signPartnerToken,
  }
}

function withoutSignature(claims: object): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ typ: 'JWT', alg: 'none' })}.${encode(claims)}.`
}

function makeKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function signPartnerToken(issuer: string): Promise<string> {
  return new SignJWT({ client_id: 'partner', scope: 'documents.read' })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'RS256', kid: 'partner' })
    .setIssuer(issuer)
    .setSubject('partner')
    .setAudience(documentAudience)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(makeKey())
}
