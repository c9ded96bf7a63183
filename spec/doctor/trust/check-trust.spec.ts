import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../../lib/foundation/clock.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { drips, neverAnswers, neverEnds } from '../../support/faults.ts'
import type { LocalServer } from '../../support/https-server.ts'
import { makeKeyPair } from '../../support/key-pairs.ts'
import {
  certificate,
  holdTrustFault,
  sharedIssuer,
  startPlaces,
  type Served,
  type TrustFault,
  type TrustPlace,
} from '../../support/trust-faults.ts'
import { self } from '../../support/world.ts'

const day = 86_400
const now = systemClock()
const ec = (days: number): Promise<TestCertificate> =>
  makeCertificate({ commonName: 'Ending', keyType: 'ec256', notBefore: now - 300 * day, days: 300 + days })
const ending = { one: await ec(1), week: await ec(6), month: await ec(20), gone: await ec(-2) }
const coming = await makeCertificate({ commonName: 'Coming', keyType: 'ec256', notBefore: now + 3 * day + 60 })
const weak = { ...makeKeyPair('rsa1024').publicKey.export({ format: 'jwk' }), kid: 'weak' }

/** The honest key with changes. */
const jwk = (changes: object): object => ({ ...sharedIssuer.jwks().keys[0], ...changes })
const discovery = '/.well-known/openid-configuration'
const s2s = { type: 's2s-metadata' } as const
const keys =
  (...list: readonly unknown[]) =>
  (): Readonly<Record<string, Served>> => ({ '/jwks': { keys: list } })
const certified =
  (...list: readonly TestCertificate[]) =>
  ({ farm }: TrustPlace): Readonly<Record<string, Served>> => ({
    '/metadata': {
      issuer: farm.issuerName,
      keys: list.map(({ derBase64 }) => ({
        usage: 'signing',
        keyvalue: { type: 'x509Certificate', value: derBase64 },
      })),
    },
  })

const redirect: RequestListener = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()
const page: RequestListener = (_request, response) =>
  response.setHeader('content-type', 'text/html').end('<html>Sign in</html>')
const compressed: RequestListener = (_request, response) => response.setHeader('content-encoding', 'gzip').end('x')
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    response.writeHead(code).end()
const listener = (answer: RequestListener | undefined): RequestListener => answer ?? assert.fail()

const faults: readonly TrustFault[] = [
  {
    name: 'discovery issuer with a slash',
    serve: ({ url, oauth }) => ({ [discovery]: { ...oauth.metadata(), issuer: `${url}/` } }),
    kind: 'document-issuer-slash',
    sentence: 'The issuer of the document, <url>/, has a slash at the end that is not expected (configured is <url>).',
    fix: 'Configure it exactly as the document has it: <url>/.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'discovery issuer in another letter case',
    serve: ({ url, oauth }) => ({
      [discovery]: { ...oauth.metadata(), issuer: url.replace('localhost', 'LocalHost') },
    }),
    kind: 'document-issuer-case',
    sentence: 'The issuer of the document, https://LocalHost:<port>/1, differs in letter case (configured is <url>).',
    fix: 'Configure it exactly as the document has it: https://LocalHost:<port>/1.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'discovery issuer that is http',
    serve: ({ url, oauth }) => ({ [discovery]: { ...oauth.metadata(), issuer: url.replace('https', 'http') } }),
    kind: 'document-issuer-scheme',
    sentence: 'The issuer of the document, http://localhost:<port>/2, is http instead of https (configured is <url>).',
    fix: 'Have the issuer name itself with https.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'metadata of another issuer',
    serve: ({ oauth }) => ({ [discovery]: { ...oauth.metadata(), issuer: 'https://elsewhere.example' } }),
    kind: 'document-issuer-other',
    sentence: 'The document is of another issuer: it names itself https://elsewhere.example, configured is <url>.',
    fix: 'Check the address, or configure the issuer that the document names, if you trust it.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'document without issuer',
    serve: () => ({ [discovery]: {} }),
    kind: 'document-issuer-missing',
    sentence: 'The document names no issuer.',
    fix: 'Check the address: this is no discovery document.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'jwks_uri that is http',
    serve: ({ url, oauth }) => ({
      [discovery]: { ...oauth.metadata(), jwks_uri: `${url.replace('https', 'http')}/jwks` },
    }),
    kind: 'jwks-uri-http',
    sentence: 'jwks_uri of the document is http, which is never fetched.',
    fix: 'Have the issuer publish its keys over https, or set jwksUri here.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'document without jwks_uri',
    serve: ({ oauth }) => ({ [discovery]: { issuer: oauth.issuer } }),
    kind: 'jwks-uri',
    sentence: 'The document has no https jwks_uri.',
    fix: 'Have the issuer publish its keys over https, or set jwksUri here.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'redirect of the discovery document',
    serve: () => ({ [discovery]: redirect }),
    kind: 'redirect',
    sentence:
      '<url>/.well-known/openid-configuration redirects to <origin>/elsewhere, and redirects are never followed.',
    fix: 'Configure the address that it redirects to, if it is the right one.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'redirect of the key set',
    serve: () => ({ '/jwks': redirect }),
    kind: 'redirect',
    sentence: '<url>/jwks redirects to <origin>/elsewhere, and redirects are never followed.',
    fix: 'Configure the address that it redirects to, if it is the right one.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'wrong path',
    serve: () => ({ [discovery]: status(404) }),
    kind: 'status',
    sentence: '<url>/.well-known/openid-configuration answers with status 404.',
    fix: 'Check the path of the address.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'key set that is shown to service accounts only',
    serve: () => ({ '/jwks': status(403) }),
    kind: 'status',
    sentence: '<url>/jwks answers with status 403.',
    fix: 'Set discoveryTokenFile (in Kubernetes the token of the pod itself), or have the issuer open the document to everybody.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'SPIFFE bundle without a key for JWT-SVIDs',
    serve: () => ({ '/jwks': { keys: [{ kty: 'RSA', use: 'x509-svid' }], spiffe_sequence: 1 } }),
    issuer: ({ url }) => ({ callerKind: 'spiffe', trustDomain: 'example.org', bundleEndpoint: `${url}/jwks` }),
    kind: 'no-keys',
    sentence: 'The issuer publishes no key.',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_TOKEN_TYPE',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): "typ" is "at+jwt", and issuer may use jwt, jose only. Fix: list it in acceptedTypes of the issuer, if its access tokens really have it.',
  },
  {
    name: 'issuer that is broken',
    serve: () => ({ '/jwks': status(500) }),
    kind: 'status',
    sentence: '<url>/jwks answers with status 500.',
    fix: 'Look at the log of the issuer.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'HTML instead of JSON',
    serve: () => ({ '/jwks': page }),
    kind: 'html',
    sentence: '<url>/jwks answers with a web page (HTML) instead of JSON: a login page, a proxy or a wrong path.',
    fix: 'Check the path of the address, and open it without sign-in.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'text instead of JSON',
    serve: () => ({ '/jwks': 'hello' }),
    kind: 'not-json',
    sentence: '<url>/jwks does not send one JSON object.',
    fix: 'Check the path of the address.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'compressed answer',
    serve: () => ({ '/jwks': compressed }),
    kind: 'compressed',
    sentence: '<url>/jwks compresses its answer unasked.',
    fix: 'Have it honour Accept-Encoding: identity.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'issuer that does not answer',
    serve: () => ({ [discovery]: listener(neverAnswers.answer) }),
    issuer: () => ({ timeoutMilliseconds: 200 }),
    kind: 'timeout',
    sentence: '<url>/.well-known/openid-configuration does not answer in full in time.',
    fix: 'Check the address, the firewall, and whether an agent for a proxy is needed.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'issuer that drips',
    serve: () => ({ [discovery]: listener(drips.answer) }),
    issuer: () => ({ timeoutMilliseconds: 200 }),
    kind: 'timeout',
    sentence: '<url>/.well-known/openid-configuration does not answer in full in time.',
    fix: 'Check the address, the firewall, and whether an agent for a proxy is needed.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'document without end',
    serve: () => ({ '/jwks': listener(neverEnds.answer) }),
    kind: 'too-large',
    sentence: '<url>/jwks sends too much.',
    fix: 'Check the address, or raise maximumBytes.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'key set without list',
    serve: () => ({ '/jwks': {} }),
    kind: 'no-key-list',
    sentence: 'The document at <url>/jwks has no list "keys".',
    fix: 'Check jwks_uri of the discovery document.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'JWKS without keys',
    serve: keys(),
    kind: 'no-keys',
    sentence: 'The issuer publishes no key.',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'JWKS without usable keys',
    serve: keys(null, { kty: 'oct', k: 'c2VjcmV0', kid: 'secret' }),
    kind: 'no-usable-keys',
    sentence: 'The issuer has no usable key: none of its 2 keys can be used (the first, without id cannot be read).',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'JWKS for encryption only',
    serve: keys(jwk({ use: 'enc' })),
    kind: 'no-usable-keys',
    sentence: 'The issuer has no usable key: its only key ES256-0 is for encryption.',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'RSA key too short in JWKS',
    serve: keys(weak),
    kind: 'no-usable-keys',
    sentence:
      'The issuer has no usable key: its only key weak cannot be used: the RSA key is not of 2048 to 16384 bits.',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'JWKS with too many keys',
    serve: keys(...Array.from({ length: 257 }, () => ({}))),
    kind: 'too-many-keys',
    sentence: 'The issuer publishes 257 keys, and at most 256 are read.',
    fix: 'Have the issuer remove old keys.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'key without id that is passed over',
    serve: keys(jwk({}), { kty: 'oct' }),
    kind: 'key-ignored',
    severity: 'warning',
    sentence: 'The key without id is a shared secret.',
    fix: 'Have the issuer mend or remove the key, if tokens are signed with it.',
  },
  {
    name: 'key set at another address than discovery says',
    issuer: ({ url }) => ({ jwksUri: `${url}/keys` }),
    kind: 'status',
    sentence: '<url>/keys answers with status 404.',
    fix: 'Check the path of the address.',
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  {
    name: 'clock of this server that is ten minutes behind',
    options: { clock: () => systemClock() - 600 },
    kind: 'clock',
    sentence: 'The clock of this server is 10 minutes behind that of the issuer, beyond clockToleranceSeconds (60).',
    fix: 'Set both clocks by NTP.',
    code: 'ERR_S2S_TOKEN_NOT_YET_VALID',
    line: 'Refused (ERR_S2S_TOKEN_NOT_YET_VALID): the token begins 10 minutes ahead (iat): the clock of this server or that of the issuer is off. Fix: set both clocks by NTP.',
  },
  {
    name: 'clock of this server that is a little behind',
    options: { clock: () => systemClock() - 45 },
    kind: 'clock',
    severity: 'warning',
    sentence: 'The clock of this server is <n> seconds behind that of the issuer.',
    fix: 'Set both clocks by NTP.',
  },

  {
    name: 'S2S metadata of another realm',
    issuer: ({ farm }) => ({ ...s2s, registeredIssuerName: farm.issuerName.replace(self.realm, 'fabrikam.example') }),
    kind: 'document-issuer-realm',
    sentence:
      'The issuer of the document, <broker>@<realm>, has the right id but another realm (configured is <broker>@fabrikam.example).',
    fix: 'Check the address, or configure <broker>@<realm>, if you trust it.',
    code: 'ERR_S2S_ISSUER_UNTRUSTED',
    line: 'Refused (ERR_S2S_ISSUER_UNTRUSTED): the issuer "<broker>@<realm>" has the right id but another realm (trusted is <broker>@fabrikam.example). Fix: have the client ask the trusted issuer for its token, or add this one to trustedIssuers if you trust it.',
  },
  {
    name: 'address that has no S2S metadata',
    serve: () => ({ '/metadata': {} }),
    issuer: () => s2s,
    kind: 'metadata-unreadable',
    sentence: 'The document has no "issuer" of the form id@realm.',
    fix: 'Check the address: it must be that of the JSON metadata document, such as /_layouts/15/metadata/json/1.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'S2S metadata without certificates',
    serve: certified(),
    issuer: () => s2s,
    kind: 'no-keys',
    sentence: 'The issuer publishes no key.',
    fix: 'Have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
    code: 'ERR_S2S_METADATA_INVALID',
  },
  {
    name: 'certificate that ends tomorrow',
    serve: certified(certificate, ending.one),
    issuer: () => s2s,
    kind: 'certificate-ends-1',
    severity: 'warning',
    sentence: 'The signing certificate <x5t> ends in 24 hours (<time>).',
    fix: 'Have the issuer renew it, and configure the new one here where certificates are configured.',
  },
  {
    name: 'certificate that ends within a week',
    serve: certified(certificate, ending.week),
    issuer: () => s2s,
    kind: 'certificate-ends-7',
    severity: 'warning',
    sentence: 'The signing certificate <x5t> ends in 6 days (<time>).',
    fix: 'Have the issuer renew it, and configure the new one here where certificates are configured.',
  },
  {
    name: 'certificate that ends within a month',
    serve: certified(certificate, ending.month),
    issuer: () => s2s,
    kind: 'certificate-ends-30',
    severity: 'warning',
    sentence: 'The signing certificate <x5t> ends in 20 days (<time>).',
    fix: 'Have the issuer renew it, and configure the new one here where certificates are configured.',
  },
  {
    name: 'expired certificate in metadata',
    serve: certified(certificate, ending.gone),
    issuer: () => s2s,
    kind: 'certificate-expired',
    severity: 'warning',
    sentence: 'The signing certificate <x5t> ended 2 days ago (<time>).',
    fix: 'Have the issuer renew it, and configure the new one here where certificates are configured.',
  },
  {
    name: 'certificate in metadata that is not valid yet',
    serve: certified(certificate, coming),
    issuer: () => s2s,
    kind: 'certificate-not-yet-valid',
    severity: 'ok',
    sentence: 'The signing certificate <x5t> is valid only from <time>, in 3 days.',
    fix: 'Wait, or set the clock of this server by NTP.',
  },
  {
    name: 'pinned certificate that is not published',
    issuer: () => ({ ...s2s, thumbprints: ['00'.repeat(20)] }),
    kind: 'certificates-not-allowed',
    sentence:
      "None of the published certificates may be used: none is listed in thumbprints, or they are this server's own.",
    fix: "Compare thumbprints with the certificates of the issuer, and metadataEndpoint with this server's own address.",
    code: 'ERR_S2S_METADATA_INVALID',
  },
]

describe('checkTrust: documents of issuers', () => {
  let places: readonly TrustPlace[] = []
  let server: LocalServer
  before(async () => {
    ;({ server, places } = await startPlaces(faults))
  })
  after(() => server.close())

  for (const [index, fault] of faults.entries()) {
    it(`names the cause: ${fault.name}`, async () => {
      await holdTrustFault(fault, places[index] ?? assert.fail(), server.ca)
    })
  }
})
