import { makeKeyPair } from '../support/key-pairs.ts'
import { certificate, changed, describeFaults, farm, login, oauth, parts } from '../support/faulty-tokens.ts'
import { NOW } from '../support/clock.ts'
import { flipSignatureBit, readClaims, signText, signedJwt } from '../support/tokens.ts'
import { makeCertificate } from '../support/certificates.ts'

const expired = await makeCertificate({ commonName: 'Old Farm', days: 30 })
const future = await makeCertificate({ commonName: 'New Farm', notBefore: NOW + 3 * 3600 })
const former = await makeCertificate({ commonName: 'Former' })
const formerPair = makeKeyPair('ec256')
const usual = await login.token()

describeFaults('keys and signatures', [
  {
    name: 'missing kid where the issuer has several keys',
    token: () => oauth({}, { header: { kid: undefined } }),
    options: changed('login', {
      jwks: { keys: [...login.jwks().keys, { ...formerPair.publicKey.export({ format: 'jwk' }), kid: 'more' }] },
    }),
    kind: 'kid-missing',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names no key ("kid" is missing), and login has 2 for ES256. Fix: have the issuer write "kid" into the header of its tokens.',
  },
  {
    name: 'missing x5t',
    token: () => parts.forgeActor({ header: { x5t: undefined } }),
    kind: 'x5t-missing',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names no key ("x5t" is missing). Fix: have the issuer write "x5t" into the header of its tokens.',
  },
  {
    name: 'key that the issuer does not have',
    token: () => oauth({}, { header: { kid: 'ES256-7' } }),
    kind: 'key-unknown',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "ES256-7", which is not configured for login (configured are ES256-0, RS256-0). Fix: configure the key that the issuer signs with now.',
  },
  {
    name: 'previous certificate that was withdrawn',
    token: () => parts.forgeActor({ header: { x5t: former.x5t }, key: former.privateKey }),
    context: {
      formerKeys: [
        { issuer: 'login', key: former.certificatePem },
        { issuer: 'farm', key: former.certificatePem, withdrawnAt: NOW - 7200 },
      ],
    },
    kind: 'key-withdrawn',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the token is signed by a previous certificate of farm, withdrawn 2 hours ago. Fix: get a new token, which the issuer signs with its present key.',
  },
  {
    name: 'previous JWK that was withdrawn',
    token: () =>
      signedJwt({
        header: { typ: 'at+jwt', kid: 'ES256-old' },
        claims: readClaims(usual),
        algorithm: 'ES256',
        key: formerPair.privateKey,
      }),
    context: {
      formerKeys: [
        { issuer: 'login', key: 'no certificate' },
        { issuer: 'login', key: { ...formerPair.publicKey.export({ format: 'jwk' }), kid: 'ES256-old' } },
      ],
    },
    kind: 'key-withdrawn',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the token is signed by a previous key of login, withdrawn. Fix: get a new token, which the issuer signs with its present key.',
  },
  {
    name: 'token that names a previous certificate and is not signed with it',
    token: () => parts.forgeActor({ header: { x5t: former.x5t } }),
    context: { formerKeys: [{ issuer: 'farm', key: former.certificatePem }] },
    kind: 'signature-invalid',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names a previous certificate of farm, withdrawn, and the token is not signed with it. Fix: send exactly the text that the issuer gave.',
  },
  {
    name: 'expired certificate',
    token: () => parts.forgeActor({ header: { x5t: expired.x5t }, key: expired.privateKey }),
    options: changed('farm', { certificates: [certificate.certificatePem, expired.certificatePem] }),
    kind: 'certificate-expired',
    line: 'Refused (ERR_S2S_KEY_UNUSABLE): the certificate <x5t> of farm that the header names expired 2527 days ago (2020-01-31T00:00:00Z). Fix: have the issuer renew its certificate, and configure the new one where certificates are configured here.',
  },
  {
    name: 'certificate that is not valid yet',
    token: () => parts.forgeActor({ header: { x5t: future.x5t }, key: future.privateKey }),
    options: changed('farm', { certificates: [certificate.certificatePem, future.certificatePem] }),
    kind: 'certificate-not-yet-valid',
    line: 'Refused (ERR_S2S_KEY_UNUSABLE): the certificate <x5t> of farm that the header names is valid only from 2027-01-01T03:30:00Z, in 3 hours. Fix: wait until it is valid, or set the clock of this server by NTP.',
  },
  {
    name: 'token that was changed',
    token: async () => flipSignatureBit(await oauth()),
    kind: 'signature-invalid',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the signature was not made with the key of login that fits the header: the token was changed, or another key has the same name. Fix: send exactly the text that the issuer gave; have the issuer give each of its keys a name of its own.',
  },
  {
    name: 'signature that was cut off',
    token: async () => cutOff(await farm.appOnlyToken()),
    kind: 'truncated',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the signature has 226 bytes instead of 256: the token is cut off. Fix: send exactly the text that the issuer gave.',
  },
  {
    name: 'signature with something at its end',
    token: async () => `${await farm.appOnlyToken()}AAAA`,
    kind: 'truncated',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the signature has 259 bytes instead of 256: the token has something at its end. Fix: send exactly the text that the issuer gave.',
  },
  {
    name: 'signature that is missing',
    token: async () => (await oauth()).replace(/[^.]*$/, ''),
    kind: 'signature-missing',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the signature is missing. Fix: send exactly the text that the issuer gave.',
  },
  {
    name: 'signature in DER',
    token: async () => derSigned(await oauth()),
    kind: 'signature-der',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the signature is written as DER, and JWS wants the two numbers side by side. Fix: have the issuer write it as RFC 7518 section 3.4 says (ieee-p1363).',
  },
])

function derSigned(token: string): string {
  const input = token.slice(0, token.lastIndexOf('.'))
  return `${input}.${signText(input, 'RS256', login.keyPair('ES256').privateKey).toString('base64url')}`
}

/** Without the last thirty bytes of its signature. */
function cutOff(token: string): string {
  const end = token.lastIndexOf('.') + 1
  return token.slice(0, end) + Buffer.from(token.slice(end), 'base64url').subarray(0, 226).toString('base64url')
}
