import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createTestIssuer } from '../../lib/testing/create-test-issuer.ts'
import { createTestClock } from '../../lib/testing/test-clock.ts'
import { makeCertificate } from '../support/certificates.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { readClaims } from '../support/tokens.ts'

const clock = createTestClock()

describe('an OAuth test issuer', () => {
  it('signs with the keys it publishes; every claim, parameter and key may be another', async () => {
    const issuer = await createTestIssuer({
      type: 'openid',
      name: 'login',
      issuer: 'https://login.test/tenant/',
      audience: 'us',
      application: 'billing',
      clock,
      trust: { permissionCeiling: ['a'] },
    })
    const currentDate = new Date(clock() * 1000)
    const keys = createLocalJWKSet(issuer.jwks())
    const app = await jwtVerify(issuer.appToken({ scopes: ['a', 'b'], roles: ['c'] }), keys, {
      currentDate,
      audience: 'us',
    })
    assert.deepEqual(
      [app.payload['sub'], app.payload['client_id'], app.payload['scope'], app.payload['roles']],
      ['billing', 'billing', 'a b', ['c']],
    )
    const user = await jwtVerify(issuer.userToken({ algorithm: 'ES256', application: 'x' }), keys, { currentDate })
    assert.deepEqual(
      [user.payload.sub, user.payload['client_id'], user.protectedHeader.alg],
      ['test-user', 'x', 'ES256'],
    )
    assert.equal(readClaims(issuer.userToken({ user: 'dana' }))['sub'], 'dana')
    assert.equal(readClaims(issuer.appToken({ application: 'y', claims: { aud: undefined } }))['sub'], 'y')
    const { options } = issuer
    assert.ok(options.type === 'openid')
    assert.deepEqual([options.name, options.permissionCeiling, options.issuer], ['login', ['a'], issuer.issuer])
    const answer = await options.fetch?.('https://login.test/tenant/.well-known/openid-configuration')
    assert.deepEqual(await answer?.json(), { issuer: issuer.issuer, jwks_uri: 'https://login.test/tenant/jwks' })
  })

  it('with static keys takes those it is given', async () => {
    const first = await createTestIssuer({ type: 'static', audience: 'us' })
    const { RS256, ES256 } = first.keys
    const pairOf = ({ publicKey, privateKey }: typeof RS256) => ({ publicKey, privateKey })
    const keyPairs = { RS256: pairOf(RS256), ES256: pairOf(ES256) }
    const second = await createTestIssuer({ type: 'static', audience: 'us', keyPairs })
    assert.deepEqual(second.jwks(), first.jwks())
    assert.ok('jwks' in second.options)
    assert.deepEqual(second.requests, [])
  })
})

describe('an S2S test issuer', () => {
  it('has the realm of the audience and is its own application, unless told otherwise', async () => {
    const certificate = await makeCertificate({ commonName: 'x' })
    const own = await createTestIssuer({ type: 's2s-certificate', audience: 'us/host@realm', certificate, clock })
    assert.equal(own.issuer, own.applicationName)
    assert.ok(own.issuer.endsWith('@realm'))
    assert.equal(own.options.isTrustBroker, undefined)
    const broker = await createTestIssuer({
      type: 's2s-metadata',
      name: 'farm',
      audience: 'us/host@realm',
      realm: 'theirs',
      issuerId: 'sts',
      applicationId: 'billing',
      certificate,
    })
    assert.deepEqual([broker.issuer, broker.applicationName], ['sts@theirs', 'billing@theirs'])
    assert.deepEqual([broker.options.isTrustBroker, broker.options.name], [true, 'farm'])
  })

  it('writes outer tokens of any shape', async () => {
    const certificate = await makeCertificate({ commonName: 'x' })
    const issuer = await createTestIssuer({ type: 's2s-certificate', audience: 'us/host@realm', certificate, clock })
    assert.ok(issuer.userToken().endsWith('.'))
    assert.ok(issuer.userToken({ signature: 'AAA' }).endsWith('.AAA'))
    const { actortoken, upn, nameid } = readClaims(
      issuer.userToken({ user: { upn: 'a@b' }, claims: { actortoken: 1 } }),
    )
    assert.deepEqual([actortoken, upn, nameid], [1, 'a@b', undefined])
    assert.equal(readClaims(issuer.acsUserToken())['actor'], issuer.applicationName)
  })

  it('answers what its opaque tokens are worth, as long as they are worth it', async () => {
    const time = makeMovableClock()
    const issuer = await createTestIssuer({
      ...{ type: 'introspection', name: 'asked', audience: 'https://api.example', clock: time.clock },
      ...{ issuer: 'https://opaque.example/', application: 'billing', trust: { tokenPrefix: 'x_' } },
    })
    const { options } = issuer
    assert.deepEqual([options.name, options.issuer, options.tokenPrefix], ['asked', 'https://opaque.example/', 'x_'])
    const { secret } = options.authentication as { readonly secret: string }
    async function ask(token: string, password = secret): Promise<unknown> {
      const headers = { authorization: `Basic ${btoa(`${options.clientId}:${password}`)}` }
      const body = new URLSearchParams({ token }).toString()
      const answer = await options.fetch?.('https://opaque.example/introspect', { method: 'POST', headers, body })
      return answer?.json()
    }
    const [app, user] = [
      issuer.appToken({ scopes: ['a', 'b'], claims: { jti: '1' } }),
      issuer.userToken({ user: 'ana' }),
    ]
    assert.match(app, /^x_[0-9a-f]{64}$/)
    const usual = { active: true, iss: issuer.issuer, aud: issuer.audience, client_id: 'billing', token_type: 'Bearer' }
    const times = { iat: NOW, exp: NOW + 600 }
    assert.deepEqual(await ask(app), { ...usual, ...times, sub: 'billing', scope: 'a b', jti: '1' })
    assert.deepEqual(await ask(user), { ...usual, ...times, sub: 'ana' })
    assert.deepEqual(await ask(app, 'wrong'), { error: 'invalid_client' })
    const headless = await options.fetch?.('https://opaque.example/introspect')
    assert.equal(headless?.status, 401)
    assert.deepEqual(await ask('unknown'), { active: false })
    issuer.revoke(app)
    assert.deepEqual(await ask(app), { active: false })
    time.advance(600)
    assert.deepEqual(await ask(user), { active: false })
    assert.equal((await options.fetch?.('https://opaque.example/other'))?.status, 404)
    const plain = await createTestIssuer({ type: 'introspection', audience: 'x' })
    assert.deepEqual(
      [plain.issuer, plain.application, plain.options.name],
      ['https://issuer.test', 'test-application', undefined],
    )
  })
})
