import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { createTestIssuer } from '../../../lib/testing/create-test-issuer.ts'
import { fixedClock, NOW } from '../../support/clock.ts'
import { audience, describeDialect, shapeOf } from '../../support/dialect-table.ts'

const client = '1example23456789'
const common = { type: 'static', audience, clock: fixedClock } as const
const pool = await createTestIssuer({
  ...common,
  name: 'pool',
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
  trust: { callerKind: 'cognito', clientIds: [client] },
})
/** A pool of the same region whose clients nobody listed: its tokens need an audience. */
const strict = await createTestIssuer({
  ...common,
  name: 'strict',
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_strict',
  trust: { callerKind: 'cognito' },
})

/** As Cognito writes it for client credentials. */
const shape = {
  aud: undefined,
  auth_time: NOW,
  client_id: client,
  exp: NOW + 3600,
  iat: NOW,
  jti: '0c1b5c5e-3d3b-4b0a-8a4e-6f1f5e0f7a11',
  scope: 'reports-api/read reports-api/write',
  sub: client,
  token_use: 'access',
  version: 2,
}
const token = shapeOf(pool, shape)
const claims = (changes: object): string => token({ claims: { ...changes } })
const permissions = ['reports-api/read', 'reports-api/write']
/** As Cognito writes it for a user who signed in with that client. */
const user = {
  sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  username: 'dana',
  'cognito:groups': ['admins'],
  event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
  scope: 'aws.cognito.signin.user.admin openid',
}

function principal(changes: Partial<S2SPrincipal> = {}): Omit<S2SPrincipal, 'token'> {
  const application = { id: client }
  return { kind: 'app', application, issuer: 'pool', actorChain: [client], permissions, ...changes }
}

describeDialect('access tokens of Cognito', {
  server: { trustedIssuers: [pool.options, strict.options] },
  accepted: [
    ['a machine, by its client', token(), principal()],
    [
      'one with the audience of this server',
      claims({ aud: audience, client_id: 'other', sub: 'other' }),
      principal({ application: { id: 'other' }, actorChain: ['other'] }),
    ],
    [
      'a user of a listed client',
      claims(user),
      principal({
        kind: 'user+app',
        user: { issuer: 'pool', id: user.sub },
        permissions: ['aws.cognito.signin.user.admin', 'openid'],
      }),
    ],
  ],
  refused: [
    ['a client that is not listed', claims({ client_id: 'other', sub: 'other' }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['a listed client in capitals', claims({ client_id: client.toUpperCase() }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['no client', claims({ client_id: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['a list of clients', claims({ client_id: [client] }), 'ERR_S2S_CLAIM_INVALID'],
    ['the listed client in azp only', claims({ client_id: 'other', azp: client }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    [
      'a listed client with another audience',
      claims({ aud: 'https://other.example.com' }),
      'ERR_S2S_AUDIENCE_MISMATCH',
    ],
    ['a listed client as audience', claims({ aud: client }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an audience that is null', claims({ aud: null }), 'ERR_S2S_CLAIM_INVALID'],
    ['an empty list of audiences', claims({ aud: [] }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'the ID token of a user',
      claims({ ...user, aud: client, client_id: undefined, token_use: 'id', 'cognito:username': 'dana' }),
      'ERR_S2S_AUDIENCE_MISMATCH',
    ],
    ['an ID token without audience', claims({ ...user, token_use: 'id' }), 'ERR_S2S_TOKEN_TYPE'],
    ['an ID token with the audience of this server', claims({ aud: audience, token_use: 'id' }), 'ERR_S2S_TOKEN_TYPE'],
    ['a token that does not say what it is', claims({ token_use: undefined }), 'ERR_S2S_TOKEN_TYPE'],
    ['the same client of a pool without clientIds', shapeOf(strict, shape)(), 'ERR_S2S_CLAIM_INVALID'],
    [
      'the same client, signed by another pool',
      token({ key: strict.keys.RS256.privateKey }),
      'ERR_S2S_SIGNATURE_INVALID',
    ],
    [
      'a pool that nobody trusts',
      claims({ iss: pool.issuer.replace('_example', '_evil') }),
      'ERR_S2S_ISSUER_UNTRUSTED',
    ],
  ],
})
