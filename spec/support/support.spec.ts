import assert from 'node:assert/strict'
import { X509Certificate, createHash, verify } from 'node:crypto'
import { get } from 'node:https'
import { describe, it } from 'node:test'
import { compactVerify, createLocalJWKSet, jwtVerify } from 'jose'
import { makeCertificate } from './certificates.ts'
import { NOW, fixedClock, makeMovableClock } from './clock.ts'
import { makeFarm } from './farm.ts'
import { serveDocuments, startHttpsServer } from './https-server.ts'
import { makeOAuthIssuer, type OAuthAlgorithm } from './oauth-issuer.ts'
import { compact, flipSignatureBit, forgedJwt, readClaims } from './tokens.ts'
import { readGenuineActorToken, readSharePointMetadata, readWorkedExample } from './vectors.ts'

describe('spec support', () => {
  it('makes certificates of every kind with the thumbprints of their DER', async () => {
    for (const keyType of ['rsa1024', 'rsa2048', 'ec256', 'ec384', 'ec521'] as const) {
      const made = await makeCertificate({ commonName: 'Spec', keyType, notBefore: NOW, days: 2 })
      const read = new X509Certificate(Buffer.from(made.derBase64, 'base64'))
      assert.equal(read.subject, 'CN=Spec')
      assert.equal(Date.parse(read.validFrom) / 1000, NOW)
      assert.equal(Date.parse(read.validTo) / 1000, NOW + 172_800)
      assert.equal(made.x5t, createHash('sha1').update(read.raw).digest('base64url'))
      assert.ok(read.verify(made.publicKey))
      assert.ok(read.checkPrivateKey(made.privateKey))
    }
  })

  it('serves documents over https that clients with the authority trust', async () => {
    const server = await startHttpsServer(serveDocuments({ '/a': { b: 1 }, '/c': () => '{"d":2}' }))
    try {
      assert.deepEqual(await fetchText(`${server.url}/a`, server.ca), [200, '{"b":1}'])
      assert.deepEqual(await fetchText(`${server.url}/c`, server.ca), [200, '{"d":2}'])
      assert.deepEqual(await fetchText(`${server.url}/e`, server.ca), [404, ''])
      assert.deepEqual(server.requests, ['GET /a', 'GET /c', 'GET /e'])
      await assert.rejects(fetchText(`${server.url}/a`, undefined))
    } finally {
      await server.close()
    }
  })

  it('makes farms whose tokens verify with their certificate', async () => {
    const names = { realm: 'realm-1', clientId: 'client-1', issuerId: 'issuer-1', audience: 'us/host@realm-1' }
    const farm = await makeFarm({ ...names, clock: fixedClock })
    const appOnly = await farm.appOnlyToken()
    await compactVerify(appOnly, farm.certificate.publicKey)
    assert.deepEqual(readClaims(appOnly), {
      aud: 'us/host@realm-1',
      nbf: String(NOW - 600),
      exp: String(NOW + 3000),
      iss: 'issuer-1@realm-1',
      nameid: 'client-1@realm-1',
    })
    const userToken = await farm.userToken({ nameid: 's-1-5-21-7', nii: 'urn:office:idp:activedirectory' })
    assert.ok(userToken.endsWith('.'))
    const { actortoken, iss } = readClaims(userToken)
    assert.equal(iss, 'client-1@realm-1')
    assert.equal(readClaims(String(actortoken))['trustedfordelegation'], 'true')
    await compactVerify(String(actortoken), farm.certificate.publicKey)
    for (const spelling of ['exchange', 'acs', 'sharepoint'] as const) {
      assert.ok(JSON.stringify(farm.metadata(spelling)).includes(farm.certificate.derBase64))
    }
  })

  it('makes OAuth issuers whose tokens verify with their key set, also after a rotation', async () => {
    const algorithms: OAuthAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']
    const names = { issuer: 'https://login.example.com', audience: 'https://api.example.com' }
    const issuer = makeOAuthIssuer({ ...names, clock: fixedClock, algorithms })
    const before = issuer.jwks()
    const expected = { ...names, typ: 'at+jwt', currentDate: new Date(NOW * 1000) }
    for (const algorithm of algorithms) {
      await jwtVerify(await issuer.token({ algorithm }), createLocalJWKSet(before), expected)
    }
    issuer.rotateKeys()
    const token = await issuer.token({ claims: { scope: 'read' } })
    await assert.rejects(jwtVerify(token, createLocalJWKSet(before), expected))
    const { payload } = await jwtVerify(token, createLocalJWKSet(issuer.jwks()), expected)
    assert.equal(payload['scope'], 'read')
  })

  it('forges tokens with signatures that fit, of every algorithm', async () => {
    const claims = { iss: 'anybody' }
    const issuer = makeOAuthIssuer({
      issuer: 'https://login.example.com',
      audience: 'https://api.example.com',
      clock: fixedClock,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    })
    for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
      const { privateKey: key, publicKey } = issuer.keyPair(algorithm)
      const token = forgedJwt({ header: { alg: algorithm }, claims, algorithm, key })
      await compactVerify(token, publicKey)
      await assert.rejects(compactVerify(flipSignatureBit(token), publicKey))
    }
    const secret = Buffer.from('a secret of thirty-two characters')
    await compactVerify(forgedJwt({ header: '{"alg":"HS256"}', claims, algorithm: 'HS256', key: secret }), secret)
    assert.equal(compact({ alg: 'none' }, '{}'), 'eyJhbGciOiJub25lIn0.e30.')
  })

  it('moves a movable clock only when told to', () => {
    const { clock, advance } = makeMovableClock()
    assert.equal(clock(), NOW)
    advance(60)
    assert.equal(clock(), NOW + 60)
  })
})

describe('vectors', () => {
  it('hold tokens that verify with the certificates beside them', () => {
    const example = readWorkedExample()
    const certificate = new X509Certificate(Buffer.from(example.certificate, 'base64'))
    assert.equal(example.x5t, createHash('sha1').update(certificate.raw).digest('base64url'))
    assert.equal(example.now, NOW)
    for (const token of [example.appOnly, String(readClaims(example.userAndApp)['actortoken'])]) {
      assert.ok(isSignedBy(token, certificate))
    }
    const genuine = readGenuineActorToken()
    assert.ok(isSignedBy(genuine.actorToken, new X509Certificate(genuine.certificatePem)))
  })

  it('hold a genuine metadata document', () => {
    const document = JSON.parse(readSharePointMetadata()) as { keys: { keyValue: { value: string } }[] }
    const certificate = new X509Certificate(Buffer.from(document.keys[0]?.keyValue.value ?? '', 'base64'))
    assert.match(certificate.subject, /SharePoint Security Token Service/)
  })
})

function isSignedBy(token: string, certificate: X509Certificate): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const signingInput = Buffer.from(`${header}.${payload}`)
  return verify('sha256', signingInput, certificate.publicKey, Buffer.from(signature, 'base64url'))
}

function fetchText(url: string, ca: string | undefined): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    get(url, ca === undefined ? {} : { ca }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.on('end', () => {
        resolve([response.statusCode, body])
      })
    }).on('error', reject)
  })
}
