import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, describe, it } from 'node:test'
import type { OAuthTrustedIssuer } from '../../../lib/trust/trusted-issuer.ts'
import { createIntrospectionIssuer } from '../../../lib/trust/introspection/introspection-issuer.ts'
import type { IntrospectionIssuerOptions } from '../../../lib/trust/introspection/introspection-options.ts'
import { makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { startIntrospectionServer, type IntrospectionServer } from '../../support/introspection-server.ts'
import { fixedClock } from '../../support/clock.ts'
import { refusal } from '../../support/refusal.ts'
import { makeSigningKey } from '../../support/signing-keys.ts'
import { makeTrustWorld } from '../../support/trust-context.ts'
import { readClaims } from '../../support/tokens.ts'

const usual: IntrospectionIssuerOptions = {
  type: 'introspection',
  issuer: 'https://opaque.example',
  clientId: 'reports',
  authentication: { type: 'client_secret_basic', secret: 'a-secret' },
}

const introspectionAt = (
  server: IntrospectionServer,
): Pick<IntrospectionIssuerOptions, 'issuer' | 'authentication'> => ({
  issuer: server.issuer,
  authentication: server.trust().authentication,
})

async function askAbout(issuer: OAuthTrustedIssuer, token: string): Promise<Readonly<Record<string, unknown>>> {
  return (await issuer.introspection?.ask(token))?.document ?? assert.fail('it is not asked')
}

describe('createIntrospectionIssuer', () => {
  let server: IntrospectionServer
  let certificate: TestCertificate

  before(async () => {
    server = await startIntrospectionServer(fixedClock)
    certificate = await makeCertificate({ commonName: 'Reports', keyType: 'ec256' })
  })
  after(() => server.close())

  const make = (changes: Partial<IntrospectionIssuerOptions> = {}): OAuthTrustedIssuer =>
    createIntrospectionIssuer(server.trust(changes), makeTrustWorld().context)

  it('has the defaults of an OAuth issuer, no keys, and no longest lifetime', () => {
    const { context } = makeTrustWorld()
    const { keys, introspection, ...issuer } = createIntrospectionIssuer(usual, context)
    assert.deepEqual([issuer.name, issuer.issuerNames, issuer.protocol], [usual.issuer, [usual.issuer], 'oauth'])
    assert.equal(issuer.maximumLifetimeSeconds, Infinity)
    assert.equal(keys.state().value, undefined)
    const { accepts, tokenPrefix, acceptsMissingAudience, acceptsMissingTokenType } = introspection ?? assert.fail()
    assert.deepEqual(
      { accepts, tokenPrefix, acceptsMissingAudience, acceptsMissingTokenType },
      {
        ...{ accepts: 'opaque', tokenPrefix: undefined },
        ...{ acceptsMissingAudience: false, acceptsMissingTokenType: false },
      },
    )
    assert.equal(createIntrospectionIssuer({ ...usual, maximumLifetimeSeconds: 9 }, context).maximumLifetimeSeconds, 9)
  })

  it('discovers where to ask before the first question, once', async () => {
    const issuer = make()
    const before = server.requests.length
    const keySet = await issuer.keys.current()
    assert.deepEqual(keySet.keys, [])
    assert.throws(() => keySet.findKey({ alg: 'RS256' }), refusal('ERR_S2S_KEY_UNKNOWN'))
    assert.equal(issuer.keys.current(), keySet)
    assert.deepEqual(await issuer.keys.refresh(), { value: keySet, fresh: false })
    assert.equal((await askAbout(issuer, server.token()))['active'], true)
    assert.deepEqual(server.requests.slice(before), ['GET /.well-known/openid-configuration', 'POST /introspect'])
    assert.equal(issuer.keys.failing(), false)
    issuer.keys.close()
  })

  it('asks at introspectionEndpoint without discovery', async () => {
    const before = server.requests.length
    const issuer = make({ introspectionEndpoint: `${server.issuer}/introspect`, issuer: 'https://elsewhere.example' })
    assert.deepEqual(issuer.keys.state().value?.keys, [])
    assert.equal((await askAbout(issuer, server.token()))['active'], true)
    assert.deepEqual(server.requests.slice(before), ['POST /introspect'])
  })

  it('is out of reach when its document cannot be had, in words of its own', async () => {
    const { context, events } = makeTrustWorld()
    const issuer = createIntrospectionIssuer(server.trust({ issuer: `${server.issuer}/other` }), context)
    await assert.rejects(
      askAbout(issuer, 'token-of-twenty-characters'),
      refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', /status 404$/),
    )
    assert.equal(issuer.keys.failing(), true)
    assert.match(String(issuer.keys.state().failure), /cannot be asked/)
    assert.deepEqual(
      events.map(({ name, issuer: about, code }) => [name, about, code]),
      [['introspection.unavailable', 'asked', 'ERR_S2S_INTROSPECTION_UNAVAILABLE']],
    )
  })

  it('says why it is out of reach before anybody asked', async () => {
    const issuer = make({ issuer: `${server.issuer}/other` })
    await assert.rejects(async () => issuer.keys.current(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    assert.match(String(issuer.keys.state().failure), /cannot be reached/)
  })

  it('asks through the fetch and the agent that it is given', async () => {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      asked.push(`${init?.method ?? 'GET'} ${input instanceof Request ? input.url : String(input)}`)
      return Promise.resolve(Response.json({ active: false }))
    }
    const introspectionEndpoint = 'https://opaque.example/introspect'
    const issuer = createIntrospectionIssuer({ ...usual, introspectionEndpoint, fetch }, makeTrustWorld().context)
    assert.equal((await askAbout(issuer, 'token-of-twenty-characters'))['active'], false)
    assert.deepEqual(asked, [`POST ${introspectionEndpoint}`])
    const agent = new https.Agent({ ca: server.ca })
    const other = createIntrospectionIssuer({ ...usual, ...introspectionAt(server), agent }, makeTrustWorld().context)
    assert.equal((await askAbout(other, server.token()))['active'], true)
  })

  it('signs assertions for the issuer with the key of now', async () => {
    const key = await makeSigningKey({ commonName: 'Reports' })
    const { context } = makeTrustWorld({ currentKey: () => key })
    const issuer = createIntrospectionIssuer(server.trust({ authentication: { type: 'private_key_jwt' } }), context)
    await assert.rejects(askAbout(issuer, server.token()), refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', /may not ask/))
    const assertion = server.questions.at(-1)?.form['client_assertion'] ?? ''
    assert.equal(readClaims(assertion)['aud'], server.issuer)
  })

  it('signs them with a key of its own, without self', async () => {
    const key = { privateKey: certificate.privateKeyPem, certificate: certificate.certificatePem }
    const issuer = make({ authentication: { type: 'private_key_jwt', key } })
    await assert.rejects(askAbout(issuer, server.token()), refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', /may not ask/))
    assert.equal(readClaims(server.questions.at(-1)?.form['client_assertion'] ?? '')['iss'], 'reports')
  })

  const key = (): IntrospectionIssuerOptions['authentication'] => ({ type: 'private_key_jwt' })
  const mtls = (): IntrospectionIssuerOptions['authentication'] => ({
    ...{ type: 'mtls', certificate: certificate.certificatePem, privateKey: certificate.privateKeyPem },
  })
  const mistakes: readonly (readonly [RegExp, () => Partial<IntrospectionIssuerOptions>])[] = [
    [/authentication\.secret is empty/, () => ({ authentication: { type: 'client_secret_post', secret: '\n' } })],
    [
      /authentication\.secret: the file .* cannot be read/,
      () => ({ authentication: { type: 'client_secret_post', secret: { file: '/nowhere' } } }),
    ],
    [/authentication\.key is missing; give a key, or set self\.signingKeys/, () => ({ authentication: key() })],
    [
      /assertionAudience must be left out/,
      () => ({ authentication: { type: 'private_key_jwt', assertionAudience: 'token-endpoint' } }),
    ],
    [/agent and fetch must be left out with mtls/, () => ({ authentication: mtls(), agent: new https.Agent() })],
    [/agent and fetch must be left out with mtls/, () => ({ authentication: mtls(), fetch: globalThis.fetch })],
    [/must be one key pair/, () => ({ authentication: { type: 'mtls', certificate: 'a', privateKey: 'b' } })],
  ]
  for (const [message, changes] of mistakes) {
    it(`is refused at start: ${message.source}`, () => {
      assert.throws(() => make(changes()), { code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('shows its certificate also where the server has a fetch of its own', async () => {
    const { context } = makeTrustWorld({ fetchOptions: { fetch: () => assert.fail('the fetch shows no certificate') } })
    const issuer = createIntrospectionIssuer(server.trust({ authentication: mtls() }), context)
    await assert.rejects(askAbout(issuer, server.token()), refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', /may not ask/))
    assert.equal(server.questions.at(-1)?.form['client_id'], 'reports')
  })
})
