import { SignJWT } from 'jose'
import type { OwnCertificate } from './certificates.ts'
import { serveHttps, type RunningServer } from './serve.ts'

/** The realm both servers live in. */
export const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
/** The id of the report server, which signs for itself and for the archive job beside it. */
export const reportServerId = '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605'
/** An application the report server vouches for, which was granted nothing. */
export const archiveJobId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'

/** The requesting server: it publishes its metadata and makes its own tokens. */
export interface ReportServer extends RunningServer {
  readonly metadataEndpoint: string
  /** A token that names only the application. */
  appOnlyToken(audience: string, application?: string): Promise<string>
  /** An unsigned token that names a user, around a signed actor token that names the application. */
  userToken(audience: string, userPrincipalName: string): Promise<string>
  /** What an attacker would send: the same, without any signature. */
  unsignedToken(audience: string): string
}

const issuer = `${reportServerId}@${realm}`
const metadataPath = '/_layouts/15/metadata/json/1'

/** Starts the report server. */
export async function startReportServer(certificate: OwnCertificate): Promise<ReportServer> {
  const metadata = JSON.stringify({
    issuer,
    name: 'Report server',
    serviceName: reportServerId,
    keys: [{ usage: 'Signing', keyValue: { type: 'x509certificate', value: certificate.derBase64 } }],
  })
  const server = await serveHttps(certificate, (request, response) => {
    const isMetadata = request.url === metadataPath
    response.writeHead(isMetadata ? 200 : 404, { 'content-type': 'application/json' })
    response.end(isMetadata ? metadata : '{}')
  })

  function sign(claims: Record<string, unknown>): Promise<string> {
    return new SignJWT({ ...dates(), ...claims })
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: certificate.x5t })
      .sign(certificate.privateKey)
  }

  return {
    ...server,
    metadataEndpoint: `${server.url}${metadataPath}`,
    appOnlyToken: (audience, application = reportServerId) =>
      sign({ aud: audience, iss: issuer, nameid: `${application}@${realm}` }),
    userToken: async (audience, userPrincipalName) => {
      const actortoken = await sign({ aud: audience, iss: issuer, nameid: issuer, trustedfordelegation: 'true' })
      return unsigned({
        aud: audience,
        iss: issuer,
        upn: userPrincipalName,
        nii: 'urn:office:idp:activedirectory',
        actortoken,
      })
    },
    unsignedToken: (audience) => unsigned({ aud: audience, iss: issuer, nameid: issuer }),
  }
}

function dates(): { nbf: number; exp: number } {
  const now = Math.floor(Date.now() / 1000)
  return { nbf: now - 60, exp: now + 3600 }
}

function unsigned(claims: Record<string, unknown>): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ typ: 'JWT', alg: 'none' })}.${encode({ ...dates(), ...claims })}.`
}
