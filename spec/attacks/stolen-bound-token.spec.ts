import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { makeWorld } from '../support/world.ts'

/** A token bound to a client certificate (RFC 8705) in hands that do not have the key of it, over real TLS. */

const { oauth, farm, options } = await makeWorld()
const owner = await makeCertificate({ commonName: 'owner', keyType: 'ec256' })
const thief = await makeCertificate({ commonName: 'thief', keyType: 'ec256' })
/** The same key and the same name: still another certificate. */
const renewed = await makeCertificate({ commonName: 'owner', keyType: 'ec256', keyPair: owner, days: 20 })

const claimsOf = (cnf: unknown): { claims: Record<string, unknown> } => ({ claims: { scope: 'reports.read', cnf } })
const bound = (certificate: TestCertificate = owner): Promise<string> =>
  oauth.token(claimsOf({ 'x5t#S256': certificate.x5tS256 }))
const unbound = await oauth.token({ claims: { scope: 'reports.read' } })
const token = await bound()
const spkiHash = createHash('sha256')
  .update(owner.publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64url')

const resources = { 'GET /reports/:id': 'reports.read' } as const
const s2s = { ...options, clientCertificates: { from: 'socket' } } as const
const guarded = { s2s, resources, requestCert: true } as const
const refused = { status: 401, code: 'ERR_S2S_TOKEN_BOUND' } as const

const forgedHeaders: AttackCase['headers'] = [
  ['Client-Cert', `:${owner.derBase64}:`],
  ['X-SSL-Client-Cert', encodeURIComponent(owner.certificatePem)],
  ['X-SSL-Client-DER', owner.derBase64],
  ['X-Forwarded-Client-Cert', `Hash=${Buffer.from(owner.x5tS256, 'base64url').toString('hex')}`],
]

/** Each brings the certificate of the owner, and is refused for what it says of its binding. */
const bindings: Readonly<Record<string, unknown>> = {
  'SHA-1 of the certificate': { 'x5t#S256': owner.x5t },
  'the key in the certificate': { 'x5t#S256': spkiHash },
  'a hexadecimal thumbprint': { 'x5t#S256': Buffer.from(owner.x5tS256, 'base64url').toString('hex') },
  'a thumbprint in standard base64 with padding': {
    'x5t#S256': Buffer.from(owner.x5tS256, 'base64url').toString('base64'),
  },
  'a list of thumbprints': { 'x5t#S256': [owner.x5tS256, thief.x5tS256] },
  'an empty thumbprint': { 'x5t#S256': '' },
  x5t: { x5t: owner.x5t },
  'the certificate and something that nobody checks': { 'x5t#S256': owner.x5tS256, kid: '1' },
  'the certificate and a DPoP key': { 'x5t#S256': owner.x5tS256, jkt: thief.x5tS256 },
  nothing: {},
  null: null,
  'the thumbprint itself': owner.x5tS256,
}

describeAttack('a certificate-bound token', guarded, [
  { name: 'without certificate', token, ...refused },
  { name: 'with the certificate of somebody else', token, certificate: thief, ...refused },
  { name: 'with a renewed certificate of the same key', token, certificate: renewed, ...refused },
  { name: 'with headers that name the certificate', token, headers: forgedHeaders, ...refused },
  { name: 'with such headers and another certificate', token, headers: forgedHeaders, certificate: thief, ...refused },
  ...(await Promise.all(
    Object.entries(bindings).map(async ([name, cnf]) => ({
      name: `that is bound to ${name}`,
      token: await oauth.token(claimsOf(cnf)),
      certificate: owner,
      ...refused,
    })),
  )),
  {
    name: 'of an S2S issuer, whose protocol has no binding',
    token: await farm.appOnlyToken({ cnf: { 'x5t#S256': owner.x5tS256 } }),
    certificate: owner,
    ...refused,
  },
])

describeAccepted('a certificate-bound token', guarded, [
  {
    name: 'with its certificate',
    token,
    certificate: owner,
    check: (principal) => {
      assert.deepEqual(principal.token.provedBy, ['mtls'])
    },
  },
  {
    name: 'with its certificate, and headers that name another',
    token: await bound(thief),
    certificate: thief,
    headers: forgedHeaders,
  },
  {
    name: 'beside it one that is bound to nothing, with any certificate',
    token: unbound,
    certificate: thief,
    check: (principal) => {
      assert.equal(principal.token.provedBy, undefined)
    },
  },
  { name: 'beside it one that is bound to nothing, without certificate', token: unbound },
])

describeAttack('a certificate-bound token where no certificates are accepted', { ...guarded, s2s: options }, [
  { name: 'with its certificate', token, certificate: owner, ...refused },
  { name: 'without certificate', token, ...refused },
])

const [login] = options.trustedIssuers.filter(({ name }) => name === 'login')
assert.ok(login)
const demanding = { ...s2s, grants: [], trustedIssuers: [{ ...login, mtls: 'required' } as const] }

describeAttack('an issuer whose tokens must be bound', { ...guarded, s2s: demanding }, [
  { name: 'a bearer token', token: unbound, status: 401, code: 'ERR_S2S_TOKEN_NOT_BOUND' },
  {
    name: 'a bearer token with a certificate',
    token: unbound,
    certificate: owner,
    status: 401,
    code: 'ERR_S2S_TOKEN_NOT_BOUND',
  },
  { name: 'a bound token without certificate', token, ...refused },
])
describeAccepted('an issuer whose tokens must be bound', { ...guarded, s2s: demanding }, [
  { name: 'a bound token with its certificate', token, certificate: owner },
])

for (const proof of ['mtls', 'any'] as const) {
  const strict = { ...guarded, resources: { 'GET /reports/:id': { scope: 'reports.read', proof } } } as const
  describeAttack(`a resource that demands a proof (${proof})`, strict, [
    { name: 'a bearer token', token: unbound, status: 401, code: 'ERR_S2S_PROOF_REQUIRED' },
    {
      name: 'a bearer token with a certificate',
      token: unbound,
      certificate: owner,
      status: 401,
      code: 'ERR_S2S_PROOF_REQUIRED',
    },
    { name: 'a bound token with another certificate', token, certificate: thief, ...refused },
  ])
  describeAccepted(`a resource that demands a proof (${proof})`, strict, [
    { name: 'a bound token with its certificate', token, certificate: owner },
  ])
}
