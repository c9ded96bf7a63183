import { SignJWT } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import type { S2S } from 'passport-s2s'
import { documentAudience, documentRealm, documentServiceId } from './document-service.ts'
import { reportRealm, reportServerId } from './report-server.ts'
import type { StoryClock } from './story-clock.ts'

/** Tokens that `s2s.client()` would never make, to show what becomes of them. */
export interface HandmadeTokens {
  /** Signed by the report server: names an application, for any host. */
  appOnly(application: string, host: string): Promise<string>
  /** What an attacker would send: a token that says it is the report server, without any signature. */
  unsigned(host: string): string
  /** Of an OAuth issuer whose keys nobody can fetch. */
  partner(issuer: string): Promise<string>
}

/** Makes tokens with the report server's key of now. */
export function createHandmadeTokens(reportS2S: S2S, clock: StoryClock): HandmadeTokens {
  const issuer = `${reportServerId}@${reportRealm}`
  const audienceOf = (host: string): string => `${documentServiceId}/${host}@${documentRealm}`
  const dates = (): { nbf: number; exp: number } => ({
    nbf: Math.floor(clock.now()) - 60,
    exp: Math.floor(clock.now()) + 3600,
  })
  return {
    appOnly: (application, host) => {
      const { x5t, privateKey } = reportS2S.signingKeys().current()
      return new SignJWT({
        ...dates(),
        aud: audienceOf(host),
        iss: issuer,
        nameid: `${application}@${reportRealm}`,
      })
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t })
        .sign(privateKey)
    },
    unsigned: (host) => {
      const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
      return `${encode({ typ: 'JWT', alg: 'none' })}.${encode({ ...dates(), aud: audienceOf(host), iss: issuer, nameid: issuer })}.`
    },
    partner: signPartnerToken,
  }
}

function signPartnerToken(issuer: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return new SignJWT({ client_id: 'partner', scope: 'documents.read' })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'RS256', kid: 'partner' })
    .setIssuer(issuer)
    .setSubject('partner')
    .setAudience(documentAudience)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey)
}
