import { publicKeyToPem } from '../test-key-pair.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'

const common = {
  family: 'algorithm-confusion',
  cve: 'CVE-2016-10555',
  reason: 'a public key, which everybody has, is used as the secret of an HMAC because the token says HS256',
} as const

type Secrets = Readonly<Record<string, string | Buffer>>

/** What a library that takes the public key for an HMAC secret may use as bytes of that secret. */
function secretsOf({ issuer: { keys, jwks } }: OAuthSetup): Secrets {
  const { publicKey, kid } = keys.RS256
  const jwk = publicKey.export({ format: 'jwk' })
  const [publishedJwk] = jwks().keys
  const pem = publicKeyToPem(publicKey)
  const pkcs1 = publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  return {
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
    'the key set': JSON.stringify(jwks()),
    'the text of n': String(jwk.n),
    'the bytes of n': Buffer.from(String(jwk.n), 'base64url'),
    'the kid': kid,
    'the PEM of the EC key': publicKeyToPem(keys.ES256.publicKey),
    'the word of an object': '[object Object]',
    'the word of a KeyObject': '[object KeyObject]',
    'an empty secret': '',
    undefined: 'undefined',
    null: 'null',
    secret: 'secret',
  }
}

/** For OAuth issuers. */
export const algorithmConfusion: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => {
    const { forge, issuer, header, claims, sign } = setup
    const byPem = { algorithm: 'HS256', key: publicKeyToPem(issuer.keys.RS256.publicKey) }
    return [
      ...Object.entries(secretsOf(setup)).flatMap(([name, key]) =>
        ['HS256', 'HS384', 'HS512'].map((alg): AttackRow => [
          `${alg} with ${name} as its secret`,
          forge({ header: { alg }, algorithm: alg, key }),
          notAllowed,
        ]),
      ),
      ...['hs256', 'HS256 ', 'HMAC-SHA256', 'HS256/64'].map((alg): AttackRow => [
        `alg ${alg}`,
        sign({ alg, kid: header['kid'] }, claims, byPem),
        notAllowed,
      ]),
      ['RS256 with an HMAC for its signature', forge({ ...byPem }), 'ERR_S2S_SIGNATURE_INVALID'],
    ]
  },
}

/** The same for what is known of a certificate. */
export function certificateSecrets({ certificate }: S2SSetup): Secrets {
  const { certificatePem, derBase64, publicKey, x5t } = certificate
  return {
    'the PEM': certificatePem,
    'the PEM without its last line break': certificatePem.trimEnd(),
    'the PEM with CRLF': certificatePem.replaceAll('\n', '\r\n'),
    'the DER': Buffer.from(derBase64, 'base64'),
    'the base64 of the DER': derBase64,
    'the PEM of its key': publicKeyToPem(publicKey),
    'the DER of its key': publicKey.export({ type: 'spki', format: 'der' }),
    'the PKCS#1 PEM of its key': publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'the thumbprint': x5t,
    'the bytes of the thumbprint': Buffer.from(x5t, 'base64url'),
    'an empty secret': '',
  }
}

/** For S2S issuers. */
export const algorithmConfusionS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: (setup) =>
    Object.entries(certificateSecrets(setup)).flatMap(([name, key]) =>
      ['HS256', 'HS512'].map((alg): AttackRow => [
        `${alg} with ${name} as its secret`,
        setup.forgeApp({ header: { alg }, algorithm: alg, key }),
        notAllowed,
      ]),
    ),
}
