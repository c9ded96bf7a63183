import assert from 'node:assert/strict'
import { tokenHashOf } from '../../lib/verification/token-ids.ts'
import { describe, it, mock } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import type { ProfileQuery } from '../../lib/identity/rehydrate-user.ts'
import type { AuthenticatedCaller } from '../../lib/permissions/authenticate-caller.ts'
import { callerRefused, createCallerAuthenticator } from '../../lib/permissions/caller-authenticator.ts'
import type { VerifierOptions } from '../../lib/permissions/caller-options.ts'
import { createMemoryGrants } from '../../lib/permissions/grants.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { refusal } from '../support/refusal.ts'

const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
const clientId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const self = { clientId: '00000003-0000-0ff1-ce00-000000000000', realm, hosts: ['portal.fabrikam.example'] }
const audience = `${self.clientId}/portal.fabrikam.example@${realm}`
const farm = await makeFarm({ realm, clientId, issuerId: clientId, audience, clock: fixedClock })
const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: 'https://a', clock: fixedClock })
const issuer = {
  type: 's2s-certificate',
  name: 'farm',
  registeredIssuerName: farm.issuerName,
  certificates: farm.certificate.certificatePem,
} as const
const delegating = { ...issuer, allowDelegation: { applications: [clientId] } } as const
const options: VerifierOptions = { self, clock: fixedClock, trustedIssuers: [issuer] }

describe('createCallerAuthenticator', () => {
  it('refuses delegation when nobody is there to ask for the rights of users', () => {
    const alone: VerifierOptions = { ...options, trustedIssuers: [delegating] }
    assert.throws(() => createCallerAuthenticator(alone), { code: 'ERR_S2S_OPTION_INVALID', message: /userRights/ })
    createCallerAuthenticator({ ...alone, userRights: 'checked-by-handler' })
    createCallerAuthenticator({ ...alone, userRights: () => [] })
  })

  it('holds an issuer that is added later to the same condition', () => {
    const { issuers } = createCallerAuthenticator({ ...options, trustedIssuers: [] })
    assert.throws(() => {
      issuers.add(delegating)
    }, /userRights/)
    assert.deepEqual(issuers.list(), [])
    issuers.add(issuer)
    assert.equal(issuers.list().length, 1)
  })

  it('takes grants by the name of an issuer, by its iss, or as a store', async () => {
    const token = await farm.appOnlyToken()
    const grant = { application: clientId, permissions: ['reports.read'], appOnly: true }
    for (const grants of [
      [{ ...grant, issuer: 'farm' }],
      [{ ...grant, issuer: farm.issuerName }],
      createMemoryGrants([{ ...grant, issuer: 'farm' }]),
    ]) {
      const { authenticate } = createCallerAuthenticator({ ...options, grants })
      const { principal } = await authenticate(token, () => 'id')
      assert.deepEqual(principal.permissions, ['reports.read'])
    }
  })

  it('refuses a grant to an issuer that is not there, unless one has not told its name yet', () => {
    const grants = [{ issuer: 'farmm', application: clientId, permissions: ['reports.read'] }]
    assert.throws(() => createCallerAuthenticator({ ...options, grants }), /grants\[0\]\.issuer .*farm/)
    const unnamed = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata/json/1' } as const
    createCallerAuthenticator({ ...options, trustedIssuers: [issuer, unnamed], grants }).issuers.close()
  })

  it('audits acceptance, delegation and refusal, without the token', async () => {
    const events: AuditEvent[] = []
    const { authenticate } = createCallerAuthenticator({
      ...options,
      trustedIssuers: [delegating],
      userRights: 'checked-by-handler',
      onAuditEvent: (event) => events.push(event),
    })
    const tokens = [
      await farm.appOnlyToken({ jti: 'first' }),
      await farm.userToken({ upn: 'dana@fabrikam.example' }),
      await farm.appOnlyToken({ exp: '1' }),
      'no token',
    ]
    for (const token of tokens) {
      try {
        await authenticate(token, () => 'id')
      } catch {
        // Its event says why.
      }
    }
    assert.deepEqual(
      events.map(({ name, outcome, code, tokenId }) => [name, outcome, code, tokenId]),
      [
        ['token.accepted', 'accepted', undefined, 'first'],
        ['delegation.accepted', 'accepted', undefined, tokenHashOf(tokens[1] ?? '')],
        ['token.rejected', 'refused', 'ERR_S2S_TOKEN_EXPIRED', undefined],
        ['token.rejected', 'refused', 'ERR_S2S_TOKEN_MALFORMED', undefined],
      ],
    )
    assert.equal(events[1]?.user?.upn, 'dana@fabrikam.example')
    for (const token of tokens) assert.ok(!JSON.stringify(events).includes(token.slice(0, 40)))
  })

  it('says of an outage that nobody is guilty', async () => {
    const events: AuditEvent[] = []
    const { authenticate, issuers } = createCallerAuthenticator({
      ...options,
      audience: 'https://a',
      trustedIssuers: [{ type: 'openid', issuer: oauth.issuer, jwksUri: 'https://unreachable.example/jwks' }],
      fetch: () => Promise.reject(new Error('no network')),
      onAuditEvent: (event) => events.push(event),
    })
    await assert.rejects(async () => authenticate(await oauth.token(), () => 'id'), {
      code: 'ERR_S2S_KEYS_UNREACHABLE',
    })
    assert.deepEqual(
      events.map(({ name, outcome }) => [name, outcome]),
      [
        ['keys.unavailable', 'unavailable'],
        ['verifier.unavailable', 'unavailable'],
      ],
    )
    issuers.close()
  })

  it("audits no refusal for a fault of a grant store, which is nobody's token", async () => {
    const events: AuditEvent[] = []
    const bug = new TypeError('a bug')
    const grantsOf = (): never => {
      throw bug
    }
    const { authenticate } = createCallerAuthenticator({
      ...options,
      grants: { grantsOf },
      onAuditEvent: (event) => events.push(event),
    })
    await assert.rejects(async () => authenticate(await farm.appOnlyToken(), () => 'id'), bug)
    assert.deepEqual(events, [])
  })

  it('names the user of an OAuth token in the event, and holds the ceiling and the paths of its issuer', async () => {
    const events: AuditEvent[] = []
    const { authenticate } = createCallerAuthenticator({
      ...options,
      audience: ['https://a'],
      trustedIssuers: [
        {
          type: 'static',
          name: 'login',
          issuer: oauth.issuer,
          jwks: oauth.jwks(),
          permissionCeiling: ['a', 'b'],
          permissionClaims: [['groups']],
        },
      ],
      onAuditEvent: (event) => events.push(event),
    })
    const token = await oauth.token({ claims: { sub: 'dana', scope: 'a c', groups: ['b', 'd'], jti: 5 } })
    const { principal } = await authenticate(token, () => 'id')
    assert.deepEqual([...principal.permissions].sort(), ['a', 'b'])
    assert.deepEqual(
      events.map(({ name, kind, user, tokenId }) => [name, kind, user?.id, tokenId]),
      [['token.accepted', 'user+app', 'dana', tokenHashOf(token)]],
    )
  })

  const login = { type: 'static', name: 'login', issuer: oauth.issuer, jwks: oauth.jwks() } as const

  it('says which option is missing for delegation, and which issuer allows it', () => {
    assert.throws(
      () => createCallerAuthenticator({ ...options, trustedIssuers: [delegating] }),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        "farm allows delegation: give userRights(user, request) or findProfiles, or write userRights: 'checked-by-handler'",
      ),
    )
    createCallerAuthenticator({ ...options, trustedIssuers: [delegating], findProfiles: () => [] })
  })

  it('says whose grants it would take', () => {
    const grants = [
      { issuer: 'farm', application: clientId, permissions: [] },
      { issuer: 'farmm', application: clientId, permissions: [] },
    ]
    assert.throws(
      () => createCallerAuthenticator({ ...options, audience: 'https://a', trustedIssuers: [issuer, login], grants }),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        `grants[1].issuer is not among trustedIssuers; write the issuer's name or iss: farm, ${farm.issuerName}, login, ${oauth.issuer}`,
      ),
    )
  })

  it('gives nothing to S2S applications without grants', async () => {
    const { principal } = await createCallerAuthenticator(options).authenticate(await farm.appOnlyToken(), () => 'id')
    assert.deepEqual(principal.permissions, [])
  })

  it('is never a trusted issuer of its own, by name or by certificate', () => {
    const named = { ...issuer, registeredIssuerName: `${self.clientId}@${realm}` }
    assert.throws(
      () => createCallerAuthenticator({ ...options, trustedIssuers: [named] }),
      refusal('ERR_S2S_OPTION_INVALID', /is this server's own name/),
    )
    const certificates = [farm.certificate.certificatePem]
    assert.throws(
      () => createCallerAuthenticator({ ...options, self: { ...self, certificates } }),
      refusal('ERR_S2S_OPTION_INVALID', /this is the server's own certificate/),
    )
    const signingKeys = { current: { privateKey: farm.certificate.privateKeyPem, certificate: certificates[0] ?? '' } }
    assert.throws(
      () => createCallerAuthenticator({ ...options, self: { ...self, signingKeys } }),
      refusal('ERR_S2S_OPTION_INVALID', /this is the server's own certificate/),
    )
    const { signingKeys: read } = createCallerAuthenticator({
      ...options,
      trustedIssuers: [],
      self: { ...self, signingKeys },
    })
    assert.equal(read?.published().length, 1)
    assert.equal(createCallerAuthenticator(options).signingKeys, undefined)
    assert.throws(
      () =>
        createCallerAuthenticator({
          ...options,
          self: { ...self, signingKeys: { current: { ...signingKeys.current, privateKey: 'none' } } },
        }),
      refusal('ERR_S2S_OPTION_INVALID', /^options\.self\.signingKeys/),
    )
  })

  it('needs an audience for OAuth tokens, one or several', async () => {
    const trustedIssuers = [login]
    assert.throws(
      () => createCallerAuthenticator({ ...options, trustedIssuers }),
      refusal('ERR_S2S_OPTION_INVALID', /^audience is missing/),
    )
    for (const audience of ['https://a', ['https://b', 'https://a']]) {
      const { authenticate } = createCallerAuthenticator({ clock: fixedClock, trustedIssuers, audience })
      assert.equal((await authenticate(await oauth.token(), () => 'id')).principal.issuer, 'login')
    }
  })

  it("tells the time by the system's clock unless it is given another", () => {
    const { clock } = createCallerAuthenticator({ trustedIssuers: [] })
    assert.ok(Math.abs(clock() - Date.now() / 1000) < 60)
    assert.equal(createCallerAuthenticator({ trustedIssuers: [], clock: fixedClock }).clock, fixedClock)
  })

  it('answers at once when nothing has to be fetched, and throws at once', async () => {
    const { authenticate } = createCallerAuthenticator(options)
    assert.ok(!(authenticate(await farm.appOnlyToken(), () => 'id') instanceof Promise))
    assert.throws(() => authenticate('no token', () => 'id'), refusal('ERR_S2S_TOKEN_MALFORMED'))
  })

  it('makes one caller of one token, and another of a token with other times', async () => {
    const { authenticate } = createCallerAuthenticator(options)
    const callerOf = async (claims: object): Promise<AuthenticatedCaller> =>
      authenticate(await farm.appOnlyToken({ ...claims }), () => 'id')
    const first = await callerOf({ jti: '1' })
    assert.equal(await callerOf({ jti: '1' }), first)
    assert.equal(await callerOf({ jti: '2' }), first, 'times and caller are the same')
    const { issuedAt, expiresAt } = first.principal.token
    const longer = await callerOf({ exp: String(expiresAt + 1) })
    assert.deepEqual([longer.principal.token.issuedAt, longer.principal.token.expiresAt], [issuedAt, expiresAt + 1])
    const later = await callerOf({ exp: String(expiresAt + 1), iat: NOW })
    assert.deepEqual([later.principal.token.issuedAt, later.principal.token.expiresAt], [NOW, expiresAt + 1])
    assert.notEqual(longer, first)
    assert.notEqual(later, longer)
  })

  it('fetches with its own fetch and limits where an issuer has none', async () => {
    const asked: string[] = []
    const document = JSON.stringify(oauth.jwks())
    const { authenticate, issuers } = createCallerAuthenticator({
      clock: fixedClock,
      audience: 'https://a',
      trustedIssuers: [{ type: 'openid', issuer: oauth.issuer, jwksUri: 'https://login.example.com/jwks' }],
      fetch: (url) => {
        assert.ok(typeof url === 'string')
        asked.push(url)
        return Promise.resolve(new Response(document))
      },
      maximumBytes: document.length - 1,
    })
    await assert.rejects(
      async () => authenticate(await oauth.token(), () => 'id'),
      refusal('ERR_S2S_KEYS_UNREACHABLE', /sent more than \d+ bytes/),
    )
    assert.deepEqual(asked, ['https://login.example.com/jwks'])
    issuers.close()
  })
})

describe('a caller authenticator and who is suspended', () => {
  const unnamed = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata/json/1' } as const
  const tenancy = { type: 'microsoft365', name: 'cloud', tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47' } as const

  it('knows its issuers by name, iss and preset, and no other', async () => {
    const { suspensions, close } = createCallerAuthenticator({ ...options, trustedIssuers: [issuer, tenancy] })
    for (const name of ['farm', farm.issuerName, 'cloud', `cloud:${tenancy.tenantId}`]) {
      assert.equal((await suspensions.suspend({ issuer: name })).issuer, name)
    }
    await assert.rejects(suspensions.suspend({ issuer: 'farmm' }), refusal('ERR_S2S_OPTION_INVALID'))
    close()
  })

  it('takes any name while an issuer has not told its own', async () => {
    const { suspensions, close } = createCallerAuthenticator({ ...options, trustedIssuers: [issuer, unnamed] })
    assert.equal((await suspensions.suspend({ issuer: 'farmm' })).issuer, 'farmm')
    close()
  })

  it('refuses who is suspended, and names it in the event', async () => {
    const events: AuditEvent[] = []
    const { authenticate, suspensions } = createCallerAuthenticator({
      ...options,
      onAuditEvent: (event) => events.push(event),
    })
    await suspensions.suspend({ application: clientId })
    const token = await farm.appOnlyToken({ jti: 'one' })
    await assert.rejects(async () => authenticate(token, () => 'id'), refusal('ERR_S2S_TOKEN_SUSPENDED'))
    const { name, code, application, tokenId } = events.at(-1) ?? {}
    assert.deepEqual(
      [name, code, application?.id, tokenId],
      ['token.rejected', 'ERR_S2S_TOKEN_SUSPENDED', clientId, 'one'],
    )
  })

  it('serves the suspensions of the configuration before from when it is told to', async () => {
    const first = createCallerAuthenticator(options)
    const renamed = { ...options, trustedIssuers: [{ ...issuer, name: 'renamed' }] }
    const second = createCallerAuthenticator(renamed, { before: first.heritage })
    assert.equal(second.suspensions, first.suspensions)
    await first.suspensions.suspend({ issuer: 'farm' })
    await assert.rejects(second.suspensions.suspend({ issuer: 'renamed' }), refusal('ERR_S2S_OPTION_INVALID'))
    second.takeEffect()
    await second.suspensions.suspend({ issuer: 'renamed' })
    await assert.rejects(first.suspensions.suspend({ issuer: 'farm' }), refusal('ERR_S2S_OPTION_INVALID'))
  })

  it('proves tokens that were exposed', async () => {
    const { proveSignedToken } = createCallerAuthenticator(options)
    assert.equal((await proveSignedToken(await farm.appOnlyToken())).issuerName, farm.issuerName)
  })

  it('is ready when the keys are there, and stops refreshing them when it is closed', async () => {
    const reachable = createCallerAuthenticator({
      audience: 'https://a',
      trustedIssuers: [{ type: 'openid', issuer: oauth.issuer, jwksUri: 'https://login.example.com/jwks' }],
      fetch: () => Promise.resolve(new Response(JSON.stringify(oauth.jwks()))),
    })
    await reachable.ready()
    const cleared = mock.method(globalThis, 'clearTimeout')
    reachable.close()
    assert.equal(cleared.mock.callCount(), 1)
    cleared.mock.restore()
    const unreachable = createCallerAuthenticator({
      audience: 'https://a',
      trustedIssuers: [{ type: 'openid', issuer: oauth.issuer }],
      fetch: () => Promise.reject(new Error('no network')),
    })
    await assert.rejects(unreachable.ready(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    unreachable.close()
  })
})

describe('createCallerAuthenticator with findProfiles', () => {
  const dana = { upn: 'dana@fabrikam.example' }
  const profile = { id: '17', rights: ['reports.read'] }

  /** A verifier whose only user is dana, and what was looked up. */
  function withProfiles(changes: Partial<VerifierOptions> = {}) {
    const asked: ProfileQuery[] = []
    const events: AuditEvent[] = []
    const authenticator = createCallerAuthenticator({
      ...options,
      audience: 'https://a',
      trustedIssuers: [delegating, { type: 'static', name: 'login', issuer: oauth.issuer, jwks: oauth.jwks() }],
      findProfiles: (query) => {
        asked.push(query)
        return query.value === dana.upn || query.value === 'dana' ? [profile] : []
      },
      onAuditEvent: (event) => events.push(event),
      ...changes,
    })
    return { asked, events, authenticate: (token: string) => authenticator.authenticate(token, () => 'id') }
  }

  it('gives a user whom an application names its one profile', async () => {
    const { asked, events, authenticate } = withProfiles()
    const { principal } = await authenticate(await farm.userToken(dana))
    assert.equal(principal.user?.profile, profile)
    assert.equal(principal.user.upn, dana.upn)
    assert.ok(Object.isFrozen(principal.user))
    assert.deepEqual(
      asked.map(({ attribute, value, issuer: name }) => [attribute, value, name]),
      [['upn', dana.upn, 'farm']],
    )
    assert.deepEqual(
      events.map(({ name, user }) => [name, user?.profileId]),
      [['delegation.accepted', '17']],
    )
  })

  it('refuses a user who has none, and says who asked', async () => {
    const { events, authenticate } = withProfiles()
    await assert.rejects(
      async () => authenticate(await farm.userToken({ upn: 'eve@fabrikam.example' })),
      refusal('ERR_S2S_USER_NOT_FOUND'),
    )
    assert.deepEqual(
      events.map(({ name, code, issuer: by, application, user }) => [name, code, by, application?.id, user?.upn]),
      [['token.rejected', 'ERR_S2S_USER_NOT_FOUND', 'farm', clientId, 'eve@fabrikam.example']],
    )
  })

  it('looks nobody up for an application on its own', async () => {
    const { asked, authenticate } = withProfiles()
    assert.equal((await authenticate(await farm.appOnlyToken())).principal.user, undefined)
    assert.deepEqual(asked, [])
  })

  for (const profileOptions of [undefined, {}, { includeOAuthUsers: false }, { includeOAuthUsers: true }]) {
    const isAsked = profileOptions?.includeOAuthUsers === true
    it(`${isAsked ? 'looks up' : 'does not look up'} the user of an OAuth token with ${JSON.stringify(profileOptions)}`, async () => {
      const { asked, authenticate } = withProfiles(profileOptions === undefined ? {} : { profileOptions })
      const token = await oauth.token({ claims: { sub: 'dana' } })
      const { principal } = await authenticate(token)
      assert.equal(principal.user?.profile, isAsked ? profile : undefined)
      assert.equal(asked.length, isAsked ? 1 : 0)
    })
  }

  it('hands its other options on', async () => {
    const { authenticate } = withProfiles({ profileOptions: { userStores: { other: 'windows' } } })
    const token = await farm.userToken({ nameid: 's-1-5-21-1107', nii: 'urn:office:idp:activedirectory' })
    await assert.rejects(async () => authenticate(token), refusal('ERR_S2S_USER_STORE_UNKNOWN'))
  })
})

describe('callerRefused', () => {
  it("is the refusal of the application's own callback", () => {
    assert.ok(refusal('ERR_S2S_CALLER_REFUSED', 'the verify callback refused the caller')(callerRefused()))
    assert.ok(callerRefused() instanceof TokenError)
  })
})
