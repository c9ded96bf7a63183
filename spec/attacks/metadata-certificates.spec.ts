import { makeCertificate } from '../support/certificates.ts'
import { describeMetadataAttack, type AttackPlace, type MetadataCase } from '../support/metadata-attack.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'

const bad = await makeCertificate({ commonName: 'Bad' })
const weak = await makeCertificate({ commonName: 'Weak', keyType: 'rsa1024' })
const other = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })

const asKey = (value: unknown, more: object = {}): object => ({
  usage: 'signing',
  keyvalue: { type: 'x509Certificate', value },
  ...more,
})

/** Keys of a document that must not be used, and who would sign with them. */
const keys: Readonly<Record<string, readonly [key: unknown, signer: typeof bad]>> = {
  'a certificate under the thumbprint of another': [asKey(bad.derBase64, { keyinfo: { x5t: other.x5t } }), bad],
  'a certificate under a thumbprint that is none': [asKey(bad.derBase64, { keyinfo: { x5t: '' } }), bad],
  'half a certificate': [asKey(bad.derBase64.slice(0, 400)), bad],
  'a certificate and more behind it': [asKey(`${bad.derBase64}${other.derBase64}`), bad],
  'what is no base64': [asKey('!'), bad],
  'a certificate in a list': [asKey([bad.derBase64]), bad],
  'a key of another type': [{ usage: 'signing', keyvalue: { type: 'symmetric', value: bad.derBase64 } }, bad],
  'a key without type': [{ usage: 'signing', keyvalue: { value: bad.derBase64 } }, bad],
  'RSA 1024': [asKey(weak.derBase64), weak],
  'an address where the certificate would be': [asKey('https://localhost/certificate'), bad],
}

function signedBy({ x5t, privateKey }: typeof bad): NonNullable<MetadataCase['token']> {
  return async ({ farm }) =>
    forgedJwt({
      header: { typ: 'JWT', alg: 'RS256', x5t },
      claims: readClaims(await farm.appOnlyToken()),
      algorithm: 'RS256',
      key: privateKey,
    })
}

function documentWith({ farm }: AttackPlace, added: unknown, isAlone: boolean): object {
  const document = farm.metadata('exchange') as { readonly keys: readonly object[] }
  return { ...document, keys: isAlone ? [added] : [added, ...document.keys] }
}

describeMetadataAttack(
  'metadata with certificates that are none',
  Object.entries(keys).flatMap(([name, [key, signer]]): MetadataCase[] => [
    {
      name: `row 78: ${name}, alone`,
      metadata: (place) => documentWith(place, key, true),
    },
    {
      name: `row 78: ${name}, as signer beside a good one`,
      metadata: (place) => documentWith(place, key, false),
      token: signedBy(signer),
      status: 401,
      code: 'ERR_S2S_KEY_UNKNOWN',
    },
    {
      name: `row 78: the good one beside ${name}`,
      metadata: (place) => documentWith(place, key, false),
      status: 200,
    },
  ]),
)
