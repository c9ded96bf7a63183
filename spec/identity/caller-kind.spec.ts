import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readOAuthCaller, type OAuthCaller } from '../../lib/identity/caller-kind.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import type { CallerKindRule } from '../../lib/trust/issuer-options.ts'

interface Row {
  readonly name: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly is: 'app' | 'user+app' | 'undecided'
  readonly application: string
}

const guid = 'b7d1c0c2-6a3f-4c53-9f0c-0d2f1c1f2a11'
const object = '0f5c9d52-8f2b-4c47-8a0e-4f4b3c2d1e00'

const dialects: Readonly<Record<Extract<CallerKindRule, string>, readonly Row[]>> = {
  rfc9068: [
    { name: 'client credentials', claims: { sub: 'svc', client_id: 'svc' }, is: 'app', application: 'svc' },
    { name: 'a user', claims: { sub: 'dana', client_id: 'svc' }, is: 'user+app', application: 'svc' },
    { name: 'no sub', claims: { client_id: 'svc' }, is: 'undecided', application: 'svc' },
    { name: 'azp instead of client_id', claims: { sub: 'svc', azp: 'svc' }, is: 'app', application: 'svc' },
    { name: 'an issuer speaking for itself', claims: { iss: 'jobs', sub: 'jobs' }, is: 'app', application: 'jobs' },
  ],
  rfc7662: [
    { name: 'client credentials without sub', claims: { client_id: 'svc' }, is: 'app', application: 'svc' },
    { name: 'client credentials', claims: { sub: 'svc', client_id: 'svc' }, is: 'app', application: 'svc' },
    { name: 'a user', claims: { sub: 'dana', client_id: 'svc' }, is: 'user+app', application: 'svc' },
    { name: 'a user named alone', claims: { username: 'dana', client_id: 'svc' }, is: 'undecided', application: 'svc' },
  ],
  entra: [
    { name: 'idtyp app', claims: { azp: guid, oid: object, sub: object, idtyp: 'app' }, is: 'app', application: guid },
    {
      name: 'idtyp user',
      claims: { azp: guid, oid: object, sub: 'p', idtyp: 'user' },
      is: 'user+app',
      application: guid,
    },
    {
      name: 'v1 with roles, oid = sub',
      claims: { appid: guid, oid: object, sub: object, roles: ['R'] },
      is: 'app',
      application: guid,
    },
    {
      name: 'scopes',
      claims: { azp: guid, oid: object, sub: object, scp: 'R', roles: ['R'] },
      is: 'user+app',
      application: guid,
    },
    {
      name: 'roles of a user',
      claims: { azp: guid, oid: object, sub: 'pairwise', roles: ['R'] },
      is: 'undecided',
      application: guid,
    },
    { name: 'nothing to go by', claims: { azp: guid, oid: object, sub: object }, is: 'undecided', application: guid },
  ],
  auth0: [
    { name: 'gty', claims: { azp: 'c', sub: 'c@clients', gty: 'client-credentials' }, is: 'app', application: 'c' },
    { name: 'sub of a client', claims: { azp: 'c', sub: 'c@clients' }, is: 'app', application: 'c' },
    { name: 'a user', claims: { azp: 'c', sub: 'auth0|5f' }, is: 'user+app', application: 'c' },
    { name: 'sub of another client', claims: { azp: 'c', sub: 'd@clients' }, is: 'user+app', application: 'c' },
    { name: 'no sub', claims: { azp: 'c' }, is: 'undecided', application: 'c' },
  ],
  okta: [
    { name: 'client credentials', claims: { cid: '0oa1', sub: '0oa1' }, is: 'app', application: '0oa1' },
    {
      name: 'a user',
      claims: { cid: '0oa1', uid: '00u1', sub: 'dana@x.example' },
      is: 'user+app',
      application: '0oa1',
    },
    {
      name: 'a user named like the client',
      claims: { cid: '0oa1', uid: '00u1', sub: '0oa1' },
      is: 'user+app',
      application: '0oa1',
    },
  ],
  keycloak: [
    {
      name: 'a service account',
      claims: { azp: 'Svc', sub: guid, preferred_username: 'service-account-svc', client_id: 'Svc' },
      is: 'app',
      application: 'Svc',
    },
    {
      name: 'an older service account',
      claims: { azp: 'svc', sub: guid, preferred_username: 'service-account-svc', clientId: 'svc' },
      is: 'app',
      application: 'svc',
    },
    {
      name: 'a user who took the name of a service account',
      claims: { azp: 'svc', sub: guid, preferred_username: 'service-account-svc' },
      is: 'undecided',
      application: 'svc',
    },
    {
      name: 'a user',
      claims: { azp: 'svc', sub: guid, preferred_username: 'dana' },
      is: 'user+app',
      application: 'svc',
    },
    { name: 'no user name', claims: { azp: 'svc', sub: guid }, is: 'undecided', application: 'svc' },
  ],
  cognito: [
    {
      name: 'machine to machine',
      claims: { client_id: '7f', sub: '7f', token_use: 'access' },
      is: 'app',
      application: '7f',
    },
    { name: 'a user', claims: { client_id: '7f', sub: guid, username: 'dana' }, is: 'user+app', application: '7f' },
    {
      name: 'a user named like the client',
      claims: { client_id: '7f', sub: '7f', username: '7f' },
      is: 'user+app',
      application: '7f',
    },
  ],
}

function expected({ is, application }: Row): OAuthCaller {
  const isCertain = is !== 'undecided'
  return { kind: isCertain ? is : 'user+app', kindIsCertain: isCertain, applicationId: application }
}

describe('readOAuthCaller', () => {
  for (const [dialect, rows] of Object.entries(dialects)) {
    for (const row of rows) {
      it(`${dialect}: ${row.name} is ${row.is}`, () => {
        assert.deepEqual(readOAuthCaller(row.claims, dialect as CallerKindRule), expected(row))
      })
    }

    it(`${dialect}: refuses a token that names no application`, () => {
      assert.throws(() => readOAuthCaller({ sub: 'dana' }, dialect as CallerKindRule), {
        code: 'ERR_S2S_CLAIM_INVALID',
      })
    })
  }

  it('asks a function, which may take sub for the application', () => {
    assert.deepEqual(
      readOAuthCaller({ sub: 'system:serviceaccount:a:b' }, () => 'app'),
      {
        kind: 'app',
        kindIsCertain: true,
        applicationId: 'system:serviceaccount:a:b',
      },
    )
    assert.equal(readOAuthCaller({ sub: 'dana', client_id: 'svc' }, () => 'user+app').kind, 'user+app')
  })

  it('takes any other answer of a function for undecided', () => {
    for (const answer of [undefined, true, 'APP', {}]) {
      const rule = (() => answer) as CallerKindRule
      assert.equal(readOAuthCaller({ sub: 'svc', client_id: 'svc' }, rule).kindIsCertain, false)
    }
  })

  it('refuses a client claim that is not text', () => {
    for (const value of [1, null, ['svc'], {}, '']) {
      assert.throws(() => readOAuthCaller({ client_id: value, sub: 'svc' }, 'rfc9068'), TokenError)
    }
  })
})
