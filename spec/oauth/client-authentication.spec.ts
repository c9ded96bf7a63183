import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { compactVerify } from 'jose'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import { createClientAuthentication } from '../../lib/oauth/client-authentication.ts'
import type { OAuthAuthentication, PrivateKeyAuthentication } from '../../lib/oauth/client-authentication-options.ts'
import {
  readClientCredentials,
  type AssertionKey,
  type ClientCredentials,
} from '../../lib/oauth/read-client-credentials.ts'
import type { CallingServer } from '../../lib/outgoing/token-source.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { NOW, fixedClock } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { callingServer } from '../support/oauth-caller.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { readClaims } from '../support/tokens.ts'

const secret = 'a secret: of + this & run'
const issuer = { issuer: 'https://login.example', token_endpoint: 'https://login.example/token' }

const read = (authentication: OAuthAuthentication): ClientCredentials =>
  readClientCredentials(authentication, 'oauth.authentication')

async function authenticate(
  authentication: OAuthAuthentication,
  key?: () => AssertionKey,
): Promise<{ form: URLSearchParams; headers: Headers }> {
  const currentKey = key ?? ((): never => assert.fail('the own key is not needed'))
  const server: CallingServer = { ...callingServer, clock: fixedClock, currentKey }
  const [form, headers] = [new URLSearchParams(), new Headers()]
  await createClientAuthentication(read(authentication), server)(issuer, { client_id: 'documents' }, form, headers)
  return { form, headers }
}

describe('client authentication at an OAuth issuer', () => {
  let key: SigningKey
  let other: TestCertificate

  before(async () => {
    key = await makeSigningKey({ commonName: 'Documents' })
    other = await makeCertificate({ commonName: 'Other', keyType: 'ec384' })
  })

  const assertionOf = async (
    options: Omit<PrivateKeyAuthentication, 'type'> = {},
    own: AssertionKey = key,
  ): Promise<{ assertion: string; header: Record<string, unknown>; claims: Record<string, unknown> }> => {
    const { form, headers } = await authenticate({ type: 'private_key_jwt', ...options }, () => own)
    assert.deepEqual([...headers], [])
    assert.equal(form.get('client_id'), 'documents')
    assert.equal(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const assertion = form.get('client_assertion') ?? ''
    const header = JSON.parse(Buffer.from(assertion.split('.', 1).join(), 'base64url').toString()) as object
    return { assertion, header: { ...header }, claims: readClaims(assertion) }
  }

  it('puts the secret into the header, encoded as a form (RFC 6749 section 2.3.1)', async () => {
    const { form, headers } = await authenticate({ type: 'client_secret_basic', secret })
    const expected = 'documents:a+secret%3A+of+%2B+this+%26+run'
    assert.equal(headers.get('authorization'), `Basic ${Buffer.from(expected).toString('base64')}`)
    assert.equal(form.toString(), '')
  })

  it('puts the secret into the form', async () => {
    const { form, headers } = await authenticate({ type: 'client_secret_post', secret })
    assert.deepEqual(Object.fromEntries(form), { client_id: 'documents', client_secret: secret })
    assert.deepEqual([...headers], [])
  })

  it('reads the secret from a file, without the line break at its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'secret-'))
    try {
      const file = join(folder, 'secret')
      writeFileSync(file, `${secret}\r\n`)
      const { form } = await authenticate({ type: 'client_secret_post', secret: { file } })
      assert.equal(form.get('client_secret'), secret)
      writeFileSync(file, '\n')
      await assert.rejects(authenticate({ type: 'client_secret_post', secret: { file } }), {
        code: 'ERR_S2S_OPTION_INVALID',
        message: 'oauth.authentication.secret is empty',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('says only who it is where TLS proves it', async () => {
    const { form, headers } = await authenticate({ type: 'mtls', certificate: 'a', privateKey: 'b' })
    assert.deepEqual(Object.fromEntries(form), { client_id: 'documents' })
    assert.deepEqual([...headers], [])
  })

  it('signs an assertion with the own key, that lives a minute and is for the issuer', async () => {
    const { assertion, header, claims } = await assertionOf()
    const { kid, x5t, x5tS256 } = key
    assert.deepEqual(header, { alg: 'RS256', typ: 'JWT', kid, x5t, 'x5t#S256': x5tS256 })
    const { jti, ...others } = claims
    assert.deepEqual(others, {
      ...{ iss: 'documents', sub: 'documents', aud: issuer.issuer },
      ...{ iat: NOW, nbf: NOW, exp: NOW + 60 },
    })
    assert.match(String(jti), /^[\w-]{20,}$/)
    await compactVerify(assertion, key.publicKey)
  })

  it('never says the same assertion twice', async () => {
    const ids = await Promise.all([assertionOf(), assertionOf()])
    assert.notEqual(ids[0].claims['jti'], ids[1].claims['jti'])
  })

  it('may name the token endpoint, live up to five minutes and have another key id', async () => {
    const { header, claims } = await assertionOf({
      assertionAudience: 'token-endpoint',
      assertionLifetimeSeconds: 300,
      keyId: 'registered-1',
    })
    assert.equal(header['kid'], 'registered-1')
    assert.deepEqual([claims['aud'], claims['exp']], [issuer.token_endpoint, NOW + 300])
  })

  it('knows no SHA-256 thumbprint when the key has none', async () => {
    const { kid, x5t, algorithm, privateKey } = key
    const { header } = await assertionOf({}, { kid, x5t, algorithm, privateKey })
    assert.deepEqual(header, { alg: 'RS256', typ: 'JWT', kid, x5t })
  })

  it('signs with a key of its own for this issuer', async () => {
    const { assertion, header } = await assertionOf({
      key: { privateKey: other.privateKeyPem, certificate: other.certificatePem },
    })
    assert.deepEqual([header['alg'], header['x5t']], ['ES384', other.x5t])
    await compactVerify(assertion, other.publicKey)
  })

  for (const algorithm of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const) {
    it(`signs with an RSA key and ${algorithm}`, async () => {
      const { assertion, header } = await assertionOf({ algorithm })
      assert.equal(header['alg'], algorithm)
      await compactVerify(assertion, key.publicKey)
    })
  }

  const pairs = [
    ['ec256', 'ES256'],
    ['ec521', 'ES512'],
    ['ed25519', 'EdDSA'],
    ['ed25519', 'Ed25519'],
  ] as const
  for (const [type, algorithm] of pairs) {
    it(`signs with ${algorithm}`, async () => {
      const { privateKey, publicKey } = makeKeyPair(type)
      const { assertion, header } = await assertionOf({}, { kid: '1', x5t: 'x', algorithm, privateKey })
      assert.equal(header['alg'], algorithm)
      await compactVerify(assertion, publicKey)
    })
  }

  it('asks for the own key each time, so that a roll-over is followed', async () => {
    const keys = [key, await makeSigningKey({ commonName: 'Next' })]
    const server: CallingServer = { ...callingServer, clock: fixedClock, currentKey: () => keys.shift() ?? key }
    const authenticateClient = createClientAuthentication(read({ type: 'private_key_jwt' }), server)
    const expected = [...keys]
    for (const { publicKey } of expected) {
      const form = new URLSearchParams()
      await authenticateClient(issuer, { client_id: 'documents' }, form, new Headers())
      await compactVerify(form.get('client_assertion') ?? '', publicKey)
    }
  })

  it('refuses an algorithm that does not fit: at once for a given key, else when it is used', async () => {
    const misfit = {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^oauth\.authentication\.algorithm ES256 does not fit the key/,
    }
    const options = { type: 'private_key_jwt', algorithm: 'ES256' } as const
    assert.doesNotThrow(() => read(options))
    await assert.rejects(
      authenticate(options, () => key),
      misfit,
    )
    const given = { privateKey: other.privateKeyPem, certificate: other.certificatePem }
    assert.throws(() => read({ ...options, key: given }), misfit)
  })

  it('refuses a key that cannot be read, without showing it', () => {
    const broken = other.privateKeyPem.replace('PRIVATE', 'BROKEN')
    assert.throws(
      () => read({ type: 'private_key_jwt', key: { privateKey: broken, certificate: other.certificatePem } }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, /^oauth\.authentication\.key\.privateKey cannot be read/)
        assert.ok(!error.message.includes(broken.slice(40, 60)))
        return true
      },
    )
  })
})
