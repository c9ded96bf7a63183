import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createJwksKeySet } from '../../lib/keys/jwks-key-set.ts'
import { createOAuthIssuer, createS2SIssuer, expandIssuerName } from '../../lib/trust/issuer-policy.ts'
import { fixedKeys } from '../../lib/trust/static-issuer.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { oauthAudience, s2sAudience, self } from '../support/world.ts'

const { context } = makeTrustWorld()
const keys = fixedKeys(createJwksKeySet([]))
const issuer = 'https://login.example.com'
const parts = { name: 'farm', issuerNames: ['issuer@realm'], keys }

describe('createOAuthIssuer', () => {
  it('completes the options with the defaults', () => {
    assert.deepEqual(createOAuthIssuer({ issuer }, keys, context), {
      protocol: 'oauth',
      name: issuer,
      issuerNames: [issuer],
      audience: new Set([oauthAudience]),
      algorithms: new Set(['RS256', 'ES256']),
      acceptedTypes: new Set(['jwt', 'at+jwt', 'application/at+jwt']),
      clockToleranceSeconds: 60,
      maximumLifetimeSeconds: 86_400,
      permissionCeiling: undefined,
      shadow: false,
      strict: false,
      callerKind: 'rfc9068',
      permissionClaims: [],
      dpop: 'refused',
      mtls: 'refused',
      keys,
    })
  })

  it('takes what is given instead', () => {
    const given = {
      name: 'login',
      algorithms: ['PS256'],
      acceptedTypes: ['JWT', 'Special+JWT'],
      clockToleranceSeconds: 0,
      maximumLifetimeSeconds: 600,
      permissionCeiling: [],
      shadow: true,
      callerKind: 'keycloak',
      permissionClaims: [['realm_access', 'roles']],
    } as const
    const made = createOAuthIssuer({ issuer, ...given }, keys, context)
    assert.deepEqual(made, {
      ...given,
      audience: new Set([oauthAudience]),
      protocol: 'oauth',
      issuerNames: [issuer],
      algorithms: new Set(['PS256']),
      acceptedTypes: new Set(['jwt', 'special+jwt']),
      strict: false,
      dpop: 'refused',
      mtls: 'refused',
      keys,
    })
  })

  for (const { given, proofs, expected } of [
    { given: {}, proofs: { dpop: true, mtls: false }, expected: ['allowed', 'refused'] },
    { given: {}, proofs: { dpop: false, mtls: true }, expected: ['refused', 'allowed'] },
    { given: { dpop: 'required' }, proofs: { dpop: true, mtls: true }, expected: ['required', 'allowed'] },
    {
      given: { dpop: 'allowed', mtls: 'required' },
      proofs: { dpop: true, mtls: true },
      expected: ['allowed', 'required'],
    },
  ] as const) {
    it(`lets tokens be bound: ${expected.join(', ')}`, () => {
      const { dpop, mtls } = createOAuthIssuer({ issuer, ...given }, keys, makeTrustWorld({ proofs }).context)
      assert.deepEqual([dpop, mtls], expected)
    })
  }

  for (const given of [{ dpop: 'required' }, { dpop: 'allowed' }, { mtls: 'required' }, { mtls: 'allowed' }] as const) {
    it(`names the option that is missing for ${JSON.stringify(given)}`, () => {
      const [name = ''] = Object.keys(given)
      assert.throws(
        () => createOAuthIssuer({ issuer, ...given }, keys, context),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          new RegExp(`: ${name} needs the option ${{ dpop: 'dpop', mtls: 'clientCertificates' }[name] ?? ''} of`),
        ),
      )
    })
  }

  it('accepts only RFC 9068 types in strict mode, unless others are named', () => {
    const types = (options: { acceptedTypes?: readonly string[] }): readonly string[] => [
      ...createOAuthIssuer({ issuer, strict: true, ...options }, keys, context).acceptedTypes,
    ]
    assert.deepEqual(types({}), ['at+jwt', 'application/at+jwt'])
    assert.deepEqual(types({ acceptedTypes: ['JWT'] }), ['jwt'])
  })

  for (const { name, own, server, expected } of [
    { name: "the server's", own: undefined, server: ['a', 'b'], expected: ['a', 'b'] },
    { name: 'its own', own: 'c', server: ['a'], expected: ['c'] },
    { name: 'its own list', own: ['c', 'd'], server: [], expected: ['c', 'd'] },
  ]) {
    it(`takes as audience ${name}`, () => {
      const { audience } = createOAuthIssuer(
        { issuer, ...(own === undefined ? {} : { audience: own }) },
        keys,
        makeTrustWorld({ audience: server }).context,
      )
      assert.deepEqual([...audience], expected)
    })
  }

  it('refuses to be without any audience and says the fix', () => {
    assert.throws(
      () => createOAuthIssuer({ issuer }, keys, makeTrustWorld({ audience: [] }).context),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        `audience is missing for ${issuer}; set it to the value its tokens carry in "aud"`,
      ),
    )
  })
})

describe('createS2SIssuer', () => {
  it('completes the options with the defaults', () => {
    assert.deepEqual(
      { ...createS2SIssuer({}, parts, context) },
      {
        protocol: 's2s',
        name: 'farm',
        issuerNames: ['issuer@realm'],
        audience: new Set([s2sAudience]),
        algorithms: new Set(['RS256']),
        acceptedTypes: new Set(['jwt']),
        clockToleranceSeconds: 60,
        maximumLifetimeSeconds: 86_400,
        permissionCeiling: undefined,
        shadow: false,
        isTrustBroker: false,
        allowDelegation: false,
        acceptsUserTokens: false,
        acceptSecurityIdentifiers: false,
        keys,
      },
    )
  })

  it('takes what is given instead', () => {
    const given = {
      isTrustBroker: true,
      acceptsUserTokens: true,
      acceptSecurityIdentifiers: true,
      maximumLifetimeSeconds: 108_000,
    }
    const allowDelegation = { applications: ['client'] }
    const made = createS2SIssuer({ ...given, allowDelegation }, parts, context)
    assert.deepEqual(Object.fromEntries(Object.entries(made).filter(([name]) => Object.hasOwn(given, name))), given)
    assert.notEqual(made.allowDelegation, false)
  })

  it('tells the names of the moment: a metadata issuer learns its name later', () => {
    const later = { ...parts, issuerNames: [] as readonly string[] }
    const made = createS2SIssuer({}, later, context)
    assert.deepEqual(made.issuerNames, [])
    later.issuerNames = ['learnt@realm']
    assert.deepEqual(made.issuerNames, ['learnt@realm'])
  })

  it('writes the hosts of audiences in lower case', () => {
    assert.deepEqual(
      [...createS2SIssuer({ audience: 'Id/HOST:8443@Realm' }, parts, context).audience],
      ['Id/host:8443@Realm'],
    )
  })

  for (const audience of ['https://reports.example.com', 'id@realm', 'id/host', ['id/host@realm', 'id/host@*']]) {
    it(`refuses the audience ${audience.toString()}, which has not the three parts`, () => {
      assert.throws(
        () => createS2SIssuer({ audience }, parts, context),
        refusal('ERR_S2S_OPTION_INVALID', 'farm: write audience as clientId/host@realm'),
      )
    })
  }

  it('refuses to be without self and without audience, and says the fix', () => {
    assert.throws(
      () => createS2SIssuer({}, parts, makeTrustWorld({ selfAudience: [] }).context),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        /^self is missing; farm speaks S2S .*: set self: \{ clientId, realm, hosts \}$/,
      ),
    )
  })

  for (const [name, options] of Object.entries({
    'an issuer that is no broker': { allowDelegation: { applications: ['a'] } },
    'a broker without delegation': { isTrustBroker: true },
    'a broker with delegation switched off': { isTrustBroker: true, allowDelegation: false as const },
  })) {
    it(`refuses user tokens of ${name}`, () => {
      assert.throws(
        () => createS2SIssuer({ ...options, acceptsUserTokens: true }, parts, context),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          'farm: acceptsUserTokens needs isTrustBroker: true and allowDelegation: { applications: [...] }',
        ),
      )
    })
  }
})

describe('expandIssuerName', () => {
  it('is the name itself', () => {
    assert.deepEqual(expandIssuerName('issuer@realm', undefined, context), ['issuer@realm'])
  })

  it('is one name for each realm of a wildcard', () => {
    assert.deepEqual(expandIssuerName('issuer@*', ['one', 'two'], context), ['issuer@one', 'issuer@two'])
  })

  for (const { name, given, realms, message } of [
    {
      name: 'a wildcard without realms',
      given: 'issuer@*',
      realms: undefined,
      message: 'issuer@*: a wildcard realm is never a pattern; list the realms you trust in realms: [...]',
    },
    {
      name: 'realms without a wildcard',
      given: 'issuer@realm',
      realms: ['realm'],
      message: 'issuer@realm: realms is only for an issuer name that ends in @*; leave it out',
    },
  ]) {
    it(`refuses ${name}`, () => {
      assert.throws(() => expandIssuerName(given, realms, context), refusal('ERR_S2S_OPTION_INVALID', message))
    })
  }

  it("refuses this server's own name, also by a wildcard, and takes it when there is no self", () => {
    const own = `${self.clientId}@${self.realm}`
    const own2 = /is this server's own name \(self\); a server is never its own trusted issuer$/
    assert.throws(() => expandIssuerName(own, undefined, context), refusal('ERR_S2S_OPTION_INVALID', own2))
    assert.throws(
      () => expandIssuerName(`${self.clientId}@*`, ['other', self.realm], context),
      refusal('ERR_S2S_OPTION_INVALID', own2),
    )
    assert.deepEqual(expandIssuerName(own, undefined, makeTrustWorld({ ownName: undefined }).context), [own])
  })
})
