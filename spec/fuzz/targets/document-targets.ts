import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { UnavailableError } from '../../../lib/foundation/errors.ts'
import { parseJsonObject } from '../../../lib/foundation/parse-json.ts'
import { parseCertificate, type Certificate } from '../../../lib/keys/certificate.ts'
import { parseJwks } from '../../../lib/keys/jwks-key-set.ts'
import { parseOpenIdMetadata } from '../../../lib/metadata/openid-metadata.ts'
import { parseS2SMetadata } from '../../../lib/metadata/s2s-metadata.ts'
import { readGenuineActorToken, readSharePointMetadata, readWorkedExample } from '../../support/vectors.ts'
import { accepted, answerOf, type Target } from '../engine/target.ts'
import { fixedEd25519, fixedP256 } from '../world/fixed-keys.ts'
import { documentMutation } from '../world/mutate-documents.ts'

const example = readWorkedExample()
const genuine = readGenuineActorToken()
const edwards = fixedEd25519('jwks').jwk
const curve = fixedP256('jwks').jwk
const rsa = new X509Certificate(Buffer.from(example.certificate, 'base64')).publicKey.export({ format: 'jwk' })

const jwkNames = ['keys', 'kty', 'n', 'e', 'crv', 'x', 'y', 'd', 'k', 'kid', 'alg', 'use', 'key_ops', 'x5c', 'issuer']
const jwkValues = [
  ...[
    'RSA',
    'EC',
    'OKP',
    'oct',
    'P-256',
    'P-384',
    'secp256k1',
    'Ed25519',
    'Ed448',
    'X25519',
    'sig',
    'enc',
    'AQAB',
    'AQ',
  ],
  ...['RS256', 'ES256', 'EdDSA', 'HS256', edwards.x ?? '', curve.x ?? '', rsa.n ?? ''],
]

/** `parseJwks`: only strong public keys come out, each for the algorithms of its kind. */
export const jwksTarget: Target = {
  name: 'jwks',
  weight: 2,
  seeds: [
    JSON.stringify({ keys: [{ ...edwards, kid: 'a', alg: 'EdDSA', use: 'sig' }] }),
    JSON.stringify({
      keys: [
        { ...curve, kid: 'a', key_ops: ['verify'] },
        { ...rsa, kid: 'b', use: 'sig' },
        { kty: 'oct', k: 'AA' },
      ],
    }),
    JSON.stringify({ keys: [] }),
    JSON.stringify({ keys: Array.from({ length: 257 }, () => ({})) }),
  ],
  words: [...jwkNames, ...jwkValues],
  mutate: documentMutation({ names: jwkNames, values: jwkValues }),
  start: () => ({
    execute: (input) =>
      answerOf([SyntaxError, UnavailableError], () => {
        const { keys, ignored } = parseJwks(parseJsonObject(input))
        const value = keys.map(({ key, algorithms, ...named }) => ({
          ...named,
          ...describeKey(key),
          algorithms: [...algorithms],
        }))
        return accepted(
          value
            .map(({ kind }) => kind)
            .slice(0, 3)
            .join(),
          { value, ignored },
        )
      }),
    contradiction: (_input, { accepted: isAccepted, value: read }) => {
      if (!isAccepted) return undefined
      const { value } = read as { value: (ReturnType<typeof describeKey> & { algorithms: readonly string[] })[] }
      return value.length <= 256
        ? value.map((key) => weaknessOf(key, key.algorithms)).find((problem) => problem !== undefined)
        : 'too many'
    },
  }),
}

interface KeyDescription {
  readonly kind: string
  readonly isPublic: boolean
  readonly bits: number
  readonly exponent: bigint
  readonly spki: string
}

function describeKey(key: KeyObject): KeyDescription {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  const kind = namedCurve ?? key.asymmetricKeyType ?? 'none'
  const spki = key.export({ type: 'spki', format: 'der' }).toString('base64')
  return { kind, isPublic: key.type === 'public', bits: modulusLength, exponent: publicExponent, spki }
}

const familyOf: Readonly<Record<string, RegExp>> = {
  rsa: /^[RP]S(?:256|384|512)$/,
  prime256v1: /^ES256$/,
  secp384r1: /^ES384$/,
  secp521r1: /^ES512$/,
  ed25519: /^Ed(?:DSA|25519)$/,
}

function weaknessOf(
  { kind, isPublic, bits, exponent }: KeyDescription,
  algorithms: readonly string[],
): string | undefined {
  const family = familyOf[kind]
  if (!isPublic || family === undefined) return `a key of the kind ${kind}`
  if (algorithms.length === 0 || !algorithms.every((algorithm) => family.test(algorithm)))
    return 'an algorithm of another kind'
  const isWeak = kind === 'rsa' && (bits < 2048 || exponent < 65_537n || exponent % 2n === 0n)
  return isWeak ? 'a weak RSA key' : undefined
}

const issuer = 'https://login.example.com/tenant'

/** `parseOpenIdMetadata`: the issuer to the letter, and an https address of its keys. */
export const openIdMetadataTarget: Target = {
  name: 'openid-metadata',
  weight: 5,
  seeds: [
    JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }),
    JSON.stringify({
      issuer,
      jwks_uri: 'https://keys.example.com:8443/x?y=z',
      cloud_instance_name: 'microsoftonline.com',
    }),
    JSON.stringify({ issuer: `${issuer}/`, jwks_uri: 'http://login.example.com/jwks' }),
  ],
  words: [
    issuer,
    'https://',
    'http://',
    'https:\\\\',
    'user:password@',
    'file:///etc/passwd',
    'data:,{}',
    '169.254.169.254',
    '[::1]',
  ],
  mutate: documentMutation({
    names: ['issuer', 'jwks_uri', 'cloud_instance_name'],
    values: [issuer, 'https://a', 'http://a'],
  }),
  start: () => ({
    execute: (input) =>
      answerOf([SyntaxError, UnavailableError], () => {
        const metadata = parseOpenIdMetadata(parseJsonObject(input), issuer)
        return accepted(Object.keys(metadata).join(), metadata)
      }),
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      const document = JSON.parse(input) as Record<string, unknown>
      const { jwksUri } = value as { jwksUri: string }
      const { protocol, username, password } = new URL(jwksUri)
      if (document['issuer'] !== issuer || document['jwks_uri'] !== jwksUri) return 'says what the document does not'
      return protocol === 'https:' && username === '' && password === '' ? undefined : `keys from ${protocol}`
    },
  }),
}

const metadataNames = [
  'issuer',
  'realm',
  'name',
  'keys',
  'usage',
  'keyValue',
  'keyvalue',
  'keyinfo',
  'x5t',
  'type',
  'value',
  'KEYS',
]

/** `parseS2SMetadata`: only signing certificates that are in the document, with strong keys. */
export const s2sMetadataTarget: Target = {
  name: 's2s-metadata',
  weight: 2,
  seeds: [
    readSharePointMetadata(),
    JSON.stringify({
      ...{ issuer: example.issuer, realm: example.realm, name: 'Farm' },
      keys: [
        {
          usage: 'signing',
          keyinfo: { x5t: example.x5t },
          keyvalue: { type: 'x509Certificate', value: example.certificate },
        },
      ],
    }),
    JSON.stringify({
      issuer: 'a@*',
      keys: [{ usage: 'Signing', keyValue: { type: 'x509certificate', value: 'AAAA' } }],
    }),
  ],
  words: [...metadataNames, '@*', example.realm, example.x5t],
  mutate: documentMutation({
    names: metadataNames,
    values: [
      'signing',
      'Signing',
      'encryption',
      'x509certificate',
      example.x5t,
      example.certificate,
      'a@b',
      example.realm,
    ],
  }),
  start: () => ({
    execute: (input) =>
      answerOf([SyntaxError, UnavailableError], () => {
        const { certificates, ...others } = parseS2SMetadata(parseJsonObject(input))
        return accepted(`${certificates.length}`, { ...others, certificates: certificates.map(describeCertificate) })
      }),
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      const {
        certificates,
        issuer: name,
        realm,
      } = value as { certificates: CertificateDescription[]; issuer: string; realm: string }
      if (name.slice(name.indexOf('@') + 1) !== realm || realm === '') return 'another realm than its issuer has'
      const given = textsIn(JSON.parse(input)).map((text) => bytesOf(text).toString('base64'))
      if (!certificates.every(({ der }) => given.includes(der))) return 'a certificate that is not in the document'
      return certificates.map(certificateProblem).find((problem) => problem !== undefined)
    },
  }),
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Of base64, with or without the lines of PEM around it. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.split('-----').find((part) => /^[\sA-Za-z0-9+/=]{9,}$/.test(part)) ?? '', 'base64')
}

interface CertificateDescription {
  readonly der: string
  readonly x5t: string
  readonly key: KeyDescription
  readonly algorithms: readonly string[]
  readonly dates: readonly number[]
}

function describeCertificate({
  derBase64,
  x5t,
  key,
  algorithms,
  notBefore,
  notAfter,
}: Certificate): CertificateDescription {
  return { der: derBase64, x5t, key: describeKey(key), algorithms, dates: [notBefore, notAfter] }
}

function certificateProblem({ der, x5t, key, algorithms, dates }: CertificateDescription): string | undefined {
  const bytes = Buffer.from(der, 'base64')
  const { publicKey, validFrom, validTo } = new X509Certificate(bytes)
  if (createHash('sha1').update(bytes).digest('base64url') !== x5t) return 'a foreign thumbprint'
  if (describeKey(publicKey).spki !== key.spki) return 'a foreign key'
  if (dates[0] !== Date.parse(validFrom) / 1000 || dates[1] !== Date.parse(validTo) / 1000) return 'foreign dates'
  return weaknessOf(key, algorithms)
}

const toPem = (base64: string): string => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`

/** `parseCertificate`: throws plain errors only, and reads what OpenSSL reads. */
export const certificateTarget: Target = {
  name: 'certificate',
  weight: 4,
  seeds: [
    example.certificate,
    toPem(example.certificate),
    genuine.certificatePem,
    `${toPem('AAAA')}${toPem('AAAA')}`,
    'MAA=',
  ],
  words: ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '\n', '=', 'PRIVATE KEY', 'MIID', 'AQAB', 'AgEB'],
  maximumLength: 6000,
  start: () => ({
    execute: (input) =>
      answerOf([PlainError], () => {
        const certificate = asPlain(() => parseCertificate(input))
        return accepted(certificate.algorithms[0] ?? '', describeCertificate(certificate))
      }),
    contradiction: (_input, { accepted: isAccepted, value }) =>
      isAccepted ? certificateProblem(value as CertificateDescription) : undefined,
  }),
}

/** An `Error` that is no `TypeError` or the like: those are accidents. */
class PlainError extends Error {}

function asPlain<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype) throw new PlainError(error.message)
    throw error
  }
}
