import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { makeCertificate } from '../support/certificates.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { serveDocuments, startHttpsServer } from '../support/https-server.ts'
import { publicKeyToPem } from '../support/key-pairs.ts'
import { takeApart, type ActorForgery } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, options } = world
const { forgeActor, wrap } = await takeApart(farm)
const attacker = await makeCertificate({ commonName: 'Attacker' })
const canary = await startHttpsServer(serveDocuments({ '/jwks': { keys: [] }, '/cert.pem': '""' }))
after(() => canary.close())
const resources = { 'GET /reports/:id': 'reports.read' } as const
const key = attacker.privateKey
const jwk = attacker.publicKey.export({ format: 'jwk' })
const certificate = farm.certificate

const ownKeys: readonly [name: string, forgery: ActorForgery, code: AttackCase['code']][] = [
  ['the known x5t', { key }, 'ERR_S2S_SIGNATURE_INVALID'],
  ['its own x5t', { key, header: { x5t: attacker.x5t } }, 'ERR_S2S_KEY_UNKNOWN'],
  ['no x5t', { key, header: { x5t: undefined } }, 'ERR_S2S_KEY_UNKNOWN'],
  ['a kid instead of x5t', { key, header: { x5t: undefined, kid: certificate.x5t } }, 'ERR_S2S_KEY_UNKNOWN'],
  ['its own x5c', { key, header: { x5c: [attacker.derBase64] } }, 'ERR_S2S_HEADER_NOT_ALLOWED'],
  [
    'its own x5t and x5c',
    { key, header: { x5t: attacker.x5t, x5c: [attacker.derBase64] } },
    'ERR_S2S_HEADER_NOT_ALLOWED',
  ],
  ['its own jwk', { key, header: { jwk } }, 'ERR_S2S_HEADER_NOT_ALLOWED'],
  ['its own jku', { key, header: { jku: `${canary.url}/jwks` } }, 'ERR_S2S_HEADER_NOT_ALLOWED'],
  ['its own x5u', { key, header: { x5u: `${canary.url}/cert.pem` } }, 'ERR_S2S_HEADER_NOT_ALLOWED'],
  ['a kid that is an address', { key, header: { kid: `${canary.url}/jwks` } }, 'ERR_S2S_SIGNATURE_INVALID'],
  ['an x5t that is an address', { key, header: { x5t: `${canary.url}/cert.pem` } }, 'ERR_S2S_KEY_UNKNOWN'],
  ['an issuer that is an address', { key, claims: { iss: `${canary.url}/` } }, 'ERR_S2S_ISSUER_UNTRUSTED'],
  ['RS512 and the known x5t', { key, algorithm: 'RS512', header: { alg: 'RS512' } }, 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
]

const secrets: readonly [name: string, secret: string | Buffer][] = [
  ['certificate PEM', certificate.certificatePem],
  ['certificate PEM without last newline', certificate.certificatePem.trimEnd()],
  ['certificate PEM with CRLF', certificate.certificatePem.replaceAll('\n', '\r\n')],
  ['certificate DER', Buffer.from(certificate.derBase64, 'base64')],
  ['certificate base64', certificate.derBase64],
  ['public key PEM', publicKeyToPem(certificate.publicKey)],
  ['public key DER', certificate.publicKey.export({ type: 'spki', format: 'der' })],
  ['public key PKCS#1 PEM', certificate.publicKey.export({ type: 'pkcs1', format: 'pem' })],
  ['x5t', certificate.x5t],
  ['x5t bytes', Buffer.from(certificate.x5t, 'base64url')],
  ['empty text', ''],
]

const cases: AttackCase[] = [
  ...ownKeys.map(([name, forgery, code]) => ({
    name: `row 42: attacker's key and ${name}`,
    token: wrap(forgeActor(forgery)),
    status: 401,
    code,
  })),
  ...secrets.flatMap(([name, secret]) =>
    ['HS256', 'HS512'].map((algorithm) => ({
      name: `row 42: ${algorithm} with the ${name} as secret`,
      token: wrap(forgeActor({ header: { alg: algorithm }, algorithm, key: secret })),
      status: 401,
      code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    })),
  ),
  {
    name: 'row 42: HMAC bytes under the name RS256',
    token: wrap(forgeActor({ algorithm: 'HS256', key: certificate.certificatePem })),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
]

describeAttack('an actor token made by an attacker', { s2s: { ...options, ca: canary.ca }, resources }, cases)

describe('an actor token that points at the attacker', () => {
  it('makes nobody fetch anything', () => {
    assert.deepEqual(canary.requests, [])
  })
})
