import assert from 'node:assert/strict'
import { verify as verifySignature } from 'node:crypto'
import { describe, it } from 'node:test'
import { TokenError } from '../../lib/foundation/errors.ts'
import {
  longestLifetimeSeconds,
  mintAppOnlyToken,
  mintUserToken,
  type MintInput,
} from '../../lib/outgoing/mint-token.ts'
import { createDelegationPolicy } from '../../lib/trust/delegation.ts'
import { createTokenVerifier, type VerifyToken } from '../../lib/verification/token-verifier.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeCertificate } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'
import { readSigningKey } from '../../lib/keys/signing-key.ts'
import { readClaims } from '../support/tokens.ts'
import { issuerOfFarm } from '../support/trusted-issuers.ts'
import { readWorkedExample } from '../support/vectors.ts'
import { dana, s2sAudience, self } from '../support/world.ts'

const clientId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const certificate = await makeCertificate({ commonName: 'Spec Caller' })
const key = readSigningKey({ privateKey: certificate.privateKeyPem, certificate: certificate.certificatePem }, 'spec')
const issuerId = 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d'
const input: MintInput = {
  issuer: `${issuerId}@${self.realm}`,
  application: `${clientId}@${self.realm}`,
  audience: s2sAudience,
  clock: fixedClock,
}
const addresses = { upn: dana.upn, smtp: dana.upn, sip: dana.upn }

/** A server that trusts the caller as a broker whose application may act for users. */
const verify: VerifyToken = await makeVerifier()

async function makeVerifier(): Promise<VerifyToken> {
  const farm = await makeFarm({ ...self, clientId, issuerId, audience: s2sAudience, clock: fixedClock, certificate })
  const allowDelegation = createDelegationPolicy({ applications: [clientId] }, 'farm')
  const trusted = issuerOfFarm(farm, { isTrustBroker: true, allowDelegation })
  const find = (name: string): typeof trusted => {
    if (trusted.issuerNames.includes(name)) return trusted
    throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED')
  }
  return createTokenVerifier({ issuers: { find }, clock: fixedClock })
}

function readHeader(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
}

describe('mintAppOnlyToken', () => {
  it('has the header and the claims of the protocol, texts everywhere', async () => {
    const { token, expiresAt } = await mintAppOnlyToken(key, input)
    assert.deepEqual(readHeader(token), { typ: 'JWT', alg: 'RS256', x5t: key.x5t, kid: key.x5t })
    assert.deepEqual(readClaims(token), {
      aud: s2sAudience,
      iss: input.issuer,
      nameid: input.application,
      nbf: String(NOW),
      exp: String(NOW + 3600),
    })
    assert.equal(expiresAt, NOW + 3600)
  })

  it('has the claims of the worked example, to the letter', async () => {
    const example = readWorkedExample()
    const clock = (): number => 1_798_761_600
    const { token } = await mintAppOnlyToken(key, { ...example, clock })
    assert.deepEqual(readClaims(token), readClaims(example.appOnly))
  })

  it('is signed with RSA and SHA-256 over header and claims', async () => {
    const { token } = await mintAppOnlyToken(key, input)
    const [header = '', claims = '', signature = ''] = token.split('.')
    const text = Buffer.from(`${header}.${claims}`)
    assert.ok(verifySignature('sha256', text, certificate.publicKey, Buffer.from(signature, 'base64url')))
  })

  it('is accepted by our own verifier as the application alone', async () => {
    const verified = await verify((await mintAppOnlyToken(key, input)).token)
    assert.ok(verified.format === 's2s-app')
    assert.deepEqual(verified.application, { id: clientId, realm: self.realm })
  })

  it('never says that the application is trusted for delegation', async () => {
    const claims = readClaims((await mintAppOnlyToken(key, input)).token)
    assert.ok(!('trustedfordelegation' in claims))
  })

  it('writes names in lower case', async () => {
    const upper = { ...input, issuer: input.issuer.toUpperCase(), application: input.application.toUpperCase() }
    const { token } = await mintAppOnlyToken(key, { ...upper, audience: s2sAudience.toUpperCase() })
    const { aud, iss, nameid } = readClaims(token)
    assert.deepEqual([aud, iss, nameid], [s2sAudience, input.issuer, input.application])
  })

  it('makes an access token of RFC 9068: numbers, its own type, an identifier of its own', async () => {
    const names = { issuer: 'https://Us.example', application: 'App', audience: 'https://Reports.example' }
    const make = (): ReturnType<typeof mintAppOnlyToken> =>
      mintAppOnlyToken(key, { ...input, ...names, spelling: 'rfc9068' })
    const [first, second] = [readClaims((await make()).token), readClaims((await make()).token)]
    const { jti, ...claims } = first
    assert.deepEqual(claims, {
      iss: names.issuer,
      aud: names.audience,
      sub: 'App',
      client_id: 'App',
      iat: NOW,
      exp: NOW + 3600,
    })
    assert.match(String(jti), /^[0-9a-f-]{36}$/)
    assert.notEqual(jti, second['jti'])
    assert.deepEqual(readHeader((await make()).token), { typ: 'at+jwt', alg: 'RS256', x5t: key.x5t, kid: key.x5t })
  })

  for (const [lifetimeSeconds, seconds] of [
    [1, 1],
    [60.9, 60],
    [longestLifetimeSeconds, 43_200],
  ] as const) {
    it(`may live for ${lifetimeSeconds} seconds`, async () => {
      const { token, expiresAt } = await mintAppOnlyToken(key, { ...input, lifetimeSeconds, clock: () => NOW + 0.7 })
      assert.equal(expiresAt, NOW + seconds)
      assert.deepEqual([readClaims(token)['nbf'], readClaims(token)['exp']], [String(NOW), String(expiresAt)])
    })
  }

  for (const lifetimeSeconds of [0, -1, 0.5, longestLifetimeSeconds + 1, Infinity, NaN]) {
    it(`may not live for ${lifetimeSeconds} seconds`, async () => {
      const told = /between 1 and 43200/
      await assert.rejects(
        mintAppOnlyToken(key, { ...input, lifetimeSeconds }),
        refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', told),
      )
      await assert.rejects(
        mintUserToken(key, { ...input, lifetimeSeconds }, dana),
        refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', told),
      )
    })
  }
})

describe('mintUserToken', () => {
  it('is an unsigned token with the user around a signed token with the application', async () => {
    const { token, expiresAt } = await mintUserToken(key, input, { ...dana, ...addresses })
    const { actortoken, ...outer } = readClaims(token)
    assert.ok(token.endsWith('.'))
    assert.deepEqual(readHeader(token), { typ: 'JWT', alg: 'none' })
    const common = { aud: s2sAudience, nbf: String(NOW), exp: String(NOW + 3600) }
    assert.deepEqual(outer, { ...common, iss: input.application, ...dana, ...addresses })
    assert.deepEqual(readHeader(String(actortoken)), { typ: 'JWT', alg: 'RS256', x5t: key.x5t, kid: key.x5t })
    assert.deepEqual(readClaims(String(actortoken)), {
      ...common,
      iss: input.issuer,
      nameid: input.application,
      trustedfordelegation: 'true',
    })
    assert.equal(expiresAt, NOW + 3600)
  })

  it('has the claims of the worked example, to the letter', async () => {
    const example = readWorkedExample()
    const clock = (): number => 1_798_761_600
    const { token } = await mintUserToken(key, { ...example, clock }, { ...dana, ...addresses })
    const { actortoken, ...outer } = readClaims(token)
    const { actortoken: expectedActor, ...expected } = readClaims(example.userAndApp)
    assert.deepEqual(outer, expected)
    assert.deepEqual(readClaims(String(actortoken)), readClaims(String(expectedActor)))
  })

  it('is accepted by our own verifier as the application and the user', async () => {
    const verified = await verify((await mintUserToken(key, input, { ...dana, ...addresses })).token)
    assert.ok(verified.format === 's2s-user')
    assert.deepEqual(verified.application, { id: clientId, realm: self.realm })
    assert.deepEqual({ ...verified.user }, { ...dana, ...addresses })
  })

  for (const user of [{ nameid: dana.nameid, nii: dana.nii }, { upn: 'a' }, { smtp: 'a' }, { sip: 'a' }]) {
    it(`needs no more than ${Object.keys(user).join(' and ')}`, async () => {
      const verified = await verify((await mintUserToken(key, input, user)).token)
      assert.ok(verified.format === 's2s-user')
      assert.deepEqual({ ...verified.user }, user)
    })
  }

  it('writes identifiers in lower case, but not the name of the user store', async () => {
    const { token } = await mintUserToken(key, input, {
      nameid: 'S-1-5-21-1',
      nii: 'urn:federation:MicrosoftOnline',
      upn: 'DANA@Fabrikam.Example',
      smtp: 'JÜRGEN@x',
    })
    const { nameid, nii, upn, smtp } = readClaims(token)
    assert.deepEqual(
      [nameid, nii, upn, smtp],
      ['s-1-5-21-1', 'urn:federation:MicrosoftOnline', 'dana@fabrikam.example', 'jürgen@x'],
    )
  })

  for (const [look, other] of [
    ['mi\u212Ae@x', 'mike@x'],
    ['d\u0130na@x', 'dina@x'],
    ['\u212Bsa@x', 'åsa@x'],
    ['\u2126@x', 'ω@x'],
  ] as const) {
    it(`does not make ${JSON.stringify(look)} somebody else: ${other}`, async () => {
      const upn = String(readClaims((await mintUserToken(key, input, { upn: look })).token)['upn'])
      assert.equal(upn, look)
    })
  }

  it('carries nothing of the user but identifiers', async () => {
    const user = { upn: 'dana', actortoken: 'x', iss: 'evil', roles: ['admin'] }
    const claims = readClaims((await mintUserToken(key, input, user)).token)
    assert.deepEqual(Object.keys(claims), ['aud', 'iss', 'upn', 'nbf', 'exp', 'actortoken'])
    assert.equal(claims['iss'], input.application)
  })

  for (const user of [{}, { nii: dana.nii }]) {
    it(`refuses a user without identifier: ${JSON.stringify(user)}`, async () => {
      await assert.rejects(mintUserToken(key, input, user), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /no nameid/))
    })
  }

  it('does not exist in the spelling of RFC 9068, which has no unsigned tokens', async () => {
    const minting = mintUserToken(key, { ...input, spelling: 'rfc9068' }, dana)
    await assert.rejects(minting, refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /token exchange/))
  })
})
