import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { publicKeyToPem } from '../support/key-pairs.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { makeWorld, oauthAudience, self } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())
const resources = { 'GET /reports/:id': 'reports.read' } as const
const { publicKey } = oauth.keyPair('RS256')
const jwk = publicKey.export({ format: 'jwk' })
const [publishedJwk] = oauth.jwks().keys
const pem = publicKeyToPem(publicKey)
const pkcs1 = publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const ecKey = oauth.keyPair('ES256').publicKey

const notAllowed = { status: 401, code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED' } as const

/** What a library that takes the public key for an HMAC secret may use as bytes of that secret. */
const secrets: Readonly<Record<string, string | Buffer>> = {
  'the PEM': pem,
  'the PEM without its last line break': pem.trimEnd(),
  'the PEM with CRLF': pem.replaceAll('\n', '\r\n'),
  'the PEM behind a space': ` ${pem}`,
  'the PEM behind a line break': `\n${pem}`,
  'the PEM on one line': pem.replaceAll('\n', ''),
  'the base64 of the PEM without its frame': pem.replace(/-----.*-----|\n/g, ''),
  'the PKCS#1 PEM': pkcs1,
  'the PKCS#1 PEM without its last line break': pkcs1.trimEnd(),
  'the DER': publicKey.export({ type: 'spki', format: 'der' }),
  'the PKCS#1 DER': publicKey.export({ type: 'pkcs1', format: 'der' }),
  'the JWK': JSON.stringify(jwk),
  'the published JWK': JSON.stringify(publishedJwk),
  'the key set': JSON.stringify(oauth.jwks()),
  'the text of n': jwk.n ?? '',
  'the bytes of n': Buffer.from(jwk.n ?? '', 'base64url'),
  'the kid': 'RS256-0',
  'the PEM of the EC key': publicKeyToPem(ecKey),
  'the word of an object': '[object Object]',
  'the word of a KeyObject': '[object KeyObject]',
  'an empty secret': '',
  undefined: 'undefined',
  null: 'null',
  secret: 'secret',
}

const certificate = farm.certificate
const certificateSecrets: Readonly<Record<string, string | Buffer>> = {
  'the PEM': certificate.certificatePem,
  'the PEM with CRLF': certificate.certificatePem.replaceAll('\n', '\r\n'),
  'the DER': Buffer.from(certificate.derBase64, 'base64'),
  'the base64 of the DER': certificate.derBase64,
  'the PEM of its key': publicKeyToPem(certificate.publicKey),
  'the thumbprint': certificate.x5t,
  'an empty secret': '',
}

function hmacCases(): AttackCase[] {
  return Object.entries(secrets).flatMap(([name, key]) =>
    ['HS256', 'HS384', 'HS512'].map((alg) => ({
      name: `row 13: ${alg} with ${name} as its secret`,
      token: forgedJwt({ header: { alg, kid: 'RS256-0', typ: 'at+jwt' }, claims, algorithm: alg, key }),
      ...notAllowed,
    })),
  )
}

describeAttack('an HMAC with the public key of an OAuth issuer', { s2s: options, resources }, hmacCases())

/** The same issuer, its key given in the form that a library might hold as text. */
for (const [form, key] of Object.entries({
  pem: { pem },
  'a pem behind line breaks': { pem: `\r\n\n${pem}` },
  jwk: { jwk },
})) {
  const trustedIssuers = [{ type: 'static', issuer: oauth.issuer, ...key }] as const
  describeAttack(
    `an HMAC with the public key of an issuer configured by ${form}`,
    { s2s: { audience: oauthAudience, clock: fixedClock, trustedIssuers }, resources },
    hmacCases().filter(({ name }) => name.includes('HS256')),
  )
}

describeAttack('an HMAC with the certificate of a farm', { s2s: { ...options, self }, resources }, [
  ...Object.entries(certificateSecrets).flatMap(([name, key]) =>
    ['HS256', 'HS512'].map((alg) => ({
      name: `row 13: ${alg} with ${name} as its secret`,
      token: forgedJwt({ header: { alg, typ: 'JWT', x5t: certificate.x5t }, claims: farmClaims, algorithm: alg, key }),
      ...notAllowed,
    })),
  ),
])

describeAttack('an HMAC whose name hides in another', { s2s: options, resources }, [
  ...['hs256', 'HS256 ', 'HMAC-SHA256', 'HS256/64'].map((alg) => ({
    name: `row 13: alg ${alg}`,
    token: forgedJwt({ header: { alg, kid: 'RS256-0' }, claims, algorithm: 'HS256', key: pem }),
    ...notAllowed,
  })),
  {
    name: 'row 13: RS256 with an HMAC for its signature',
    token: forgedJwt({ header: { alg: 'RS256', kid: 'RS256-0' }, claims, algorithm: 'HS256', key: pem }),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
])
